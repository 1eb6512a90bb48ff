"""Holdings of the watched users: loaded when a user becomes watched, and again at each change of them (loop)."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from redis.exceptions import RedisError

from calculator.mark import ProviderMark
from calculator.subjects import instrument_ids
from realtime.bus.client import Bus
from realtime.bus.interest import announced_interest, read_interest
from realtime.clock import Clock
from realtime.contract.names import EVERYBODY, HOLDINGS_CHANGED
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.corporate_action import CorporateAction
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.partition import Partition, partition_of
from realtime.log import Log
from realtime.store.corporate_actions import read_corporate_actions
from realtime.store.holdings import UserHoldings, holdings_of
from realtime.store.instruments import currency_instruments, instruments_by_id, provider_prices
from realtime.store.notify import listen
from realtime.store.pool import DATABASE_ERRORS, Pool
from realtime.store.transactions import day_trades

_LOOK_EVERY_S = 2.0
_CHECKED_WITHIN_S = 60.0
"""Every watched user is loaded again at least so often, in case a notification went missing."""
_USERS_AT_ONCE_MAX = 200
_RETRY_AFTER_S = 0.5
_ACTIONS_SINCE = timedelta(days=400)
"""Holdings and prices that are older than this are not restated after a split."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Some users' holdings with what is needed to value them."""

    users: Sequence[UserHoldings]
    instruments: Sequence[Instrument]
    provider_marks: Mapping[InstrumentId, ProviderMark]
    actions: Mapping[InstrumentId, tuple[CorporateAction, ...]]


class Valuer(Protocol):
    """What the loader feeds."""

    @property
    def partitions(self) -> frozenset[Partition]: ...

    @property
    def trading_day(self) -> date: ...

    def take(self, loaded: Loaded) -> None: ...

    def watch(self, user_id: UserId, subject_ids: frozenset[AccountId | None]) -> None: ...

    def forget(self, user_ids: Iterable[UserId]) -> None: ...

    def publish_again(self, user_ids: Iterable[UserId]) -> None: ...


class Loader:
    """Keeps the valuer's users equal to those who are watched, and their holdings to Postgres.

    Card: user ids to load, each once, so bounded by the watched users; no order; written by the loops, read by
    `_load`; lost on restart, when interest is read anew.

    Attributes:
        problem: What is wrong with the database, for a person; None when nothing is.
    """

    def __init__(
        self,
        pool: Pool,
        database_url: str,
        bus: Bus,
        valuer: Valuer,
        clock: Clock,
        log: Log,
        on_change: Callable[[UserId | None], None],
    ) -> None:
        """Start with nobody; `on_change` hears of everybody's changes, None when some may have been missed."""
        self.problem: str | None = None
        self._on_change = on_change
        self._pool = pool
        self._database_url = database_url
        self._bus = bus
        self._valuer = valuer
        self._clock = clock
        self._log = log
        self._watched: dict[UserId, frozenset[AccountId | None]] = {}
        self._announced_lately: set[SubjectKey] = set()
        self._to_load: dict[UserId, None] = {}
        self._to_check: deque[UserId] = deque()
        self._news = asyncio.Event()
        self._look_now = asyncio.Event()

    async def run(self) -> None:
        """Follow interest and holdings for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_announcements())
            tasks.create_task(self._follow_interest())
            tasks.create_task(self._follow_holdings())
            tasks.create_task(self._load())

    def restart(self, partitions: frozenset[Partition]) -> None:
        """Take every watched user of these partitions as new: they have just been claimed, or are ours no longer."""
        self._watched = {key: ids for key, ids in self._watched.items() if partition_of(key) not in partitions}
        self._look_now.set()

    async def _follow_announcements(self) -> None:
        while True:
            try:
                async for subject in announced_interest(self._bus):
                    self._announced(subject)
            except (RedisError, OSError):
                await self._clock.sleep(_RETRY_AFTER_S)

    async def _follow_interest(self) -> None:
        while True:
            self._announced_lately.clear()
            try:
                interest = await read_interest(self._bus, sorted(self._valuer.partitions))
            except (RedisError, OSError):
                await self._clock.sleep(_RETRY_AFTER_S)
                continue
            # Who was announced while it was read may not be in it, and must not be forgotten for that.
            self._keep(interest | self._announced_lately)
            self._check_some()
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._look_now.wait()
            except TimeoutError:
                continue
            self._look_now.clear()

    async def _follow_holdings(self) -> None:
        async for payload in listen(self._database_url, HOLDINGS_CHANGED, self._clock, self._log):
            user_id = None if payload in {None, EVERYBODY} else UserId(str(payload).partition(" ")[0])
            self._want(self._watched if user_id is None else {user_id} & self._watched.keys())
            self._on_change(user_id)

    async def _load(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._to_load:
                users = list(self._to_load)[:_USERS_AT_ONCE_MAX]
                for user_id in users:
                    del self._to_load[user_id]
                try:
                    loaded = await load(self._pool, users, self._valuer.trading_day)
                except DATABASE_ERRORS as error:
                    self.problem = "the database is unreachable"
                    self._log.warning("database_unreachable", reason=type(error).__name__)
                    self._want(set(users) & self._watched.keys())
                    await self._clock.sleep(_RETRY_AFTER_S)
                    continue
                self.problem = None
                self._valuer.take(replace(loaded, users=[row for row in loaded.users if row.user_id in self._watched]))

    def _announced(self, subject: SubjectKey) -> None:
        user_id, subject_id = subject
        if partition_of(user_id) not in self._valuer.partitions or not _is_uuid(user_id):
            return
        self._announced_lately.add(subject)
        known = self._watched.get(user_id)
        if known is not None and subject_id in known:
            self._valuer.publish_again([user_id])
            return
        self._watch(user_id, (known or frozenset()) | {subject_id})
        if known is None:
            self._want([user_id])

    def _keep(self, interest: frozenset[SubjectKey]) -> None:
        """Make the watched subjects those of the interest."""
        wanted: dict[UserId, set[AccountId | None]] = {}
        for user_id, subject_id in interest:
            if _is_uuid(user_id):
                wanted.setdefault(user_id, set()).add(subject_id)
        gone, come = self._watched.keys() - wanted.keys(), wanted.keys() - self._watched.keys()
        for user_id in gone:
            del self._watched[user_id]
        if gone:
            self._valuer.forget(gone)
        for user_id, subject_ids in wanted.items():
            if self._watched.get(user_id) != frozenset(subject_ids):
                self._watch(user_id, frozenset(subject_ids))
        self._want(come)

    def _watch(self, user_id: UserId, subject_ids: frozenset[AccountId | None]) -> None:
        self._watched[user_id] = subject_ids
        self._valuer.watch(user_id, subject_ids)

    def _check_some(self) -> None:
        """Load a share of the watched users again, others each time."""
        if not self._to_check:
            self._to_check.extend(self._watched)
        share = int(len(self._watched) * _LOOK_EVERY_S / _CHECKED_WITHIN_S) + 1
        chosen = {self._to_check.popleft() for _ in range(min(share, len(self._to_check)))}
        self._want(chosen & self._watched.keys())

    def _want(self, user_ids: Iterable[UserId]) -> None:
        self._to_load.update(dict.fromkeys(user_ids))
        if self._to_load:
            self._news.set()


async def load(pool: Pool, user_ids: Iterable[UserId], trading_day: date) -> Loaded:
    """Read users' holdings and trades of the day, their instruments with prices and actions, the currencies involved.

    Raises:
        Exception: One of `DATABASE_ERRORS`: the database does not answer.
    """
    users = await holdings_of(pool, user_ids)
    trades = await day_trades(pool, [user.user_id for user in users], trading_day)
    users = [replace(user, trades=trades.get(user.user_id, {})) for user in users]
    held = await instruments_by_id(pool, instrument_ids(users))
    currencies = {instrument.currency for instrument in held} | {user.currency for user in users}
    currencies |= {account.currency for user in users for account in user.accounts}
    rates = await currency_instruments(pool, currencies)
    instruments = {instrument.id: instrument for instrument in (*held, *rates)}
    ids = [instrument.id for instrument in held]
    prices = await provider_prices(pool, ids)
    actions: dict[InstrumentId, tuple[CorporateAction, ...]] = dict.fromkeys(ids, ())
    for action in await read_corporate_actions(pool, ids, trading_day - _ACTIONS_SINCE):
        actions[action.instrument_id] += (action,)
    return Loaded(
        users,
        list(instruments.values()),
        {price.instrument_id: ProviderMark(price.price, price.time) for price in prices},
        actions,
    )


def _is_uuid(user_id: UserId) -> bool:
    try:
        return str(UUID(user_id)) == user_id
    except ValueError:
        return False
