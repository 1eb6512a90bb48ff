"""Interest: which subjects have clients. A lease per subject that expires unless a broadcaster renews it."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TypeVar

from realtime.bus.client import Bus
from realtime.bus.cluster import know_nodes
from realtime.clock import now_ns
from realtime.contract import names
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.partition import Partition, partition_of

LEASE_MS = 15_000
"""How long interest lasts without renewal. Broadcasters renew every third of it."""
_AT_ONCE = 16
"""Commands that are built together take the loop from everything else."""
_Item = TypeVar("_Item")


async def announce_interest(bus: Bus, *subjects: SubjectKey) -> None:
    """Say, at once, that these subjects have become watched; full values of them follow."""
    expiry = _now_ms() + LEASE_MS
    pipeline = bus.pipeline(transaction=False)
    for subject in subjects:
        pipeline.zadd(names.interest(partition_of(subject.user_id)), {_text(subject): expiry})
        pipeline.execute_command("PUBLISH", names.interest_changed(), _text(subject))
    await pipeline.execute()


async def renew_interest(bus: Bus, subjects: Iterable[SubjectKey]) -> None:
    """Prolong the leases of all subjects that this broadcaster has clients for."""
    expiry = _now_ms() + LEASE_MS
    for some in _in_portions(subjects):
        pipeline = bus.pipeline(transaction=False)
        for subject in some:
            pipeline.zadd(names.interest(partition_of(subject.user_id)), {_text(subject): expiry})
        await pipeline.execute()


async def read_interest(bus: Bus, partitions: Iterable[Partition]) -> frozenset[SubjectKey]:
    """Return the subjects of these partitions that are watched now; forgets expired leases."""
    now = _now_ms()
    subjects: set[SubjectKey] = set()
    for some in _in_portions(partitions):
        pipeline = bus.pipeline(transaction=False)
        for partition in some:
            pipeline.zremrangebyscore(names.interest(partition), 0, now)
            pipeline.zrange(names.interest(partition), 0, -1)
        answers = await pipeline.execute()
        subjects.update(_subject(member) for members in answers[1::2] for member in members)
    return frozenset(subjects)


async def announced_interest(bus: Bus) -> AsyncIterator[SubjectKey]:
    """Yield each subject as it is announced, from now on; announcements made while away are only in `read_interest`.

    Raises:
        RedisError: The connection is lost.
    """
    await know_nodes(bus)
    async with bus.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(names.interest_changed())
        async for message in pubsub.listen():
            yield _subject(message["data"])


def _text(subject: SubjectKey) -> str:
    return subject.user_id if subject.account_id is None else f"{subject.user_id} {subject.account_id}"


def _subject(text: bytes) -> SubjectKey:
    user_id, _, account_id = text.decode().partition(" ")
    return SubjectKey(UserId(user_id), AccountId(account_id) if account_id else None)


def _in_portions(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    everything = list(items)
    for first in range(0, len(everything), _AT_ONCE):
        yield everything[first : first + _AT_ONCE]


def _now_ms() -> int:
    return now_ns() // 1_000_000
