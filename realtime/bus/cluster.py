"""A Redis or Valkey Cluster in the place of one server: the same commands, each sent to the node that holds its key.

What a cluster adds is a topology, which may change at any time: a primary dies and a replica takes over. Replication is
asynchronous, so that the new primary may lack the newest writes; who must know asks `place_of` again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlsplit

from redis.asyncio.cluster import ClusterNode, ClusterPipeline, RedisCluster
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException

from realtime.bus.connection import Cancellable, CancellableSSL, CancellableTCP

_SCHEMES = {"redis+cluster": CancellableTCP, "rediss+cluster": CancellableSSL}
_DEFAULT_PORT = 6379


class Cluster(RedisCluster):
    """A client whose every failure is a `RedisError`, also those of finding the nodes.

    Attributes:
        node_url: Of any node, with `{place}` for its host and port.
    """

    node_url: str

    def __init__(self, **options: Any) -> None:
        """Take redis-py's options; nothing is connected yet."""
        super().__init__(**options)
        self._direct: set[AbstractConnection] = set()

    def url_of(self, place: str) -> str:
        """Return the URL of one node, by its name."""
        return self.node_url.format(place=place)

    async def initialize(self, *arguments: Any, **options: Any) -> "Cluster":
        """Ask for the topology unless it is known."""
        with _failures_named():
            await super().initialize(*arguments, **options)
        return self

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """Run a command on the node that holds its key."""
        with _failures_named():
            return await super().execute_command(*arguments, **options)

    def pipeline(self, transaction: bool | None = None, shard_hint: object = None) -> "_Pipeline":
        """Return a pipeline that runs on all the nodes concerned."""
        del shard_hint
        return _Pipeline(self, transaction)  # type: ignore[abstract]  # its own base lacks the attribute too

    async def find_nodes(self) -> None:
        """Ask for the topology, whatever is known."""
        with _failures_named():
            if self._initialize:
                await self.initialize()
            else:
                await self.nodes_manager.initialize()

    async def connect_to(self, key: str) -> Cancellable:
        """Connect to the node that holds a key, beside the pool; hand it to `disconnect`.

        Raises:
            RedisError, OSError: It does not answer, or nobody knows it.
        """
        await self.initialize()
        node = self.node_of(key)
        connection = node.connection_class(**{**node.connection_kwargs, "retry": Retry(NoBackoff(), 0)})
        self._direct.add(connection)
        await connection.connect()  # type: ignore[no-untyped-call]  # redis-py types it nowhere
        return cast("Cancellable", connection)

    async def disconnect(self, connection: AbstractConnection) -> None:
        """End a connection beside the pool."""
        self._direct.discard(connection)
        await connection.disconnect(nowait=True)

    async def end(self) -> None:
        """Close every connection, also when the topology is in doubt."""
        for connection in list(self._direct):
            await self.disconnect(connection)
        self._initialize = False
        await self.aclose()

    def node_of(self, key: str) -> ClusterNode:
        """Return the primary that holds a key, as far as is known.

        Raises:
            redis.exceptions.ConnectionError: None does.
        """
        nodes = self.nodes_manager.slots_cache.get(_slot(key))
        if not nodes:
            raise RedisConnectionError("a part of the cluster has no node")
        return nodes[0]


class _Pipeline(ClusterPipeline):
    async def execute(self, *arguments: Any, **options: Any) -> list[Any]:
        with _failures_named():
            return await super().execute(*arguments, **options)


def is_cluster_url(url: str) -> bool:
    """Return whether a URL names a cluster: `redis+cluster://[user:password@]host:port,host:port`, or `rediss+…`."""
    return urlsplit(url).scheme in _SCHEMES


def make_cluster(url: str, retry: Retry, connect_timeout_s: float, connections_max: int) -> Cluster:
    """Return a client of the cluster that a URL names; nothing is connected yet.

    Raises:
        ValueError: The URL names no node.
    """
    parts = urlsplit(url)
    userinfo, _, hosts = parts.netloc.rpartition("@")
    username, _, password = userinfo.partition(":")
    cluster = Cluster(
        startup_nodes=[_node(host) for host in hosts.split(",")],
        username=username or None,
        password=password or None,
        ssl=_SCHEMES[parts.scheme] is CancellableSSL,
        socket_connect_timeout=connect_timeout_s,
        max_connections=connections_max,
        retry=retry,
    )
    cluster.connection_kwargs["connection_class"] = _SCHEMES[parts.scheme]
    cluster.node_url = parts.scheme.removesuffix("+cluster") + "://" + userinfo.replace("{", "{{").replace("}", "}}")
    cluster.node_url += "@{place}" if userinfo else "{place}"
    for node in cluster.startup_nodes:
        node.connection_class = _SCHEMES[parts.scheme]
    return cluster


def as_cluster(bus: object) -> Cluster | None:
    """Return the bus when it is a cluster."""
    return bus if isinstance(bus, Cluster) else None


def place_of(bus: object, key: str) -> str:
    """Return which node holds a key; the same for all keys where there is one server."""
    cluster = as_cluster(bus)
    return "" if cluster is None else cluster.node_of(key).name


async def know_nodes(bus: object) -> None:
    """Make sure that a cluster's topology is known.

    Raises:
        redis.exceptions.ConnectionError: Nobody tells it.
    """
    cluster = as_cluster(bus)
    if cluster is not None:
        await cluster.initialize()


def _node(address: str) -> ClusterNode:
    host, _, port = address.partition(":")
    if not host:
        raise ValueError("a cluster's URL names its nodes as host:port, with commas between")
    return ClusterNode(host, int(port or _DEFAULT_PORT))


@lru_cache(maxsize=4096)
def _slot(key: str) -> int:
    return key_slot(key.encode())


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except RedisClusterException as error:
        raise RedisConnectionError(str(error)) from error
