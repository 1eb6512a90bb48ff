"""Leases: a claim on something that only one process may do; expires unless renewed."""

from typing import cast

from realtime.bus.client import Bus
from realtime.contract import names

_RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0
"""
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


class Lease:
    """One process's claim on a resource."""

    def __init__(self, bus: Bus, resource: str, owner: str, lifetime_ms: int) -> None:
        self._bus = bus
        self._key = names.lease(resource)
        self._owner = owner
        self._lifetime_ms = lifetime_ms

    async def acquire_or_renew(self) -> bool:
        """Return whether the claim is ours for another lifetime."""
        renewed = await self._bus.eval(_RENEW, 1, self._key, self._owner, self._lifetime_ms)
        if renewed:
            return True
        return bool(await self._bus.set(self._key, self._owner, nx=True, px=self._lifetime_ms))

    async def release(self) -> None:
        """Give the claim up at once, if it is ours."""
        await self._bus.eval(_RELEASE, 1, self._key, self._owner)


async def lease_owners(bus: Bus, resources: list[str]) -> list[str | None]:
    """Return who holds each of these resources; None where nobody does."""
    owners = cast("list[bytes | None]", await bus.mget([names.lease(resource) for resource in resources]))
    return [None if owner is None else owner.decode() for owner in owners]
