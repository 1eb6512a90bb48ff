"""The course of a demo: servers, simulators, people, stages; then a link, and a clean end."""

import asyncio
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import asyncpg

from demo.acceptance import Acceptance
from demo.environment import check_ports, clock_environment, stage_environment
from demo.options import Options
from demo.progress import Progress
from demo.seed import DEMO_USER, seed
from demo.servers import servers_apart
from demo.simulators import simulators
from realtime.bus.client import open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.bus.sign_in import issue_sign_in_code
from realtime.domain.account import UserId
from realtime.embedded import EmbeddedServers
from realtime.errors import Misconfigured
from realtime.log import set_up_logging
from realtime.settings import Settings, process_environment, settings_from
from realtime.store.migrate import migrate
from realtime.store.pool import Role, open_pool
from realtime.up import STAGES, Supervisor, stages_up

_HEALTHY_WITHIN_S = 60.0
_SYNCED_WITHIN_S = 60.0
_FIRST_REFRESHES = "select count(*) from jobs where trigger = 'connect' and state in ('queued', 'running')"
_LINK_LIFETIME_S = 24 * 3600
_DATABASE = "navstream_demo"


@dataclass(frozen=True)
class RunningDemo:
    """A demo that is up."""

    settings: Settings
    supervisor: Supervisor
    user_id: UserId
    link: str


async def run_demo(options: Options) -> int:
    """Run a demo until it ends or is asked to; return the exit status.

    Raises:
        Misconfigured: It cannot run here; says why.
    """
    stopping = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    progress = Progress()
    check_ports(options)
    work = asyncio.ensure_future(_until_done(options, progress, stopping))
    asked = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not work.done():
        progress.say("stopping")
        work.cancel()
    try:
        status = await work
    except asyncio.CancelledError:
        status = 0 if options.exit_after_s is None else 130
    except ExceptionGroup as group:
        raise _first(group) from None
    progress.say("stopped; nothing is left running", done=True)
    return status


async def _until_done(options: Options, progress: Progress, stopping: asyncio.Event) -> int:
    async with demo_up(options, progress) as running:
        print(f"\n  navstream is up: {running.link}\n", flush=True)
        if options.exit_after_s is not None:
            return await Acceptance(running.settings, running.supervisor, running.user_id).judge(options.exit_after_s)
        print("  Ctrl-C stops it.  More: navstream --help\n", flush=True)
        if options.open_browser and sys.stdout.isatty():
            await asyncio.to_thread(webbrowser.open, running.link)
        await stopping.wait()
    return 0


@asynccontextmanager
async def demo_up(options: Options, progress: Progress) -> AsyncIterator[RunningDemo]:
    """Bring everything up, in order; take it down afterwards, in reverse."""
    env = process_environment() | clock_environment(options)
    async with AsyncExitStack() as stack:
        progress.say("starting Postgres, Valkey and the simulated providers")
        servers, urls = await asyncio.gather(
            stack.enter_async_context(servers_apart(options.folder)),
            stack.enter_async_context(simulators(options, env)),
        )
        servers = await _fresh_database(servers)
        env |= stage_environment(options, servers, urls)
        settings = settings_from(env)
        set_up_logging(settings.log_format, settings.log_level)
        await migrate(settings.database_url, settings.service_database_url)
        progress.say("starting the stages")
        supervisor = await stack.enter_async_context(stages_up(env))
        progress.say("connecting the demo users' accounts")
        user_id = await seed(settings)
        progress.say("waiting for the first values")
        await _healthy(settings, supervisor)
        await _synced(settings)
        write_env_file(options, env)
        async with open_bus(settings.redis_address) as bus:
            code = await issue_sign_in_code(bus, user_id, _LINK_LIFETIME_S, is_operator=True)
        link = f"http://{settings.api_host}:{settings.api_port}/#code={code}"
        progress.say(f"up, as {DEMO_USER.title()}", done=True)
        yield RunningDemo(settings, supervisor, user_id, link)


def write_env_file(options: Options, env: dict[str, str]) -> None:
    """Keep the demo's settings beside its data, so that `navstream status` and others can look at it."""
    ours = ("NAVSTREAM_", "APCA_", "BROKER_", "PLAID_", "SNAPTRADE_")
    path = options.folder / "demo.env"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}='{value}'\n" for name, value in sorted(env.items()) if name.startswith(ours)))


async def _fresh_database(servers: EmbeddedServers) -> EmbeddedServers:
    admin = await asyncpg.connect(servers.database_url)
    await admin.execute(f"drop database if exists {_DATABASE} with (force)")
    await admin.execute(f"create database {_DATABASE}")
    await admin.close()
    return EmbeddedServers(servers.database_url.replace("/postgres?", f"/{_DATABASE}?"), servers.redis_url)


async def _healthy(settings: Settings, supervisor: Supervisor) -> None:
    try:
        async with asyncio.timeout(_HEALTHY_WITHIN_S), open_bus(settings.redis_address) as bus:
            while True:
                beats = await read_heartbeats(bus)
                if {beat.stage for beat in beats if beat.healthy} >= set(STAGES):
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        well = {beat.stage for beat in beats if beat.healthy}
        problems = {beat.stage: beat.problem or "" for beat in beats if not beat.healthy}
        dying = {name for name, child in supervisor.children.items() if child.restarts_count}
        raise Misconfigured(
            tuple(
                f"{stage}: {problems.get(stage) or ('it keeps dying' if stage in dying else 'it does not start')}"
                for stage in STAGES
                if stage not in well
            )
        ) from None


async def _synced(settings: Settings) -> None:
    """Wait until the first refresh of every connection has ended, one way or the other."""
    try:
        async with (
            asyncio.timeout(_SYNCED_WITHIN_S),
            open_pool(settings.database_address, Role.STAGE, connections_max=1) as pool,
        ):
            while await pool.fetchval(_FIRST_REFRESHES):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise Misconfigured(("the first refreshes of the demo's accounts do not end",)) from None


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """Return the error at the bottom of nested groups, the one that a person can act on."""
    for error in group.exceptions:
        return _first(error) if isinstance(error, ExceptionGroup) else error
    return group
