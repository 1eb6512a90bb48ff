"""The connection to Redis or Valkey."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff

from realtime.bus.connection import make_cancellable
from realtime.metrics import REDIS_ERROR

Bus = Redis
"""The one type of connection: pooled, binary answers, reconnecting."""

_CONNECTIONS_MAX = 64
_CONNECT_TIMEOUT_S = 2.0


@asynccontextmanager
async def open_bus(url: str) -> AsyncIterator[Bus]:
    """Open a pool of connections; short outages are retried for about a second, then `RedisError` is raised."""
    bus: Bus = Redis.from_url(
        url,
        max_connections=_CONNECTIONS_MAX,
        socket_connect_timeout=_CONNECT_TIMEOUT_S,
        retry=Retry(_Counting(base=0.05, cap=0.5), retries=3),
    )
    make_cancellable(bus.connection_pool)
    try:
        yield bus
    finally:
        await bus.aclose()


class _Counting(ExponentialWithJitterBackoff):
    """Is asked only after a failure, and so counts failures at no cost to what succeeds."""

    def compute(self, failures: int) -> float:
        REDIS_ERROR.inc()
        return super().compute(failures)
