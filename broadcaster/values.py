"""Follows the value feed and reads states, so that the channels of watched subjects show the newest values (loop).

Order that loses nothing: subscribe to the partition, then read the state, then apply the batches that came meanwhile.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from time import monotonic

from redis.exceptions import RedisError

from broadcaster.channels import Channel, ChannelKind
from broadcaster.fanout import Fanout
from broadcaster.interest import Interest
from broadcaster.subjects import Subject, WatchedPartition
from realtime.bus.client import Bus
from realtime.bus.living import living_generations
from realtime.bus.value_feed import Lost, Received, Subscribed
from realtime.bus.value_feeds import Feed
from realtime.bus.value_states import read_state
from realtime.clock import Clock
from realtime.domain.account import SubjectKey
from realtime.domain.partition import Partition, partition_of

_READERS_COUNT = 8
_READ_AGAIN_AFTER_S = 0.3
_LOOK_EVERY_S = 0.25
_SLICE_S = 0.002
"""Batches that are here already are taken in without a pause for this long; then what changed gets out."""
_POSITIONS = frozenset({ChannelKind.POSITIONS, ChannelKind.ACCOUNT_POSITIONS})


class Values:
    """The source of the channels `portfolio`, `positions`, `account:<id>` and `positions:<id>`.

    Reads to do: one entry a subject and loss; bounded by the subjects that clients follow.
    """

    def __init__(self, bus: Bus, feed: Feed, fanout: Fanout, clock: Clock, interest: Interest) -> None:
        """Start with nothing watched; what is comes to stand in `interest`."""
        self._bus = bus
        self._feed = feed
        self._fanout = fanout
        self._clock = clock
        self._partitions: dict[Partition, WatchedPartition] = {}
        self._live: set[Partition] = set()
        self._to_read: asyncio.Queue[tuple[Subject, int]] = asyncio.Queue()
        self._was_lost = False
        self._interest = interest

    async def follow(self, channel: Channel) -> None:
        """Show a user's values in his channel from now on."""
        key = _subject_key(channel)
        partition = partition_of(key.user_id)
        watched = self._partitions.get(partition)
        is_new_partition = watched is None
        if watched is None:
            watched = self._partitions[partition] = WatchedPartition(partition)
        subject = watched.subjects.get(key)
        if subject is None:
            subject = watched.add(key)
            self._interest.joined(key)
            if partition in self._live:
                self._read(subject)
        subject.attach(channel, to_positions=channel.name.kind in _POSITIONS)
        if is_new_partition:
            await self._feed.watch(partition)

    async def leave(self, channel: Channel) -> None:
        """Show nothing more in a channel; its subject and partition go with their last channel."""
        key = _subject_key(channel)
        partition = partition_of(key.user_id)
        watched = self._partitions.get(partition)
        subject = None if watched is None else watched.subjects.get(key)
        if watched is None or subject is None:
            return
        if subject.detach(channel):
            return
        del watched.subjects[key]
        self._interest.left(key)
        if not watched.subjects:
            del self._partitions[partition]
            self._live.discard(partition)
            await self._feed.leave(partition)

    def loops(self) -> list[Coroutine[None, None, None]]:
        """Return what keeps the channels current; each runs for ever."""
        readers = (self._read_states() for _ in range(_READERS_COUNT))
        return [self._follow_feed(), self._feed.check(), self._follow_owners(), *readers]

    async def _follow_owners(self) -> None:
        """Say of values that nobody keeps up to date that it is so."""
        while True:
            await self._clock.sleep(_LOOK_EVERY_S)
            with suppress(RedisError, OSError):  # the market's channel says that Redis is away
                for partition, living in (await living_generations(self._bus, list(self._partitions))).items():
                    watched = self._partitions.get(partition)
                    if watched is not None:
                        self._fanout.changed(watched.owned_by(living))

    async def _follow_feed(self) -> None:
        pause_at = monotonic()
        async for event in self._feed.events():
            match event:
                case Received(partition, batch):
                    watched = self._partitions.get(partition)
                    if watched is not None and partition in self._live:
                        channels, unread = watched.receive(batch)
                        self._fanout.changed(channels)
                        self._read_all(unread)
                        if monotonic() > pause_at:
                            await asyncio.sleep(0)
                            pause_at = monotonic() + _SLICE_S
                case Subscribed(partition):
                    self._begin(partition)
                case Lost(partitions):
                    self._live -= partitions
                    self._was_lost = True

    def _begin(self, partition: Partition) -> None:
        if self._was_lost:
            self._was_lost = False
            self._interest.announce_all()
        watched = self._partitions.get(partition)
        if watched is not None:
            self._live.add(partition)
            self._read_all(watched.subscribed())

    def _read_all(self, subjects: list[Subject]) -> None:
        for subject in subjects:
            self._read(subject)

    def _read(self, subject: Subject) -> None:
        self._to_read.put_nowait((subject, subject.ticket))

    async def _read_states(self) -> None:
        while True:
            subject, ticket = await self._to_read.get()
            if ticket != subject.ticket:
                continue
            try:
                state = await read_state(self._bus, subject.key)
            except (RedisError, OSError):
                await self._clock.sleep(_READ_AGAIN_AFTER_S)
                self._to_read.put_nowait((subject, ticket))
                continue
            if ticket != subject.ticket:
                continue
            changed = subject.read(state)
            if changed is None:
                asyncio.get_running_loop().call_later(_READ_AGAIN_AFTER_S, self._read, subject)
            else:
                self._fanout.changed(changed)


def _subject_key(channel: Channel) -> SubjectKey:
    return SubjectKey(channel.user_id, channel.name.account_id)
