"""The service as on several machines: a Valkey Cluster, several of each live stage, a balancer."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from redis.exceptions import RedisError

from demo.environment import clock_environment, stage_environment
from demo.options import Options
from demo.seed import seed
from realtime.bus.client import Bus, open_bus
from realtime.bus.cluster import place_of
from realtime.bus.heartbeats import read_heartbeats
from realtime.clock import MarketClock
from realtime.contract.messages import Heartbeat
from realtime.embedded import EmbeddedPostgres, EmbeddedServers, free_port
from realtime.embedded_cluster import EmbeddedCluster
from realtime.settings import settings_from
from realtime.store.migrate import migrate
from realtime.store.pool import Pool, open_pool
from realtime.up import end_process
from tests.support.balancer import balanced
from tests.support.exact import UserValuation
from tests.support.faults_service import new_database, simulators, watch_everybody
from tests.support.truth import Market, true_values
from tests.support.waiting import wait_until
from tests.support.watching import Watched

CALCULATORS_COUNT, BROADCASTERS_COUNT, COLLECTORS_COUNT = 4, 3, 2
_UP_WITHIN_S = 60.0
_TRADES_PER_S = 200.0


@dataclass
class ClusterService:
    """A running service.

    Attributes:
        processes: Of the stages, by name and number: `calculator:0`.
        clients: One for each user, subscribed through the balancer to all that he may see.
    """

    cluster: EmbeddedCluster
    env: Mapping[str, str]
    pool: Pool
    bus: Bus
    market: Market
    clock: MarketClock
    stack: AsyncExitStack
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    clients: list[Watched] = field(default_factory=list)

    async def start(self, name: str, **settings: str) -> None:
        """Start a stage's process; it ends with the service."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", name.partition(":")[0]),
            env={**self.env, **settings},
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
        )
        self.processes[name] = process
        self.stack.push_async_callback(end_process, process)

    async def kill(self, name: str) -> None:
        """End a stage's process at once and for good."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    def kill_primary_of(self, keys: Sequence[str]) -> None:
        """End a server that holds one of these keys and has a replica; it does not come back."""
        alive = {f"{node.host}:{node.port}": node for node in self.cluster.primaries if node.is_running()}
        place = next(place for key in keys if (place := place_of(self.bus, key)) in alive)
        alive[place].terminate()

    async def beats(self, stage: str) -> list[Heartbeat]:
        """Return the heartbeats of a stage's living processes."""
        pids = {process.pid for process in self.processes.values()}
        return [beat for beat in await read_heartbeats(self.bus) if beat.stage == stage and beat.pid in pids]

    async def partitions(self) -> dict[int, int]:
        """Return how many partitions each living calculator holds, by process id."""
        return {beat.pid: int(beat.facts.get("partitions") or 0) for beat in await self.beats("calculator")}

    async def truth(self, client: Watched) -> UserValuation:
        """Return what a user's accounts are worth by the market's own prices, in exact arithmetic."""
        return await true_values(self.market, self.pool, self.bus, self.clock, client.user_id)

    async def oracle_holds(self, deadline_s: float) -> None:
        """Wait until every client's state equals exact arithmetic to the cent."""
        found = ["nothing compared"]

        async def equal() -> bool:
            try:
                found[:] = [row for client in self.clients for row in client.differences(await self.truth(client))]
            except (RedisError, KeyError) as error:  # the truth itself needs the board
                found[:] = [f"{type(error).__name__}: {error}"]
            return not found

        try:
            await wait_until(equal, deadline_s)
        except AssertionError:
            raise AssertionError("\n".join(found[:20])) from None


@asynccontextmanager
async def cluster_service(folder: Path) -> AsyncIterator[ClusterService]:
    """Run everything while the body runs."""
    options = Options(folder, free_port(), free_port(), None, False, None, False, 1.0, None, 7)
    env = dict(os.environ) | clock_environment(options)
    async with AsyncExitStack() as stack:
        postgres, cluster = EmbeddedPostgres(folder / "postgres"), EmbeddedCluster(folder / "valkey")
        stack.callback(postgres.stop)
        stack.callback(cluster.stop)
        await asyncio.gather(asyncio.to_thread(postgres.start), cluster.start())
        urls = await simulators(stack, env, _TRADES_PER_S)
        env |= stage_environment(options, EmbeddedServers(await new_database(postgres), cluster.url), urls)
        settings = settings_from(env)
        await migrate(settings.database_url, settings.service_database_url)
        await seed(settings)
        service = ClusterService(
            cluster=cluster,
            env=env,
            pool=await stack.enter_async_context(open_pool(settings.database_url)),
            bus=await stack.enter_async_context(open_bus(cluster.url)),
            market=Market(urls.alpaca, await stack.enter_async_context(aiohttp.ClientSession())),
            clock=settings.market_clock(),
            stack=stack,
        )
        ports = await _start_stages(service)
        await wait_until(lambda: _is_up(service), _UP_WITHIN_S, "all stages healthy")
        await wait_until(lambda: _is_synced(service.pool), _UP_WITHIN_S, "the first refreshes")
        port = await stack.enter_async_context(balanced(ports))
        service.clients += await watch_everybody(service.pool, settings, f"ws://127.0.0.1:{port}/v1", stack)
        yield service


async def _start_stages(service: ClusterService) -> list[int]:
    """Start every process; return the broadcasters' ports."""
    await service.start("sync:0")
    for number in range(COLLECTORS_COUNT):
        await service.start(f"symbol_collector:{number}")
    for number in range(CALCULATORS_COUNT):
        await service.start(f"calculator:{number}")
    ports = [free_port() for _ in range(BROADCASTERS_COUNT)]
    for number, port in enumerate(ports):
        await service.start(f"broadcaster:{number}", NAVSTREAM_BROADCASTER_PORT=str(port))
    return ports


async def _is_up(service: ClusterService) -> bool:
    pids = {process.pid for process in service.processes.values()}
    healthy = {beat.pid for beat in await read_heartbeats(service.bus) if beat.healthy}
    return healthy >= pids and set((await service.partitions()).values()) == {256 // CALCULATORS_COUNT}


async def _is_synced(pool: Pool) -> bool:
    return not await pool.fetchval("select count(*) from jobs where state in ('queued', 'running')")
