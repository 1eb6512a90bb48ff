"""A stream for each market that something is held on: started, told what to subscribe, watched, stopped (loop)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from realtime.clock import Clock
from realtime.domain.asset_class import MarketStream
from realtime.log import Log
from realtime.market_hours import MarketSession
from symbol_collector.alpaca_stream import AlpacaStream
from symbol_collector.feed_state import StreamFacts, is_silent, silent_after_s
from symbol_collector.inbox import Inbox
from symbol_collector.refusals import FINAL_RETRY_AFTER_S
from symbol_collector.sdk_stream import StreamState

_RESTART_AFTER_S = 5.0
_STOP_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class StreamAddress:
    """Where the streams are: a complete URL each, and the keys."""

    urls: dict[MarketStream, str]
    key_id: str
    secret_key: str


@dataclass
class _Open:
    """One stream that something is wanted of.

    Attributes:
        data_at: When it last sent data, monotonic; when it was started before the first.
        seen: Its state as we last reacted to it.
    """

    stream: AlpacaStream
    wanted: frozenset[str]
    data_at: float
    seen: StreamState = field(default_factory=StreamState)
    recycled_count: int = 0
    ended_at: float | None = None


class Streams:
    """All streams of the leading collector.

    Args:
        on_subscribed: Called with symbols as the server acknowledges them, on every connection anew.
        on_gap: Called with the symbols of a stream whose connection was lost.
        on_limit: Called when the server lets us have fewer or more symbols than before.
    """

    def __init__(
        self,
        address: StreamAddress,
        inbox: Inbox,
        *,
        on_subscribed: Callable[[MarketStream, frozenset[str]], None],
        on_gap: Callable[[frozenset[str]], None],
        on_limit: Callable[[], None],
        silent_after_s: float,
        clock: Clock,
        log: Log,
    ) -> None:
        self.silent: set[MarketStream] = set()
        self._address = address
        self._inbox = inbox
        self._on_subscribed = on_subscribed
        self._on_gap = on_gap
        self._on_limit = on_limit
        self._silent_after_s = silent_after_s
        self._clock = clock
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._open: dict[MarketStream, _Open] = {}
        self._closing: list[AlpacaStream] = []

    def want(self, kind: MarketStream, symbols: frozenset[str]) -> None:
        """Replace what is subscribed on a stream; start it with its first symbol, stop it after its last."""
        opened = self._open.get(kind)
        before: frozenset[str] = opened.wanted if opened else frozenset()
        if symbols == before:
            return
        if symbols - before:
            self._log.info("collector_subscribed", stream=str(kind), joined=len(symbols - before), count=len(symbols))
        if before - symbols:
            self._log.info("collector_unsubscribed", stream=str(kind), left=len(before - symbols), count=len(symbols))
        if not symbols:
            self._stop(kind)
        elif opened is None:
            self._start(kind, symbols)
        else:
            opened.wanted = symbols
            opened.stream.want(symbols)

    def symbols_max(self, kind: MarketStream) -> int | None:
        """Return as many symbols as the server lets us have; None while it refused none."""
        return self._open[kind].seen.symbols_max if kind in self._open else None

    def facts(self, session: MarketSession) -> dict[MarketStream, StreamFacts]:
        """Return each stream's state as it matters to a person."""
        return {kind: self._facts(kind, session) for kind in self._open}

    def watch(self, session: MarketSession) -> None:
        """Ask again for what is missing, recycle what is silent, restart what has ended. Call it every second."""
        for kind, opened in self._open.items():
            opened.stream.nudge()
            if opened.stream.received_data:
                opened.data_at = self._clock.monotonic() - opened.stream.silent_s
                opened.recycled_count = 0
                self.silent.discard(kind)
            if is_silent(self._facts(kind, session)):
                self._log.warning("stream_silent", stream=str(kind), silent_s=round(opened.stream.silent_s, 1))
                opened.recycled_count += 1
                self.silent.add(kind)
                opened.stream.recycle()
            if opened.ended_at is not None:
                wait_s = FINAL_RETRY_AFTER_S if opened.seen.refusal else _RESTART_AFTER_S
                if self._clock.monotonic() - opened.ended_at >= wait_s:
                    self._start(kind, opened.wanted)

    async def stop(self) -> None:
        """Close all streams and wait until their connections are given back."""
        for kind in list(self._open):
            self._stop(kind)
        await asyncio.gather(*(asyncio.to_thread(stream.join, _STOP_TIMEOUT_S) for stream in self._closing))

    def _start(self, kind: MarketStream, symbols: frozenset[str]) -> None:
        stream = AlpacaStream(
            kind,
            self._address.urls[kind],
            self._address.key_id,
            self._address.secret_key,
            self._inbox,
            lambda: self._call(lambda: self._react(kind, stream)),
        )
        before = self._open.get(kind)
        self._open[kind] = _Open(stream, symbols, before.data_at if before else self._clock.monotonic())
        stream.start(symbols)

    def _stop(self, kind: MarketStream) -> None:
        stream = self._open.pop(kind).stream
        stream.stop()
        self._closing = [each for each in self._closing if not each.join(0)] + [stream]
        self.silent.discard(kind)

    def _call(self, act: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # our loop has ended
            self._loop.call_soon_threadsafe(act)

    def _react(self, kind: MarketStream, stream: AlpacaStream) -> None:
        """Compare a stream's state with what we saw last, and act on the difference."""
        opened = self._open.get(kind)
        if opened is None or opened.stream is not stream:
            return
        before, now = opened.seen, stream.state
        opened.seen = now
        log = self._log.bind(stream=str(kind))
        new_connection = now.connections_count != before.connections_count
        if before.connected and (new_connection or not now.connected):  # both may have passed since we last looked
            log.warning("stream_disconnected")
            self._on_gap(opened.wanted)
        if new_connection:
            log.info("stream_connected", connections_count=now.connections_count)
        if now.refusal is not None and now.refusal != before.refusal:
            log.error("stream_refused", code=now.refusal.code, reason=now.refusal.reason)
        if now.ended and not before.ended:
            opened.ended_at = self._clock.monotonic()
        subscribed = now.acknowledged if new_connection else now.acknowledged - before.acknowledged
        if subscribed:
            self._on_subscribed(kind, subscribed)
        if now.symbols_max != before.symbols_max:
            self._on_limit()

    def _facts(self, kind: MarketStream, session: MarketSession) -> StreamFacts:
        opened = self._open[kind]
        seen = opened.seen
        return StreamFacts(
            started=seen.connections_count > 0,
            connected=seen.connected,
            acknowledged_count=len(seen.acknowledged),
            missing_count=len(seen.missing),
            refusal=None if seen.refusal is None else str(seen.refusal),
            silent_s=opened.stream.silent_s,
            silent_after_s=silent_after_s(kind, session, self._silent_after_s, opened.recycled_count),
            quiet_s=self._clock.monotonic() - opened.data_at,
        )
