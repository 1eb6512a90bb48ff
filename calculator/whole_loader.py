"""Loads the whole book, keeps it equal to Postgres, and values it on a slow beat (loop)."""

import asyncio
from collections.abc import Iterable, Sequence
from uuid import UUID

from calculator.engine import Engine
from calculator.loader import Loaded, load
from calculator.mark import ProviderMark
from calculator.stored_positions import StoredPositions
from calculator.whole_book import Aggregates, Owners, WholeBook
from realtime.clock import Clock
from realtime.domain.account import UserId
from realtime.domain.instrument import Instrument
from realtime.domain.partition import Partition, partition_of
from realtime.log import Log
from realtime.store.book import StoredAccount, stored_book
from realtime.store.instruments import ProviderPrice
from realtime.store.pool import DATABASE_ERRORS, Pool

_VALUE_EVERY_S = 5.0
_RETRY_AFTER_S = 1.0
_CHANGES_AT_MOST_EVERY_S = 0.1
_USERS_AT_ONCE_MAX = 8
"""What is loaded at once takes the loop from the live values."""
_INSTRUMENTS_AT_ONCE = 500


class WholeLoader:
    """The whole book's only writer.

    Card: ids of users whose holdings changed, each once, so bounded by the users; no order; written by the loader's
    loop, read by `_load_changes`; dropped when everything is loaded anew; lost on restart, likewise.

    Attributes:
        aggregates: All accounts at the last beat; None before the first.
    """

    def __init__(self, pool: Pool, engine: Engine, clock: Clock, log: Log) -> None:
        self.aggregates: Aggregates | None = None
        self.book = WholeBook(engine.marks)
        self._pool = pool
        self._engine = engine
        self._clock = clock
        self._log = log
        self._changed: dict[UserId, None] = {}
        self._news = asyncio.Event()
        self._reload = asyncio.Event()
        self._reading = asyncio.Lock()
        self._loaded = False

    @property
    def loaded(self) -> bool:
        """Whether the book is Postgres's."""
        return self._loaded

    async def run(self) -> None:
        """Load, keep and value for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._load_everything())
            tasks.create_task(self._load_changes())
            tasks.create_task(self._value())

    def reload(self) -> None:
        """Load everything again: partitions have come or gone, or changes were missed."""
        self._reload.set()

    def changed(self, user_id: UserId | None) -> None:
        """Load a user's accounts again, if they are ours to value; everything when it is not known whose."""
        if user_id is None:
            self._reload.set()
        elif partition_of(user_id) in self._engine.partitions:
            self._changed[user_id] = None
            self._news.set()

    async def _load_everything(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            started = self._clock.monotonic()
            try:
                async with self._reading:  # what is read before never replaces what is read after
                    self._changed.clear()
                    await self._read(self._engine.partitions)
            except DATABASE_ERRORS as error:
                self._log.warning("database_unreachable", reason=type(error).__name__)
                await self._clock.sleep(_RETRY_AFTER_S)
                self._reload.set()
                continue
            self._loaded = True
            self._news.set()
            self._log.info(
                "holdings_loaded",
                accounts_count=self.book.accounts_count,
                positions_count=self.book.positions_count,
                duration_ms=round((self._clock.monotonic() - started) * 1000),
            )

    async def _read(self, partitions: frozenset[Partition]) -> None:
        async with stored_book(self._pool) as stored:
            accounts = await asyncio.to_thread(_of_partitions, await stored.accounts(), partitions)
            instruments = await stored.instruments()
            await self._know(instruments, await stored.provider_prices(instruments))
            columns = [self._engine.marks.column_of[instrument.id] for instrument in instruments]
            positions = await asyncio.to_thread(_positions, accounts, instruments, columns)

            async def take(chunk: bytes) -> None:
                positions.take(chunk)

            await stored.copy_positions(take)
        base = await asyncio.to_thread(positions.base, len(self._engine.marks.instruments))
        self.book.load(base, await asyncio.to_thread(Owners.of, accounts))

    async def _know(self, instruments: Sequence[Instrument], prices: Iterable[ProviderPrice]) -> None:
        """Give the instruments columns, some at a time: other work goes on in between."""
        marks = {price.instrument_id: ProviderMark(price.price, price.time) for price in prices}
        for first in range(0, len(instruments), _INSTRUMENTS_AT_ONCE):
            some = instruments[first : first + _INSTRUMENTS_AT_ONCE]
            self._engine.take(Loaded((), some, {row.id: marks[row.id] for row in some if row.id in marks}, {}))
            await asyncio.sleep(0)

    async def _load_changes(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._reading:
                while self._loaded and self._changed:
                    await self._load_some()
                    await asyncio.sleep(0)
            await self._clock.sleep(_CHANGES_AT_MOST_EVERY_S)

    async def _load_some(self) -> None:
        users = list(self._changed)[:_USERS_AT_ONCE_MAX]
        for user_id in users:
            del self._changed[user_id]
        try:
            loaded = await load(self._pool, users, self._engine.marks.moment.trading_day)
        except DATABASE_ERRORS:  # the loader says so already
            self._changed.update(dict.fromkeys(users))
            await self._clock.sleep(_RETRY_AFTER_S)
            return
        self._engine.take(Loaded((), loaded.instruments, loaded.provider_marks, loaded.actions))
        for user in loaded.users:
            self.book.put_user(user)
        await self._compact_when_due()

    async def _compact_when_due(self) -> None:
        still = self.book.compaction()
        if still is not None:
            self.book.adopt(await asyncio.to_thread(still.compacted), still)

    async def _value(self) -> None:
        while True:
            await self._clock.sleep(_VALUE_EVERY_S)
            if self._loaded:
                self.aggregates = await asyncio.to_thread(self.book.valuation().run)


def _of_partitions(accounts: list[StoredAccount], partitions: frozenset[Partition]) -> list[StoredAccount]:
    ours: dict[UserId, bool] = {}
    for account in accounts:
        if account.user_id not in ours:
            ours[account.user_id] = partition_of(account.user_id) in partitions
    return [account for account in accounts if ours[account.user_id]]


def _positions(accounts: list[StoredAccount], instruments: list[Instrument], columns: list[int]) -> StoredPositions:
    return StoredPositions([account.key for account in accounts], [UUID(row.id) for row in instruments], columns)
