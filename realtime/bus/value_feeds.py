"""The value feed of one server, or of all nodes of a cluster."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from redis.exceptions import RedisError

from realtime.bus.client import Bus
from realtime.bus.cluster import Cluster, as_cluster
from realtime.bus.value_feed import Lost, ValueEvent, ValueFeed
from realtime.clock import Clock
from realtime.contract import names
from realtime.domain.partition import Partition
from realtime.log import Log

_EVENTS_MAX = 1_000
_LOOK_EVERY_S = 0.3
_NOWHERE = ""
"""The place of a partition that is wanted while nobody knows which node holds it."""


class Feed(Protocol):
    """See `ValueFeed`."""

    async def watch(self, partition: Partition) -> None:
        """Ask for a partition; `Subscribed` follows in the events once it flows."""

    async def leave(self, partition: Partition) -> None:
        """Ask for a partition no longer."""

    def events(self) -> AsyncIterator[ValueEvent]:
        """Yield what happens on the watched partitions, for ever."""

    async def check(self) -> None:
        """Notice silent connections, for ever; runs beside `events`."""


def value_feed_of(url: str, bus: Bus, clock: Clock, log: Log) -> Feed:
    """Return the feed of what a URL names; on a cluster `bus` knows which node holds what."""
    cluster = as_cluster(bus)
    return ValueFeed(url, clock, log) if cluster is None else ClusterValueFeed(cluster, clock, log)


class ClusterValueFeed:
    """A value feed to each node that holds a watched partition; partitions follow when they move between nodes.

    Card: bounded to 1,000 events, then each node's connection waits as `ValueFeed` says; in order by partition;
    written by a task a node, read by one; lost when a connection is, which is told by node.
    """

    def __init__(self, cluster: Cluster, clock: Clock, log: Log) -> None:
        """Start with nothing watched."""
        self._cluster = cluster
        self._clock = clock
        self._log = log
        self._feeds: dict[str, ValueFeed] = {}
        self._place_of: dict[Partition, str] = {}
        self._new: asyncio.Queue[ValueFeed] = asyncio.Queue()
        self._events: asyncio.Queue[ValueEvent] = asyncio.Queue(_EVENTS_MAX)
        self._has_lost = False

    async def watch(self, partition: Partition) -> None:
        """Ask for a partition; `Subscribed` follows in the events once it flows."""
        self._place_of[partition] = _NOWHERE
        try:
            await self._watch_at(self._node(partition), partition)
        except RedisError:
            self._has_lost = True

    async def leave(self, partition: Partition) -> None:
        """Ask for a partition no longer."""
        await self._leave_at(self._place_of.pop(partition, _NOWHERE), partition)

    async def events(self) -> AsyncIterator[ValueEvent]:
        """Yield what happens on the watched partitions, for ever."""
        while True:
            yield await self._events.get()

    async def check(self) -> None:
        """Read from every node, and follow partitions that move; for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_topology())
            while True:
                feed = await self._new.get()
                tasks.create_task(self._read(feed))
                tasks.create_task(feed.check())

    async def _read(self, feed: ValueFeed) -> None:
        async for event in feed.events():
            self._has_lost |= isinstance(event, Lost)
            await self._events.put(event)

    async def _follow_topology(self) -> None:
        while True:
            await self._clock.sleep(_LOOK_EVERY_S)
            try:
                if self._has_lost:
                    self._has_lost = False
                    await self._cluster.find_nodes()
                for partition, place in list(self._place_of.items()):
                    now_at = self._node(partition)
                    if now_at != place and self._place_of.get(partition) == place:
                        await self._leave_at(place, partition)
                        await self._watch_at(now_at, partition)
            except (RedisError, OSError):  # each node's feed has said so
                self._has_lost = True

    async def _watch_at(self, place: str, partition: Partition) -> None:
        feed = self._feeds.get(place)
        if feed is None:
            feed = self._feeds[place] = ValueFeed(self._cluster.url_of(place), self._clock, self._log)
            self._new.put_nowait(feed)
        self._place_of[partition] = place
        await feed.watch(partition)

    async def _leave_at(self, place: str, partition: Partition) -> None:
        if place != _NOWHERE:
            await self._feeds[place].leave(partition)

    def _node(self, partition: Partition) -> str:
        return self._cluster.node_of(names.value_feed(partition)).name
