"""The calculator's loader on real Valkey and Postgres: who is watched, whatever happens at the same moment."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from calculator.loader import Loaded, Loader
from realtime.bus.client import Bus
from realtime.bus.interest import announce_interest
from realtime.clock import WallClock
from realtime.contract import names
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.partition import Partition, partition_of
from realtime.log import Log
from realtime.store.pool import Pool
from tests.support.books import add_user
from tests.support.waiting import wait_until


class LateBus:
    """The bus, but the answers to its pipelines are kept back while it is not `open`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.open = asyncio.Event()
        self.open.set()
        self.waiting_count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    def pipeline(self, **options: Any) -> Any:
        pipeline: Any = self._bus.pipeline(**options)
        execute = pipeline.execute

        async def execute_late() -> Any:
            answers = await execute()
            self.waiting_count += not self.open.is_set()
            await self.open.wait()
            return answers

        pipeline.execute = execute_late
        return pipeline


class Book:
    """A valuer that only notes who is watched."""

    trading_day = date(2026, 11, 20)

    def __init__(self, *user_ids: UserId) -> None:
        self.partitions: frozenset[Partition] = frozenset(map(partition_of, user_ids))
        self.watched: set[UserId] = set()
        self.forgotten: set[UserId] = set()

    def take(self, loaded: Loaded) -> None:
        pass

    def watch(self, user_id: UserId, _subject_ids: frozenset[AccountId | None]) -> None:
        self.watched.add(user_id)

    def forget(self, user_ids: Iterable[UserId]) -> None:
        self.forgotten |= set(user_ids)

    def publish_again(self, user_ids: Iterable[UserId]) -> None:
        pass


async def subscribed(bus: Bus) -> bool:
    [(_, count)] = await bus.pubsub_numsub(names.interest_changed())
    return bool(count)


async def test_who_is_announced_while_interest_is_read_stays_watched(pool: Pool, bus: Bus, postgres_dsn: str) -> None:
    """What was read before the announcement does not know him; he is not forgotten for that."""
    first, second = await add_user(pool), await add_user(pool)
    late, book = LateBus(bus), Book(first, second)
    loader = Loader(pool, postgres_dsn, late, book, WallClock(), Log(), lambda _user: None)  # type: ignore[arg-type]
    task = asyncio.ensure_future(loader.run())
    try:
        await wait_until(lambda: subscribed(bus), what="a subscription")
        await announce_interest(bus, SubjectKey(first, None))
        await wait_until(lambda: first in book.watched, what="the announcement")
        late.open.clear()
        loader.restart(frozenset())
        await wait_until(lambda: late.waiting_count, what="interest to be under way")
        await announce_interest(bus, SubjectKey(second, None))
        await wait_until(lambda: second in book.watched, what="the announcement")
        late.open.set()
        late.open.clear()
        loader.restart(frozenset())
        await wait_until(lambda: late.waiting_count > 1, what="the next look")
        assert book.forgotten == set()
    finally:
        late.open.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
