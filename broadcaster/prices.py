"""The `prices:<symbol>` channels: follows the price feed while somebody subscribes to one (loop)."""

import asyncio
from dataclasses import dataclass

from redis.exceptions import RedisError

from broadcaster.channels import Channel, State
from broadcaster.fanout import Fanout
from broadcaster.market import Market
from realtime.bus.client import Bus
from realtime.bus.prices import FeedPosition, feed_end, read_batches, read_prices
from realtime.clock import Clock, MarketClock
from realtime.contract.shapes import instant, price_data
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, supersedes

_WAIT_MS = 500
_BOARD_EVERY_S = 5.0
"""Reads of the board heal whatever the feed's cap cut off and show new market sessions."""

_RETRY_AFTER_S = 0.3


@dataclass
class _Watched:
    symbol: str
    channel: Channel
    price: Price | None = None


class Prices:
    """The source of the price channels; one channel an instrument."""

    def __init__(self, bus: Bus, fanout: Fanout, market: Market, clock: Clock, market_clock: MarketClock) -> None:
        """Start with nothing watched."""
        self._bus = bus
        self._fanout = fanout
        self._market = market
        self._clock = clock
        self._market_clock = market_clock
        self._watched: dict[InstrumentId, _Watched] = {}
        self._unread: dict[InstrumentId, None] = {}
        self._any_watched = asyncio.Event()

    def follow(self, channel: Channel, instrument_id: InstrumentId) -> None:
        """Show an instrument's price in a channel from now on."""
        self._watched.setdefault(instrument_id, _Watched(channel.name.argument, channel)).channel = channel
        self._unread[instrument_id] = None
        self._any_watched.set()

    def leave(self, channel: Channel) -> None:
        """Show nothing more in a channel."""
        for instrument_id, watched in list(self._watched.items()):
            if watched.channel is channel:
                del self._watched[instrument_id]
        if not self._watched:
            self._any_watched.clear()

    async def run(self) -> None:
        """Keep the channels current, for ever."""
        position: FeedPosition | None = None
        board_at = 0.0
        while True:
            if not self._watched:
                position = None
                await self._any_watched.wait()
            try:
                if position is None:
                    position = await feed_end(self._bus)
                    board_at = float("-inf")
                if self._clock.monotonic() - board_at >= _BOARD_EVERY_S:
                    self._unread.update(dict.fromkeys(self._watched))
                    board_at = self._clock.monotonic()
                if self._unread:
                    await self._read_board()
                batches, position = await read_batches(self._bus, position, _WAIT_MS)
            except (RedisError, OSError):
                position = None
                await self._clock.sleep(_RETRY_AFTER_S)
                continue
            self._take([price for batch in batches for price in batch.prices])

    async def _read_board(self) -> None:
        unread = list(self._unread)
        prices = await read_prices(self._bus, unread)
        for instrument_id in unread:
            self._unread.pop(instrument_id, None)
        self._take(list(prices.values()))
        self._show([instrument_id for instrument_id in unread if instrument_id not in prices])
        self._show_new_session()

    def _take(self, prices: list[Price]) -> None:
        moved: dict[InstrumentId, None] = {}
        for price in prices:
            watched = self._watched.get(price.instrument_id)
            if watched is not None and (watched.price is None or supersedes(price, watched.price)):
                watched.price = price
                moved[price.instrument_id] = None
        self._show(list(moved))

    def _show_new_session(self) -> None:
        session = self._market.session
        self._show(
            [
                instrument_id
                for instrument_id, watched in self._watched.items()
                if watched.channel.state is not None and watched.channel.state.data["session"] != session
            ]
        )

    def _show(self, instrument_ids: list[InstrumentId]) -> None:
        if not instrument_ids:
            return
        session = self._market.session
        as_of = instant(self._market_clock.now())
        changed = []
        for instrument_id in instrument_ids:
            watched = self._watched.get(instrument_id)
            if watched is not None:
                watched.channel.show(State(as_of, price_data(watched.symbol, instrument_id, watched.price, session)))
                changed.append(watched.channel)
        self._fanout.changed(changed)
