"""Splits and dividends of what is held, by REST: daily, for whatever joins, and for prices that look like a split."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from realtime.clock import Clock, MarketClock
from realtime.domain.corporate_action import CashDividend, CorporateAction, Split
from realtime.domain.instrument import InstrumentId
from realtime.errors import BadRequest, RetryLater
from realtime.log import Log
from realtime.market_hours import NEW_YORK
from realtime.store.corporate_actions import write_corporate_actions
from realtime.store.pool import DATABASE_ERRORS, Pool
from symbol_collector.decode import Raw
from symbol_collector.last_prices import LastPrices
from symbol_collector.market_data import SYMBOLS_AT_ONCE, MarketData

_SINCE = timedelta(days=30)
_UNTIL = timedelta(days=14)
_EVERY_S = 3_600.0
_NO_ANSWER: tuple[type[Exception], ...] = (RetryLater, *DATABASE_ERRORS)
_RETRY_AFTER_S = 5.0
_SPLITS = ("forward_splits", "reverse_splits")


def read_announcements(raw: Mapping[str, list[Raw]], ids: Mapping[str, InstrumentId]) -> list[CorporateAction]:
    """Return the splits and cash dividends that an answer holds; what lacks a rate or a date is left out (pure)."""
    found = [_split(each, ids) for kind in _SPLITS for each in raw.get(kind, ())]
    dividends = [_dividend(each, ids) for each in raw.get("cash_dividends", ())]
    return [action for action in (*found, *dividends) if action is not None]


def _split(raw: Raw, ids: Mapping[str, InstrumentId]) -> Split | None:
    try:
        ratio = Decimal(str(raw["new_rate"])) / Decimal(str(raw["old_rate"]))
        return Split(ids[raw["symbol"]], date.fromisoformat(raw["ex_date"]), ratio) if ratio > 0 else None
    except (KeyError, ValueError, TypeError, ArithmeticError):
        return None


def _dividend(raw: Raw, ids: Mapping[str, InstrumentId]) -> CashDividend | None:
    try:
        return CashDividend(ids[raw["symbol"]], date.fromisoformat(raw["ex_date"]), Decimal(str(raw["rate"])))
    except (KeyError, ValueError, TypeError, InvalidOperation):
        return None


class Announcements:
    """Asks for what was announced, writes it to Postgres, and lets prices go that waited for the answer.

    Card: requests are symbols, each once, bounded by what is held; written by the collector's loops, read by one; kept
    until answered; lost on restart, when everything is asked for again.
    """

    def __init__(
        self,
        data: MarketData,
        pool: Pool,
        prices: LastPrices,
        changed: Callable[[], None],
        market: MarketClock,
        clock: Clock,
        log: Log,
    ) -> None:
        self.problem: str | None = None
        self._data = data
        self._pool = pool
        self._prices = prices
        self._changed = changed
        self._market = market
        self._clock = clock
        self._log = log
        self._wanted: dict[str, None] = {}
        self._ready = asyncio.Event()

    def request(self, symbols: Iterable[str]) -> None:
        """Ask about these symbols soon."""
        self._wanted.update(dict.fromkeys(symbols))
        if self._wanted:
            self._ready.set()

    async def run(self, held: Callable[[], Mapping[str, InstrumentId]]) -> None:
        """Answer requests, and ask about everything every hour, for ever."""
        while True:
            try:
                async with asyncio.timeout(_EVERY_S):
                    await self._ready.wait()
            except TimeoutError:
                self.request(held())
            self._ready.clear()
            try:
                await self._answer(held())
                self.problem = None
            except _NO_ANSWER as error:
                self.problem = "Corporate actions are unknown for now."
                self._log.warning("poll_failed", reason=str(error))
                await self._clock.sleep(_RETRY_AFTER_S)
                self._ready.set()

    async def _answer(self, held: Mapping[str, InstrumentId]) -> None:
        today = self._market.now().astimezone(NEW_YORK).date()
        while self._wanted:
            symbols = list(self._wanted)[:SYMBOLS_AT_ONCE]
            asked = {symbol: held[symbol] for symbol in symbols if symbol in held}
            actions: list[CorporateAction] = []
            if asked:
                actions = read_announcements(await self._ask(list(asked), today), asked)
                await write_corporate_actions(self._pool, actions)
            splits = {each.instrument_id: each for each in actions if isinstance(each, Split) and each.ex_date == today}
            self._prices.settle_splits(symbols, {symbol: splits[key] for symbol, key in asked.items() if key in splits})
            self._changed()
            for symbol in symbols:
                self._wanted.pop(symbol, None)

    async def _ask(self, symbols: list[str], today: date) -> Mapping[str, list[Raw]]:
        try:
            return await self._data.corporate_actions(symbols, today - _SINCE, today + _UNTIL)
        except BadRequest:
            if len(symbols) == 1:
                return {}
        half = len(symbols) // 2
        parts = [await self._ask(part, today) for part in (symbols[:half], symbols[half:])]
        return {kind: [each for part in parts for each in part.get(kind, ())] for kind in {*parts[0], *parts[1]}}
