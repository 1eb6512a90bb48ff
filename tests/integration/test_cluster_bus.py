"""The bus on a real Valkey Cluster: values reach their readers over all nodes, and follow when a node dies."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from calculator.publisher import Publisher
from realtime.bus.client import Bus, open_bus
from realtime.bus.cluster import place_of
from realtime.bus.value_feed import Lost, Received, Subscribed, ValueEvent
from realtime.bus.value_feeds import Feed, value_feed_of
from realtime.bus.value_states import read_state
from realtime.clock import MarketClock, WallClock
from realtime.contract import names
from realtime.contract.messages import ValueUpdate
from realtime.domain.account import SubjectKey, UserId
from realtime.domain.partition import Partition, all_partitions, partition_of
from realtime.embedded_cluster import EmbeddedCluster
from realtime.log import Log
from tests.support.broadcasting import figures_of
from tests.support.waiting import wait_until

USERS = [UserId(str(uuid4())) for _ in range(40)]
PARTITIONS = {partition_of(user) for user in USERS}


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[EmbeddedCluster]:
    cluster = EmbeddedCluster(tmp_path)
    try:
        await cluster.start()
        yield cluster
    finally:
        cluster.stop()


class Reader:
    """Reads a feed beside the test."""

    def __init__(self, feed: Feed) -> None:
        self.events: list[ValueEvent] = []
        self._feed = feed

    async def read(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed.check())
            async for event in self._feed.events():
                self.events.append(event)

    def subscribed(self) -> set[Partition]:
        return {event.partition for event in self.events if isinstance(event, Subscribed)}

    def received(self) -> set[UserId]:
        batches = [event.batch for event in self.events if isinstance(event, Received)]
        return {update.user_id for batch in batches for update in batch.updates}


async def test_values_go_over_all_nodes_and_follow_when_one_dies(cluster: EmbeddedCluster) -> None:
    """Ensure that subscribers lose the partitions of a dead node alone, and the calculator publishes all anew."""
    async with open_bus(cluster.url) as bus, asyncio.TaskGroup() as tasks:
        publisher = Publisher(bus, MarketClock.real(WallClock()))
        await publisher.begin(all_partitions())
        places = {partition: place_of(bus, names.value_feed(partition)) for partition in PARTITIONS}
        assert len(set(places.values())) == 3
        feed = value_feed_of(cluster.url, bus, WallClock(), Log())
        reader = Reader(feed)
        reading = tasks.create_task(reader.read())
        for partition in PARTITIONS:
            await feed.watch(partition)
        await wait_until(lambda: reader.subscribed() == PARTITIONS, what="every partition")
        await publisher.publish([_update(user, "1.00") for user in USERS], None)
        await wait_until(lambda: reader.received() == set(USERS), what="every user's values")
        assert await _totals(bus) == {"1.00"}
        await publisher.write_states()
        assert await _totals(bus) == {"1.00"}
        assert await publisher.lost() == frozenset()

        dead = f"{cluster.primaries[0].host}:{cluster.primaries[0].port}"
        theirs = {partition for partition, place in places.items() if place == dead}
        reader.events.clear()
        cluster.primaries[0].terminate()
        await wait_until(lambda: reader.subscribed() == theirs, 15, "its partitions elsewhere")
        assert {
            partition for event in reader.events if isinstance(event, Lost) for partition in event.partitions
        } == theirs
        assert await publisher.lost() == publisher.partitions
        await publisher.begin(all_partitions())
        assert await publisher.lost() == frozenset()
        await publisher.publish([_update(user, "2.00") for user in USERS], None)
        await wait_until(lambda: reader.received() == set(USERS), what="every user's values again")
        assert await _totals(bus) == {"2.00"}
        reading.cancel()


def _update(user_id: UserId, total: str) -> ValueUpdate:
    return ValueUpdate(user_id, None, figures_of(total), full=True, positions={})


async def _totals(bus: Bus) -> set[str]:
    states = [await read_state(bus, SubjectKey(user, None)) for user in USERS]
    return {str(state and state.figures.total_value) for state in states}
