"""Updates → value batches, one a partition, numbered in the partition's generation."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from realtime.bus.client import Bus
from realtime.bus.cluster import place_of
from realtime.bus.direct import Directs
from realtime.bus.value_states import UnwrittenStates, drop_state
from realtime.bus.values import next_generations, publish_all, read_generation
from realtime.clock import MarketClock, now_ns
from realtime.contract import names
from realtime.contract.messages import Revision, ValueBatch, ValueUpdate
from realtime.domain.account import SubjectKey
from realtime.domain.partition import Partition, partition_of
from realtime.domain.price import Price, PriceSource

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OF_STREAMS = frozenset({PriceSource.TRADE, PriceSource.QUOTE, PriceSource.BAR})


class Publisher:
    """The only writer of the values of the partitions that this calculator has claimed.

    Attributes:
        batches_count: Value batches published.
    """

    def __init__(self, bus: Bus, market: MarketClock) -> None:
        self.batches_count = 0
        self._bus = bus
        self._directs = Directs(bus)
        self._market = market
        self._revisions: dict[Partition, Revision] = {}
        self._places: dict[Partition, str] = {}
        self._unwritten = UnwrittenStates()

    @property
    def partitions(self) -> frozenset[Partition]:
        """Those it may publish on."""
        return frozenset(self._revisions)

    async def begin(self, partitions: Iterable[Partition]) -> None:
        """Begin a generation on each of these partitions; everything watched is to be published in full after it.

        Raises:
            RedisError: Nothing has begun.
        """
        for partition, generation in (await next_generations(self._bus, partitions)).items():
            self._revisions[partition] = Revision(generation, 0)
            self._places[partition] = place_of(self._bus, names.generation(partition))

    def leave(self, partitions: Iterable[Partition]) -> None:
        """Publish nothing more on these partitions."""
        gone = frozenset(partitions)
        for partition in gone:
            self._revisions.pop(partition, None)
        self._unwritten.leave(gone)

    async def lost(self) -> frozenset[Partition]:
        """Return the partitions of which Redis may lack something that was published: all, or none.

        So it is when our generation is unknown there (one partition of each node is asked about), and when another
        node of the cluster has taken over, for it may lack the newest writes.

        Raises:
            RedisError: Redis does not answer.
        """
        asked: dict[str, Partition] = {}
        for partition in self._revisions:
            place = place_of(self._bus, names.generation(partition))
            if place != self._places[partition]:
                return self.partitions
            asked.setdefault(place, partition)
        for partition in asked.values():
            generation = await read_generation(self._bus, partition)
            known = self._revisions.get(partition)
            if known is not None and (generation is None or generation < known.generation):
                return self.partitions
        return frozenset()

    async def publish(self, updates: Iterable[ValueUpdate], newest: Price | None) -> None:
        """Publish updates, caused by prices of which `newest` came last; those of others' partitions are left out.

        Raises:
            RedisError: Unknown what was published; begin a new generation.
        """
        shares: dict[Partition, list[ValueUpdate]] = {}
        for update in updates:
            shares.setdefault(partition_of(update.user_id), []).append(update)
        batches: dict[Partition, ValueBatch] = {}
        as_of, computed_ns = self._market.now(), now_ns()
        received_ns = None if newest is None else newest.received_ns
        traded_us = None if newest is None else traded_us_of(newest)
        for partition, share in shares.items():
            before = self._revisions.get(partition)
            if before is not None:
                self._revisions[partition] = Revision(before.generation, before.number + 1)
                batches[partition] = ValueBatch(
                    self._revisions[partition], as_of, received_ns, tuple(share), traded_us, computed_ns
                )
        if batches:
            published = await publish_all(self._directs, batches)
            self.batches_count += len(batches)
            for partition, encoded in published.items():
                self._unwritten.add(partition, batches[partition], encoded)

    async def write_states(self) -> None:
        """Bring the states up to what was published.

        Raises:
            RedisError: They may lack something; begin a new generation.
        """
        await self._unwritten.write(self._bus)

    async def drop(self, subjects: Iterable[SubjectKey]) -> None:
        """Forget the states of subjects that are valued no longer.

        Raises:
            RedisError: They may still be there.
        """
        for subject in subjects:
            self._unwritten.drop(subject)
            await drop_state(self._bus, subject)


def traded_us_of(newest: Price) -> int | None:
    """Return when a price was made; None for what was polled, which may be hours old and says nothing of our speed."""
    if newest.time is None or newest.source not in _OF_STREAMS:
        return None
    return (newest.time - _EPOCH) // _MICROSECOND
