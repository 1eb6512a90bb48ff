"""Interest: which users have clients. A lease per user that expires unless a broadcaster renews it."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TypeVar

from realtime.bus.client import Bus
from realtime.clock import now_ns
from realtime.contract import names
from realtime.domain.account import UserId
from realtime.domain.partition import Partition, partition_of

LEASE_MS = 15_000
"""How long interest lasts without renewal. Broadcasters renew every third of it."""
_AT_ONCE = 16
"""Commands that are built together take the loop from everything else."""
_Item = TypeVar("_Item")


async def announce_interest(bus: Bus, user_id: UserId) -> None:
    """Say, at once, that a user has become watched."""
    pipeline = bus.pipeline(transaction=False)
    pipeline.zadd(names.interest(partition_of(user_id)), {user_id: _now_ms() + LEASE_MS})
    pipeline.publish(names.interest_changed(), user_id)
    await pipeline.execute()


async def renew_interest(bus: Bus, user_ids: Iterable[UserId]) -> None:
    """Prolong the leases of all users that this broadcaster has clients for."""
    expiry = _now_ms() + LEASE_MS
    for some in _in_portions(user_ids):
        pipeline = bus.pipeline(transaction=False)
        for user_id in some:
            pipeline.zadd(names.interest(partition_of(user_id)), {user_id: expiry})
        await pipeline.execute()


async def read_interest(bus: Bus, partitions: Iterable[Partition]) -> frozenset[UserId]:
    """Return the users of these partitions that are watched now; forgets expired leases."""
    now = _now_ms()
    users: set[UserId] = set()
    for some in _in_portions(partitions):
        pipeline = bus.pipeline(transaction=False)
        for partition in some:
            pipeline.zremrangebyscore(names.interest(partition), 0, now)
            pipeline.zrange(names.interest(partition), 0, -1)
        answers = await pipeline.execute()
        users.update(UserId(member.decode()) for members in answers[1::2] for member in members)
    return frozenset(users)


async def announced_interest(bus: Bus) -> AsyncIterator[UserId]:
    """Yield each user id as it is announced, from now on; announcements made while away are only in `read_interest`.

    Raises:
        RedisError: The connection is lost.
    """
    async with bus.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(names.interest_changed())
        async for message in pubsub.listen():
            yield UserId(message["data"].decode())


def _in_portions(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    everything = list(items)
    for first in range(0, len(everything), _AT_ONCE):
        yield everything[first : first + _AT_ONCE]


def _now_ms() -> int:
    return now_ns() // 1_000_000
