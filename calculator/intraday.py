"""Writes down each minute what portfolios are worth and what instruments cost, for charts of the day (loop)."""

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal

from calculator.engine import Engine
from calculator.whole_loader import WholeLoader
from realtime.clock import Clock, MarketClock
from realtime.domain.instrument import InstrumentId
from realtime.log import Log
from realtime.market_hours import MarketSession
from realtime.store.intraday import forget_old, forget_users, write_prices, write_values
from realtime.store.pool import DATABASE_ERRORS, Pool

_LOOK_EVERY_S = 1.0
_IN_SESSION = timedelta(minutes=1)
_CLOSED = timedelta(minutes=15)


class Intraday:
    """The writer of our partitions' `intraday_values`, and one of several of `intraday_prices`.

    Lost on a restart: the minutes until the book is loaded again. A database that does not answer loses its minute.
    """

    def __init__(
        self,
        pool: Pool,
        engine: Engine,
        whole: WholeLoader,
        market: MarketClock,
        clock: Clock,
        log: Log,
        users_max: int,
    ) -> None:
        self._pool = pool
        self._engine = engine
        self._whole = whole
        self._market = market
        self._clock = clock
        self._log = log
        self._users_max = users_max
        self._written: datetime | None = None
        self._prices: dict[InstrumentId, Decimal] = {}
        self._forgotten: date | None = None

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self._clock.sleep(_LOOK_EVERY_S)
            due = due_at(self._market.now(), self._engine.marks.moment.session)
            if due != self._written and self._whole.loaded:
                self._written = due
                try:
                    await self._write(due)
                except DATABASE_ERRORS as error:
                    self._log.warning("database_unreachable", reason=type(error).__name__)

    async def _write(self, at: datetime) -> None:
        trading_day = self._engine.trading_day
        if trading_day != self._forgotten:
            await forget_old(self._pool, trading_day)
            self._forgotten = trading_day
            self._prices.clear()
        await self._write_prices(trading_day, at)
        regrouped = frozenset(self._whole.book.regrouped)
        await forget_users(self._pool, trading_day, regrouped)
        self._whole.book.regrouped.difference_update(regrouped)
        only = None if self._whole.book.users_count <= self._users_max else self._engine.watched.user_ids
        totals = await asyncio.to_thread(self._whole.book.totals().run, only)
        await write_values(self._pool, trading_day, at, totals, self._whole.book.dollar_rates())

    async def _write_prices(self, trading_day: date, at: datetime) -> None:
        marks = self._engine.marks
        moved = {
            instrument.id: mark.price
            for instrument, mark in zip(marks.instruments, marks.marks, strict=True)
            if mark.price is not None and self._prices.get(instrument.id) != mark.price
        }
        await write_prices(self._pool, trading_day, at, moved)
        self._prices.update(moved)


def due_at(now: datetime, session: MarketSession) -> datetime:
    """Return the newest moment to write down: each minute of a session, each quarter of an hour while closed."""
    every = _CLOSED if session is MarketSession.CLOSED else _IN_SESSION
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (now - midnight) // every * every
