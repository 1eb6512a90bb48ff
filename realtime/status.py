"""`navstream status`: all stages, the market streams and the work, in a terminal."""

import asyncio
from dataclasses import dataclass

import asyncpg
from redis.exceptions import RedisError
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from realtime.bus.client import open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.bus.prices import read_feed_state
from realtime.contract.messages import FeedState, FeedStatus, Heartbeat
from realtime.settings import Settings
from realtime.store.pool import open_pool
from realtime.up import STAGES

_EVERY_S = 1.0
_COUNTS = """
select
    (select count(*) from users) as users,
    (select count(*) from accounts where is_active) as accounts,
    (select count(*) from holdings) as holdings,
    (select count(*) from jobs where state = 'queued') as jobs_queued,
    (select count(*) from jobs where state = 'running') as jobs_running,
    (select count(*) from jobs where state = 'dead') as jobs_dead,
    (select count(*) from connections where status = 'reconnect_needed') as reconnect_needed
"""


@dataclass(frozen=True)
class Status:
    """The service at one moment; a part that could not be asked is None and named in `problems`."""

    heartbeats: tuple[Heartbeat, ...] | None
    feed: FeedState | None
    counts: dict[str, int] | None
    problems: tuple[str, ...]

    @property
    def well(self) -> bool:
        return not self.problems


async def show_status(settings: Settings, *, once: bool) -> int:
    """Draw the status, once or until Ctrl-C; return the exit status, 0 when all is well."""
    console = Console()
    if once:
        status = await read_status(settings)
        console.print(draw(status))
        return 0 if status.well else 1
    with Live(console=console, auto_refresh=False, screen=True) as live:
        while True:
            live.update(draw(await read_status(settings)), refresh=True)
            await asyncio.sleep(_EVERY_S)


async def read_status(settings: Settings) -> Status:
    """Ask Redis and Postgres how the service is."""
    problems: list[str] = []
    heartbeats: tuple[Heartbeat, ...] | None = None
    feed: FeedState | None = None
    counts: dict[str, int] | None = None
    try:
        async with open_bus(settings.redis_address) as bus:
            heartbeats = tuple(await read_heartbeats(bus))
            feed = await read_feed_state(bus)
    except RedisError:
        problems.append("Redis does not answer")
    try:
        async with open_pool(settings.database_url, connections_max=1) as pool:
            counts = dict(await pool.fetchrow(_COUNTS) or {})
    except (OSError, asyncpg.PostgresError):
        problems.append("Postgres does not answer")
    if heartbeats is not None:
        problems += _stage_problems(heartbeats)
    if feed is not None and feed.status in (FeedStatus.SILENT, FeedStatus.DISCONNECTED):
        problems.append(f"market data is {feed.status.value}: {feed.message or 'no reason given'}")
    return Status(heartbeats, feed, counts, tuple(problems))


def draw(status: Status) -> RenderableType:
    """Return the status as tables."""
    return Group(*_verdict(status), _stages(status.heartbeats or ()), _feed(status.feed), _counts(status.counts))


def _stage_problems(heartbeats: tuple[Heartbeat, ...]) -> list[str]:
    alive = {beat.stage for beat in heartbeats}
    missing = [f"{stage} is not running" for stage in STAGES if stage not in alive]
    return missing + [f"{beat.stage}: {beat.problem}" for beat in heartbeats if not beat.healthy]


def _verdict(status: Status) -> list[Text]:
    if status.well:
        return [Text("All well.", style="bold green")]
    return [Text(f"✗ {problem}", style="bold red") for problem in status.problems]


def _stages(heartbeats: tuple[Heartbeat, ...]) -> Table:
    table = Table("stage", "pid", "since (UTC)", "state", "facts", title="Stages", title_justify="left", expand=True)
    for beat in heartbeats:
        facts = ", ".join(f"{name} {value}" for name, value in beat.facts.items() if value is not None)
        state = Text("healthy", style="green") if beat.healthy else Text(beat.problem or "unwell", style="red")
        table.add_row(beat.stage, str(beat.pid), f"{beat.started_at:%H:%M:%S}", state, facts)
    return table


def _feed(feed: FeedState | None) -> Text:
    if feed is None:
        return Text("Market data: no collector has said anything yet", style="yellow")
    last = "none yet" if feed.last_trade_time is None else f"{feed.last_trade_time:%Y-%m-%d %H:%M:%S} UTC"
    told = f" ({feed.message})" if feed.message else ""
    return Text(f"Market data: {feed.status.value}{told}, {feed.subscribed_count} symbols, last trade {last}")


def _counts(counts: dict[str, int] | None) -> Text:
    return Text("" if counts is None else ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in counts.items()))
