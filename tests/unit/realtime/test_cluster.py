"""How a cluster is named, and what fails when nobody is there."""

import pytest
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from realtime.bus.cluster import Cluster, is_cluster_url, make_cluster, place_of
from realtime.bus.connection import CancellableSSL, CancellableTCP
from realtime.contract import names

NOBODY = "redis+cluster://127.0.0.1:1"


def cluster(url: str) -> Cluster:
    return make_cluster(url, Retry(NoBackoff(), 0), connect_timeout_s=1, connections_max=4)


def test_only_a_clusters_url_is_one() -> None:
    """Ensure that a URL of one server stays that."""
    assert is_cluster_url("redis+cluster://a:1,b:2")
    assert is_cluster_url("rediss+cluster://a:1")
    assert not is_cluster_url("redis://a:1/0")
    assert not is_cluster_url("unix:///a/socket")


def test_nodes_and_credentials_are_read_from_the_url() -> None:
    """Ensure each node named is a place to begin at, with the same credentials and encryption for all."""
    plain, encrypted = cluster("redis+cluster://a:1,b"), cluster("rediss+cluster://me:sec:ret{}@c:3")
    assert [(node.host, node.port) for node in plain.startup_nodes] == [("a", 1), ("b", 6379)]
    assert {node.connection_class for node in plain.startup_nodes} == {CancellableTCP}
    [node] = encrypted.startup_nodes
    assert node.connection_class is CancellableSSL
    assert (node.connection_kwargs["username"], node.connection_kwargs["password"]) == ("me", "sec:ret{}")
    assert plain.url_of("a:1") == "redis://a:1"
    assert encrypted.url_of("c:3") == "rediss://me:sec:ret{}@c:3"
    with pytest.raises(ValueError, match="host:port"):
        cluster("redis+cluster://")


async def test_a_cluster_that_is_away_is_a_failure_of_redis() -> None:
    """Ensure that every stage's handling of an outage covers the failures of a cluster's client."""
    away = cluster(NOBODY)
    with pytest.raises(RedisConnectionError):
        await away.get("key")
    with pytest.raises(RedisConnectionError):
        await away.find_nodes()
    pipeline = away.pipeline(transaction=False)
    pipeline.get("key")
    with pytest.raises(RedisConnectionError):
        await pipeline.execute()
    with pytest.raises(RedisConnectionError):
        place_of(away, names.price_feed())
    await away.aclose()
