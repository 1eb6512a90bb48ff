"""The SDK's streams with our reading loop; everything here runs on a stream's own thread.

The SDK connects, authenticates, subscribes and reconnects. Ours is the reading loop (5 to 7 times as fast as the
SDK's), what is done about refusals, and the bookkeeping of subscriptions.
"""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import msgpack
from alpaca.data.live.crypto import CryptoDataStream
from alpaca.data.live.option import OptionDataStream
from alpaca.data.live.stock import StockDataStream
from alpaca.data.live.websocket import DataStream
from websockets.exceptions import ConnectionClosed

from realtime.clock import now_ns
from realtime.domain.asset_class import MarketStream
from symbol_collector.decode import Raw
from symbol_collector.inbox import Inbox
from symbol_collector.refusals import CONNECTION_LIMIT, Refusal, auth_refusal, connection_limit_wait_s, refusal
from symbol_collector.subscription import NOT_ON_THIS_FEED, Subscription

logging.getLogger("alpaca").setLevel(logging.CRITICAL)  # it logs what `StreamState` says better
_HAND_OVER_MAX = 1_000
_MALFORMED_ERRORS = (msgpack.UnpackException, ValueError, TypeError, KeyError, IndexError, AttributeError)


@dataclass(frozen=True, slots=True)
class Channels:
    """What a stream is asked for, for each symbol; the extras are given up where a feed does not carry them."""

    needed: tuple[str, ...]
    extra: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.needed + self.extra


CHANNELS = {
    MarketStream.STOCK: Channels(("trades",), ("statuses", "lulds")),
    MarketStream.CRYPTO: Channels(("trades",)),
    MarketStream.OPTION: Channels(("trades", "quotes")),
}


@dataclass(frozen=True, slots=True)
class StreamState:
    """A stream as other threads see it; replaced as a whole, never changed.

    Attributes:
        connections_count: Connections that were authenticated so far; a higher number means there was a gap.
        acknowledged: Symbols that the server says it sends us.
        missing: Symbols that we want and do not get yet.
        symbols_max: As many as the server lets us have; None while it refused none.
        refusal: What the server said no to last; None after it said yes again.
        ended: The thread is over: the server refused for good, or we stopped it.
    """

    connected: bool = False
    connections_count: int = 0
    acknowledged: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    symbols_max: int | None = None
    refusal: Refusal | None = None
    malformed_count: int = 0
    ended: bool = False


class WatchedStream(DataStream):
    """Overrides the SDK's reading and says what happens; mixed into each of its stream classes."""

    _ws: Any  # the SDK says None, and means a connection or None

    def watch(self, channels: Channels, inbox: Inbox, on_state: Callable[[StreamState], None]) -> None:
        self.subscription = Subscription()
        self.state = StreamState()
        self.last_data_at = time.monotonic()
        self._limited_count = 0
        self._channels = channels
        self._inbox = inbox
        self._on_state = on_state

    def say(self, **changes: Any) -> None:
        subscription = self.subscription
        new = replace(
            self.state,
            acknowledged=subscription.acknowledged,
            missing=subscription.missing,
            symbols_max=subscription.symbols_max,
            **changes,
        )
        if new != self.state:
            self.state = new
            self._on_state(new)

    def set_wanted(self, symbols: Iterable[str]) -> None:
        """Replace what is wanted, for now and for every reconnect; the SDK starts only with something wanted."""
        self.subscription.want(symbols)
        self.say(refusal=self._standing_refusal())

    def handle(self, symbols: Iterable[str]) -> None:
        """Register handlers, none of which is ever called: the SDK subscribes to what has one."""
        for handlers in self._handlers.values():
            handlers.clear()
        for channel in self._channels.all:
            self._handlers[channel] = dict.fromkeys(symbols, _unused)

    async def advance(self) -> None:
        """Send the next subscribe or unsubscribe, if one is due."""
        if not self.state.connected or self._ws is None:
            return
        request = self.subscription.next_request(time.monotonic())
        if request is not None:
            message: dict[str, object] = {"action": request.action}
            message |= {channel: list(request.symbols) for channel in self._channels.all}
            with suppress(ConnectionClosed):  # the reading loop sees it too, and reconnects
                await self._ws.send(msgpack.packb(message))

    async def cut(self) -> None:
        """Drop the connection, so that the SDK makes a new one."""
        if self._ws is not None:
            await self._ws.close()

    async def _auth(self) -> None:
        try:
            await super()._auth()
        except ValueError as error:
            refused = auth_refusal(str(error))
            self._limited_count += refused.code == CONNECTION_LIMIT
            if refused.is_final:
                await self.stop_ws()
            self.say(refusal=refused)
            raise
        self.last_data_at, self._limited_count = time.monotonic(), 0
        self.say(refusal=None)

    async def _send_subscribe_msg(self) -> None:
        symbols = self.subscription.begin(time.monotonic())
        self.handle(symbols)
        if symbols:
            await super()._send_subscribe_msg()
        self.say(connected=True, connections_count=self.state.connections_count + 1)

    async def _consume(self) -> bool:
        unpack, receive, waiting = msgpack.unpackb, self._ws.recv, self._ws.messages
        self._data_received = False
        read: list[Raw] = []
        while self._should_run:
            frame = await receive()
            try:
                messages = unpack(frame, timestamp=2)
                kind = messages[0]["T"]
            except _MALFORMED_ERRORS:
                self.say(malformed_count=self.state.malformed_count + 1)
                messages, kind = [], "t"
            if len(kind) == 1:
                read += messages
            if read and (len(kind) > 1 or not waiting or len(read) > _HAND_OVER_MAX):
                self._inbox.put(read, now_ns())  # nothing more is here yet, so nobody waits for it
                read = []
                self._data_received = True
                self.last_data_at = time.monotonic()
            if len(kind) > 1:  # success, error, subscription: always alone in their frame
                await self._control(messages[0])
        await self.close()
        return False

    async def _control(self, message: dict[str, Any]) -> None:
        if message["T"] == "subscription":
            self.subscription.acknowledge(
                set.intersection(*(set(message.get(name) or ()) for name in self._channels.needed))
            )
            self.say(refusal=self._standing_refusal())
        elif message["T"] == "error":
            code, text = message.get("code"), str(message.get("msg", "unknown error"))
            if code == NOT_ON_THIS_FEED and self._channels.extra:
                self._channels = Channels(self._channels.needed)
                self.subscription.ask_again()
            else:
                self.subscription.refuse(code or 0, time.monotonic())
                self.say(refusal=refusal(code, text))
        await self.advance()

    def _standing_refusal(self) -> Refusal | None:
        """Return the last refusal, unless by now we have what we want."""
        return self.state.refusal if not self.state.connected or self.subscription.missing else None

    def _reconnect_delay(self, retries: int) -> float:
        return connection_limit_wait_s(self._limited_count) or super()._reconnect_delay(retries)

    async def close(self) -> None:
        self.subscription.end()
        self.say(connected=False)
        with suppress(ConnectionClosed, OSError):
            await super().close()


class _StockStream(WatchedStream, StockDataStream): ...


class _CryptoStream(WatchedStream, CryptoDataStream): ...


class _OptionStream(WatchedStream, OptionDataStream): ...


STREAM_CLASSES: dict[MarketStream, type[WatchedStream]] = {
    MarketStream.STOCK: _StockStream,
    MarketStream.CRYPTO: _CryptoStream,
    MarketStream.OPTION: _OptionStream,
}


async def _unused(_message: object) -> None:
    """Stand in for a handler: the SDK wants one for each symbol, our reading loop calls none."""
