"""The schedule queues what is due, once, for connections that can be refreshed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from realtime.store.pool import Pool
from sync.scheduler import schedule
from tests.support.hand_clock import HandClock
from tests.support.syncing import SyncWorld, background, sync_world
from tests.support.waiting import wait_until

TWO = time(2)


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, only=("plaid",)) as world:
        yield world


class OneLook(HandClock):
    """The schedule looks once, then sleeps for ever."""

    slept = False

    async def sleep(self, delay_s: float) -> None:
        del delay_s
        self.slept = True
        await asyncio.Event().wait()


async def queued_at(world: SyncWorld, moment: datetime) -> list[str]:
    """Return the kinds of queued jobs after the schedule looked at a moment."""
    clock = OneLook(moment)
    async with background(schedule(replace(world.parts, clock=clock), TWO, timedelta(hours=6))):
        await wait_until(lambda: clock.slept, what="the schedule to look")
    rows = await world.pool.fetch("select kind, trigger from jobs where state = 'queued' order by kind")
    return [f"{row['kind']} {row['trigger']}" for row in rows]


def tomorrow_at_three() -> datetime:
    return (datetime.now(UTC) + timedelta(days=1)).replace(hour=12)


async def test_what_is_queued_already_is_not_due(world: SyncWorld) -> None:
    """Ensure that a first refresh which waits or runs is not doubled by the schedule."""
    await world.link_plaid(await world.user())
    assert await queued_at(world, tomorrow_at_three()) == ["holdings connect", "transactions schedule"]
    job = await world.claim()
    assert await queued_at(world, datetime.now(UTC)) == ["transactions schedule"]
    assert job.kind == "holdings"


async def test_each_day_is_due_once(world: SyncWorld) -> None:
    """Ensure that the next day's refresh is queued, and a second look adds nothing."""
    await world.link_plaid(await world.user())
    await world.run_due()
    assert await queued_at(world, datetime.now(UTC)) == []
    for _ in range(2):
        assert await queued_at(world, tomorrow_at_three()) == ["holdings schedule", "transactions schedule"]


async def test_connections_that_wait_for_their_user_are_left_alone(world: SyncWorld) -> None:
    """Ensure that nobody polls a login that the user must repair, or a removed connection."""
    keys = [await world.link_plaid(await world.user()) for _ in range(2)]
    await world.run_due()
    await world.pool.execute("update connections set status = 'reconnect_needed' where id = $1", keys[0])
    await world.pool.execute("update connections set status = 'removed' where id = $1", keys[1])
    assert await queued_at(world, tomorrow_at_three()) == []
