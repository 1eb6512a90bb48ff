"""Previous closes and latest prices by REST: at the start, for each new instrument, after a gap, at each day's roll."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import count
from typing import NamedTuple, TypeVar

from realtime.clock import Clock, MarketClock, now_ns
from realtime.domain.asset_class import MarketStream
from realtime.domain.price import PriceSource
from realtime.errors import BadRequest, RetryLater
from realtime.log import Log
from realtime.market_hours import MarketSession, market_hours_around
from symbol_collector.decode import Raw
from symbol_collector.last_prices import LastPrices
from symbol_collector.market_data import SYMBOLS_MAX, MarketData
from symbol_collector.snapshots import (
    Snapshot,
    closing_day,
    previous_close,
    read_daily_closes,
    read_snapshot,
    session_close,
)

_RETRY_AFTER_S = 2.0
_RETRY_AFTER_MAX_S = 60.0
_ROLL_CHECK_EVERY_S = 0.5
_MISSING_CLOSES_EVERY_S = 300.0

_Answer = TypeVar("_Answer")


async def fetch_apart(
    fetch: Callable[[Sequence[str]], Awaitable[Mapping[str, _Answer]]], symbols: Sequence[str]
) -> dict[str, _Answer]:
    """Fetch symbols in one request; when that is refused for a malformed one, in halves, leaving that one out.

    Raises:
        RetryLater: Alpaca cannot answer now.
    """
    if not symbols:
        return {}
    try:
        return dict(await fetch(symbols))
    except BadRequest:
        if len(symbols) == 1:
            return {}
        half = len(symbols) // 2
        first, second = await fetch_apart(fetch, symbols[:half]), await fetch_apart(fetch, symbols[half:])
        return first | second


class _Request(NamedTuple):
    number: int
    after_gap: bool


class Closes:
    """Asks REST for whatever was requested meanwhile, and puts the answers into the last prices.

    Card: requests are sets of symbols, bounded by what is held; written by the collector's loops, read by one; kept
    until answered; lost on restart, when everything is asked for again.
    """

    def __init__(
        self,
        data: MarketData,
        prices: LastPrices,
        changed: Callable[[], None],
        market: MarketClock,
        clock: Clock,
        log: Log,
    ) -> None:
        self.problem: str | None = None
        self._data = data
        self._prices = prices
        self._changed = changed
        self._market = market
        self._clock = clock
        self._log = log
        self._numbers = count()
        self._wanted: dict[MarketStream, dict[str, _Request]] = {stream: {} for stream in MarketStream}
        self._ready = asyncio.Event()

    def request(self, stream: MarketStream, symbols: Iterable[str], *, after_gap: bool = False) -> None:
        """Ask for closes and latest prices of these symbols soon."""
        wanted = self._wanted[stream]
        for symbol in symbols:
            earlier = wanted.get(symbol)
            doubted = after_gap or (earlier is not None and earlier.after_gap)
            wanted[symbol] = _Request(next(self._numbers), doubted)
        if wanted:
            self._ready.set()

    async def run(self) -> None:
        """Answer requests for ever."""
        wait_s = _RETRY_AFTER_S
        while True:
            await self._ready.wait()
            self._ready.clear()
            try:
                for stream in MarketStream:
                    await self._answer(stream)
            except RetryLater as error:
                self.problem = error.reason
                self._log.warning("poll_failed", reason=error.reason)
                self._ready.set()
                await self._clock.sleep(error.after_s or wait_s)
                wait_s = min(_RETRY_AFTER_MAX_S, wait_s * 2)
            else:
                self.problem, wait_s = None, _RETRY_AFTER_S

    async def roll(self, held: Callable[[], Mapping[MarketStream, Iterable[str]]]) -> None:
        """Ask again for all closes whenever a day begins or a session closes, and now and then for missing ones."""
        days, was_regular = self._days(), self._is_regular()
        asked_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(_ROLL_CHECK_EVERY_S)
            today, now, is_regular = self._days(), self._clock.monotonic(), self._is_regular()
            for stream, symbols in held().items():
                if today[stream] != days[stream] or (was_regular and not is_regular):
                    self.request(stream, symbols)
                elif now - asked_at > _MISSING_CLOSES_EVERY_S:
                    self.request(stream, self._prices.without_close(symbols))
            if now - asked_at > _MISSING_CLOSES_EVERY_S:
                asked_at = now
            days, was_regular = today, is_regular

    async def _answer(self, stream: MarketStream) -> None:
        while wanted := self._wanted[stream]:
            part = dict(list(wanted.items())[: SYMBOLS_MAX[stream]])
            symbols = list(part)
            asked_at = self._market.now()
            answers = await fetch_apart(lambda symbols: self._data.snapshots(stream, symbols), symbols)
            snapshots = [read_snapshot(symbol, answers.get(symbol)) for symbol in symbols]
            if stream is MarketStream.OPTION:
                snapshots = await self._with_option_closes(snapshots)
            now = self._market.now()
            hours = market_hours_around(now)
            day = closing_day(stream, now, hours)
            for snapshot in snapshots:
                close = session_close(snapshot.daily_closes, now, hours) if stream is MarketStream.STOCK else None
                if close is not None:
                    self._prices.set_session_close(snapshot.symbol, close)
                if part[snapshot.symbol].after_gap and snapshot.trade is not None:
                    self._prices.confirm(snapshot.symbol, snapshot.trade, asked_at)
                self._take(snapshot, day)
                if wanted.get(snapshot.symbol) == part[snapshot.symbol]:
                    del wanted[snapshot.symbol]
            self._log.info("previous_closes_loaded", stream=str(stream), symbols_count=len(symbols))
            self._changed()

    async def _with_option_closes(self, snapshots: list[Snapshot]) -> list[Snapshot]:
        """Add daily closes where Alpaca's option snapshots carry none."""
        without = [snapshot.symbol for snapshot in snapshots if not snapshot.daily_closes]
        now = self._market.now()
        bars: dict[str, list[Raw]] = {}
        with suppress(RetryLater):  # asked again with the other closes that are missing
            bars = await fetch_apart(lambda symbols: self._data.option_bars(symbols, now), without)
        return [
            replace(each, daily_closes=each.daily_closes or read_daily_closes(list(bars.get(each.symbol, ()))))
            for each in snapshots
        ]

    def _take(self, snapshot: Snapshot, day: date) -> None:
        self._prices.take_latest(snapshot.symbol, snapshot.trade, snapshot.quote, PriceSource.TRADE, now_ns())
        close = previous_close(snapshot.daily_closes, day)
        if close is not None:
            self._prices.set_close(snapshot.symbol, close)

    def _is_regular(self) -> bool:
        now = self._market.now()
        return market_hours_around(now).session(now) is MarketSession.REGULAR

    def _days(self) -> dict[MarketStream, date]:
        now = self._market.now()
        hours = market_hours_around(now)
        return {stream: closing_day(stream, now, hours) for stream in MarketStream}
