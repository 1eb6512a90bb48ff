"""One collector leads per credential, the others stand by and take over within 5 seconds (loop)."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from hashlib import sha256
from typing import Any

from redis.exceptions import RedisError

from realtime.bus.lease import Lease
from realtime.clock import Clock
from realtime.log import Log
from symbol_collector.cancelling import end_if_cancelled

LIFETIME_MS = 3_000
_RENEW_EVERY_S = 0.75
_UNREACHABLE_MAX_S = 10.0
"""How long we keep the streams while Redis is away. Nobody can take the lease from us meanwhile, unless it is only we
who cannot reach it: then another collector waits for our connections, so we give them up."""


def resource(key_id: str) -> str:
    """Return the lease's name for a credential, which does not give the key away."""
    return f"market-data-{sha256(key_id.encode()).hexdigest()[:16]}"


async def lead(lease: Lease, work: Callable[[], Coroutine[Any, Any, None]], clock: Clock, log: Log) -> None:
    """Do the work whenever, and only as long as, the lease is ours; for ever."""
    while True:
        if await _is_ours(lease):
            log.info("lease_acquired")
            try:
                end_if_cancelled()
                await _work_until_lost(lease, work, clock)
            finally:
                with suppress(RedisError):
                    await lease.release()
            log.warning("lease_lost")
        end_if_cancelled()
        await clock.sleep(_RENEW_EVERY_S)


async def _is_ours(lease: Lease) -> bool:
    try:
        return await lease.acquire_or_renew()
    except RedisError:
        return False


async def _work_until_lost(lease: Lease, work: Callable[[], Coroutine[Any, Any, None]], clock: Clock) -> None:
    async with asyncio.TaskGroup() as tasks:
        worker = tasks.create_task(work())
        renewed_at = clock.monotonic()
        while True:
            end_if_cancelled()
            await clock.sleep(_RENEW_EVERY_S)
            try:
                if not await lease.acquire_or_renew():
                    break
                renewed_at = clock.monotonic()
            except RedisError:
                if clock.monotonic() - renewed_at > _UNREACHABLE_MAX_S:
                    break
        worker.cancel()
