"""The whole service for fault tests: every part is ours to kill, freeze and restart."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiohttp
import asyncpg
import psutil

from demo.environment import clock_environment, stage_environment
from demo.options import Options
from demo.seed import seed
from demo.simulators import SimulatorUrls, simulator_up
from realtime.auth import Tokens
from realtime.bus.client import Bus, open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.clock import MarketClock, WallClock
from realtime.domain.account import AccountId, UserId
from realtime.embedded import EmbeddedPostgres, EmbeddedServers, EmbeddedValkey, free_port
from realtime.settings import Settings, settings_from
from realtime.store.migrate import migrate
from realtime.store.pool import Pool, open_pool
from realtime.up import STAGES, Supervisor
from tests.support.faults_stage import STEP, STEP_FILE
from tests.support.truth import Market
from tests.support.waiting import wait_until
from tests.support.watching import Watched, watching

_RUN = 'exec "$0" -m tests.support.faults_stage "$1" "$2" 2>>"$1/$2.log"'
_DATABASE = "faults"
_SILENT_AFTER_S = 3.0
_UP_WITHIN_S = 60.0
_PENDING_FIRST = "select count(*) from jobs where state in ('queued', 'running')"


@dataclass
class FaultedService:
    """A running service.

    Attributes:
        folder: Logs (`<stage>.log`), the step of the clock, and what the stages tell.
        clients: One for each user, subscribed to all that he may see.
    """

    folder: Path
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    urls: SimulatorUrls
    settings: Settings
    supervisor: Supervisor
    http: aiohttp.ClientSession
    pool: Pool
    bus: Bus
    market: Market
    clock: MarketClock
    clients: list[Watched] = field(default_factory=list)

    def process(self, stage: str) -> psutil.Process | None:
        """Return a stage's process, None while it has none."""
        pid = self.supervisor.children[stage].pid
        try:
            return None if pid is None else psutil.Process(pid)
        except psutil.NoSuchProcess:
            return None

    def log(self, stage: str) -> Path:
        return self.folder / f"{stage}.log"

    async def provider(self, name: str, method: str, call: str, **body: object) -> dict[str, object]:
        """Call a provider simulator's control API."""
        async with self.http.request(method, f"{getattr(self.urls, name)}/control/{call}", json=body) as answer:
            told: dict[str, object] = await answer.json()
            assert answer.status == 200, told
            return told

    async def all_healthy(self) -> bool:
        beats = await read_heartbeats(self.bus)
        pids = {child.pid for child in self.supervisor.children.values()}
        return {beat.pid for beat in beats if beat.healthy} >= pids


@asynccontextmanager
async def faulted_service(folder: Path, rate: float = 200.0) -> AsyncIterator[FaultedService]:
    """Run servers, simulators, all stages and a client for each user while the body runs."""
    (folder / STEP_FILE).write_bytes(STEP.pack(0.0))
    options = Options(folder, free_port(), free_port(), None, False, None, False, 1.0, None, 7)
    env = dict(os.environ) | clock_environment(options)
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(folder / "postgres")
        valkey = EmbeddedValkey(folder / "valkey", free_port())
        await asyncio.gather(asyncio.to_thread(postgres.start), asyncio.to_thread(valkey.start))
        stack.callback(postgres.stop)
        stack.callback(valkey.stop)
        urls = await simulators(stack, env, rate)
        env |= stage_environment(options, EmbeddedServers(await new_database(postgres), valkey.url), urls)
        env |= {
            "NAVSTREAM_STREAM_SILENT_AFTER_S": str(_SILENT_AFTER_S),
            "NAVSTREAM_LOG_LEVEL": "INFO",
            "NAVSTREAM_LOG_FORMAT": "json",
        }
        settings = settings_from(env)
        await migrate(settings.database_url, settings.service_database_url)
        await seed(settings)
        supervisor = await stack.enter_async_context(_stages(env, folder))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        service = FaultedService(
            folder=folder,
            postgres=postgres,
            valkey=valkey,
            urls=urls,
            settings=settings,
            supervisor=supervisor,
            http=http,
            pool=await stack.enter_async_context(open_pool(settings.database_url)),
            bus=await stack.enter_async_context(open_bus(settings.redis_address)),
            market=Market(urls.alpaca, http),
            clock=settings.market_clock(),
        )
        await wait_until(service.all_healthy, _UP_WITHIN_S, "all stages healthy")
        await wait_until(lambda: _is_synced(service.pool), _UP_WITHIN_S, "the first refreshes")
        service.clients += await watch_everybody(service.pool, settings, settings.public_websocket_url, stack)
        yield service


async def simulators(stack: AsyncExitStack, env: dict[str, str], rate: float) -> SimulatorUrls:
    market = ["--speed", "1", "--rate", str(rate), "--seed", "7"]
    names = {"alpaca": market, "plaid": [], "snaptrade": [], "broker": []}
    started = [stack.enter_async_context(simulator_up(name, options, env)) for name, options in names.items()]
    return SimulatorUrls(*[await one for one in started])


async def new_database(postgres: EmbeddedPostgres) -> str:
    admin = await asyncpg.connect(postgres.url)
    await admin.execute(f"create database {_DATABASE}")
    await admin.close()
    return postgres.url.replace("/postgres?", f"/{_DATABASE}?")


@asynccontextmanager
async def _stages(env: dict[str, str], folder: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(env)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(supervisor.keep(stage, ["sh", "-c", _RUN, sys.executable, str(folder), stage]))
            for stage in STAGES
        ]
        try:
            yield supervisor
        finally:
            for task in running:
                task.cancel()


async def _is_synced(pool: Pool) -> bool:
    return not await pool.fetchval(_PENDING_FIRST)


async def watch_everybody(pool: Pool, settings: Settings, url: str, stack: AsyncExitStack) -> list[Watched]:
    """Return a client for each user, subscribed to all that he may see until the stack is closed."""
    tokens = Tokens(settings.jwt_secret.get_secret_value(), settings.jwt_issuer, settings.jwt_audience)
    issued_at = WallClock().now() - timedelta(hours=1)  # so that a clock that is stepped back accepts it
    users = await pool.fetch("select distinct user_id from accounts where is_active")
    clients = []
    for row in users:
        user = UserId(str(row["user_id"]))
        rows = await pool.fetch("select public_id from accounts where user_id = $1 and is_active", user)
        accounts = [AccountId(row["public_id"]) for row in rows]
        token = tokens.issue(user, issued_at, 24 * 3600)
        clients.append(await stack.enter_async_context(watching(url, token, user, accounts)))
    return clients
