"""Writes down what each portfolio is worth once the regular session has closed, a row a user and trading day (loop)."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from calculator.engine import Engine
from calculator.loader import Loaded, load
from calculator.marks import Marks
from calculator.parts import exact_arithmetic
from calculator.subjects import subjects_of, user_lines
from calculator.whole_loader import WholeLoader
from realtime.clock import Clock, MarketClock
from realtime.domain.account import UserId
from realtime.domain.partition import Partition, partition_of
from realtime.log import Log
from realtime.market_hours import market_hours_around
from realtime.store.holdings import UserHoldings
from realtime.store.pool import DATABASE_ERRORS, Pool
from realtime.store.snapshots import ProviderShare, Snapshot, users_without_snapshot, write_snapshots

_LOOK_EVERY_S = 1.0
_AFTER_CLOSE = timedelta(minutes=1)
"""The closing auction's prints come in the seconds after the close."""
_USERS_AT_ONCE = 50


class Daily:
    """The writer of our partitions' `user_portfolio_snapshots`.

    Written from a minute after the close until the post-market ends, so that a restart only delays it; a later price
    would be another day's. Whoever has a row keeps it.
    """

    def __init__(
        self, pool: Pool, engine: Engine, whole: WholeLoader, market: MarketClock, clock: Clock, log: Log
    ) -> None:
        self._pool = pool
        self._engine = engine
        self._whole = whole
        self._market = market
        self._clock = clock
        self._log = log
        self._done: tuple[date, frozenset[Partition]] | None = None

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self._clock.sleep(_LOOK_EVERY_S)
            day = closed_day(self._market.now())
            partitions = self._engine.partitions
            ready = self._whole.loaded and self._engine.problem is None  # or what has a price would count as unpriced
            if day is not None and ready and self._done != (day, partitions):
                try:
                    await self._write(day, partitions)
                    self._done = day, partitions
                except DATABASE_ERRORS as error:
                    self._log.warning("database_unreachable", reason=type(error).__name__)

    async def _write(self, day: date, partitions: frozenset[Partition]) -> None:
        missing = [user for user in await users_without_snapshot(self._pool, day) if partition_of(user) in partitions]
        for first in range(0, len(missing), _USERS_AT_ONCE):
            valued_at = self._market.now()
            snapshots = await self._valued(missing[first : first + _USERS_AT_ONCE], day)
            await write_snapshots(self._pool, day, valued_at, snapshots)

    async def _valued(self, users: Iterable[UserId], day: date) -> list[Snapshot]:
        loaded = await load(self._pool, users, day)
        self._engine.take(Loaded((), loaded.instruments, loaded.provider_marks, loaded.actions))
        snapshots = []
        for user in loaded.users:
            if user.counted:
                snapshots.append(snapshot_of(user, self._engine.marks))
            await asyncio.sleep(0)  # live values come first
        return snapshots


def closed_day(now: datetime) -> date | None:
    """Return the trading day whose regular session has closed and whose post-market has not ended; None without one."""
    day = market_hours_around(now).trading_day(now)
    return day.date if day.close + _AFTER_CLOSE <= now < day.post_close else None


def snapshot_of(user: UserHoldings, marks: Marks) -> Snapshot:
    """Return what a user's portfolio is worth now, and each provider's part of it, all in his currency."""
    alike = replace(user, accounts=tuple(replace(account, currency=user.currency) for account in user.accounts))
    counted = {account.account_id for account in user.counted}
    with exact_arithmetic():
        subjects = subjects_of(alike, user_lines(alike, marks), marks, {*counted, None})
        valued = {subject.account_id: subject.figures() for subject in subjects}
    whole = valued.pop(None)
    by_provider: dict[str, ProviderShare] = {}
    for account_id, figures in valued.items():
        name = str(account_id).partition("_")[0]
        before = by_provider.get(name)
        by_provider[name] = ProviderShare(
            figures.total_value + (before.value if before else 0), 1 + (before.account_count if before else 0)
        )
    return Snapshot(
        user_id=user.user_id,
        currency=user.currency,
        total_value=whole.total_value,
        cost_basis=whole.cost_basis,
        gain=whole.unrealized_gain,
        gain_pct=whole.unrealized_gain_pct,
        account_count=len(counted),
        unpriced_count=whole.unpriced_count,
        by_provider=by_provider,
    )
