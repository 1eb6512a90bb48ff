"""The connection to Redis or Valkey: one server, or a cluster."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff

from realtime.bus.cluster import as_cluster, is_cluster_url, make_cluster
from realtime.bus.connection import make_cancellable
from realtime.metrics import REDIS_ERROR

Bus = Redis
"""The one type of connection: pooled, binary answers, reconnecting. A cluster's client has the same commands."""

_CONNECTIONS_MAX = 64
_CONNECT_TIMEOUT_S = 2.0


@asynccontextmanager
async def open_bus(url: str) -> AsyncIterator[Bus]:
    """Open a pool of connections; short outages are retried for about a second, then `RedisError` is raised."""
    bus = _make_bus(url)
    try:
        yield bus
    finally:
        cluster = as_cluster(bus)
        await (bus.aclose() if cluster is None else cluster.end())


def _make_bus(url: str) -> Bus:
    retry = Retry(_Counting(base=0.05, cap=0.5), retries=3)
    if is_cluster_url(url):
        return cast("Bus", make_cluster(url, retry, _CONNECT_TIMEOUT_S, _CONNECTIONS_MAX))
    bus: Bus = Redis.from_url(
        url, max_connections=_CONNECTIONS_MAX, socket_connect_timeout=_CONNECT_TIMEOUT_S, retry=retry
    )
    make_cancellable(bus.connection_pool)
    return bus


class _Counting(ExponentialWithJitterBackoff):
    """Is asked only after a failure, and so counts failures at no cost to what succeeds."""

    def compute(self, failures: int) -> float:
        REDIS_ERROR.inc()
        return super().compute(failures)
