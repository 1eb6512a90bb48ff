"""The value feed, read, on a real Valkey."""

import asyncio

import pytest

from realtime.bus.client import Bus
from realtime.bus.value_feed import Lost, Subscribed, ValueEvent, ValueFeed
from realtime.clock import WallClock
from realtime.contract import names
from realtime.domain.partition import PARTITIONS_COUNT, Partition, all_partitions
from realtime.log import Log
from tests.support.waiting import wait_until


class Hurried(WallClock):
    """Sleeps a fiftieth of the time."""

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s / 50)


@pytest.mark.parametrize("still_wanted", [True, False])
async def test_a_quiet_feed_answers_pings_and_goes_on(redis_url: str, bus: Bus, still_wanted: bool) -> None:
    """Ensure pings in a quiet market neither end the reader nor cost it its connection."""
    feed, events = ValueFeed(redis_url, Hurried(), Log()), list[ValueEvent]()

    async def read() -> None:
        async for event in feed.events():
            events.append(event)

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(read()), tasks.create_task(feed.check())]
        await feed.watch(Partition(7))
        await wait_until(lambda: events, what="a subscription")
        if not still_wanted:
            await feed.leave(Partition(7))
        pings_before = await _pings(bus)
        await wait_until(lambda: _pinged(bus, pings_before + 3), what="pings")
        await feed.watch(Partition(8))
        await wait_until(lambda: Subscribed(Partition(8)) in events, what="another subscription")
        assert not any(isinstance(event, Lost) for event in events)
        assert await bus.pubsub_shardnumsub(names.value_feed(Partition(8))) != []
        for task in running:
            task.cancel()


async def test_partitions_asked_for_while_it_connects_flow_too(redis_url: str, bus: Bus) -> None:
    """Ensure that clients who come in a crowd, while the connection is being made, all get their values."""
    feed, events = ValueFeed(redis_url, Hurried(), Log()), list[ValueEvent]()

    async def read() -> None:
        async for event in feed.events():
            events.append(event)

    async def watch_some(first: int) -> None:
        for number in range(first, PARTITIONS_COUNT, 8):
            await feed.watch(Partition(number))
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(read())
        for first in range(8):
            tasks.create_task(watch_some(first))
        await wait_until(lambda: len(events) >= PARTITIONS_COUNT, what="every partition")
        assert {event.partition for event in events if isinstance(event, Subscribed)} == set(all_partitions())
        running.cancel()


async def _pinged(bus: Bus, count: int) -> bool:
    return await _pings(bus) >= count


async def _pings(bus: Bus) -> int:
    told = await bus.info("commandstats")
    return int(told.get("cmdstat_ping", {}).get("calls", 0))
