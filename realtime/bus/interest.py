"""Interest: which users have clients. A lease per user that expires unless a broadcaster renews it."""

from collections.abc import AsyncIterator, Iterable

from realtime.bus.client import Bus
from realtime.clock import now_ns
from realtime.contract import names
from realtime.domain.account import UserId
from realtime.domain.partition import Partition, partition_of

LEASE_MS = 15_000
"""How long interest lasts without renewal. Broadcasters renew every third of it."""


async def announce_interest(bus: Bus, user_id: UserId) -> None:
    """Say, at once, that a user has become watched."""
    pipeline = bus.pipeline(transaction=False)
    pipeline.zadd(names.interest(partition_of(user_id)), {user_id: _now_ms() + LEASE_MS})
    pipeline.publish(names.interest_changed(), user_id)
    await pipeline.execute()


async def renew_interest(bus: Bus, user_ids: Iterable[UserId]) -> None:
    """Prolong the leases of all users that this broadcaster has clients for."""
    expiry = _now_ms() + LEASE_MS
    pipeline = bus.pipeline(transaction=False)
    for user_id in user_ids:
        pipeline.zadd(names.interest(partition_of(user_id)), {user_id: expiry})
    await pipeline.execute()


async def read_interest(bus: Bus, partitions: Iterable[Partition]) -> frozenset[UserId]:
    """Return the users of these partitions that are watched now; forgets expired leases."""
    now = _now_ms()
    pipeline = bus.pipeline(transaction=False)
    for partition in partitions:
        pipeline.zremrangebyscore(names.interest(partition), 0, now)
        pipeline.zrange(names.interest(partition), 0, -1)
    answers = await pipeline.execute()
    return frozenset(UserId(member.decode()) for members in answers[1::2] for member in members)


async def announced_interest(bus: Bus) -> AsyncIterator[UserId]:
    """Yield each user id as it is announced, from now on; announcements made while away are only in `read_interest`.

    Raises:
        RedisError: The connection is lost.
    """
    async with bus.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(names.interest_changed())
        async for message in pubsub.listen():
            yield UserId(message["data"].decode())


def _now_ms() -> int:
    return now_ns() // 1_000_000
