"""`navstream status`: the whole service in a terminal, or as JSON."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from realtime.bus.client import open_bus
from realtime.clock import WallClock
from realtime.overview import Lookout
from realtime.settings import Settings
from realtime.status_report import FeedReport, StageReport, StatusReport, status_report
from realtime.store.pool import Role, open_pool

_EVERY_S = 1.0
_UNREAD_TOLD_S = 2.0
"""A heartbeat says up to a second late how far its calculator has read."""
_TERMS = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


async def show_status(settings: Settings, *, once: bool, as_json: bool) -> int:
    """Draw the status, once or until Ctrl-C, or print it as JSON; return the exit status, 0 when all is well."""
    async with _lookout(settings) as lookout:
        if once or as_json:
            report = status_report(await lookout.look())
            if as_json:
                print(report.model_dump_json(indent=2))  # noqa: T201  # it is the command's output
            else:
                Console().print(draw(report))
            return 0 if report.well else 1
        with Live(console=Console(), auto_refresh=False, screen=True) as live:
            while True:
                live.update(draw(status_report(await lookout.look())), refresh=True)
                await asyncio.sleep(_EVERY_S)


@asynccontextmanager
async def _lookout(settings: Settings) -> AsyncIterator[Lookout]:
    async with (
        open_bus(settings.redis_address) as bus,
        open_pool(settings.database_address, Role.STAGE, connections_max=2, connections_min=0) as pool,
    ):
        yield Lookout(bus, pool, settings.market_clock(), WallClock(), settings.sync_overdue_after_s)


def draw(report: StatusReport) -> RenderableType:
    """Return the status as tables and lines."""
    parts: list[RenderableType] = [*_verdict(report), _stages(report.stages or []), _feeds(report)]
    return Group(*parts, *_lines(report), *_alerts(report))


def _verdict(report: StatusReport) -> list[Text]:
    if report.well:
        return [Text("All well.", style="bold green")]
    return [Text(f"✗ {problem}", style="bold red") for problem in report.problems]


def _stages(stages: list[StageReport]) -> Table:
    table = Table(
        "stage", "pid", "since (UTC)", "state", "metrics", "facts", title="Stages", title_justify="left", expand=True
    )
    for stage in stages:
        facts = ", ".join(f"{name} {value}" for name, value in stage.facts.items() if value is not None)
        state = Text("healthy", style="green") if stage.healthy else Text(stage.problem or "unwell", style="red")
        port = "" if stage.metrics_port is None else f":{stage.metrics_port}"
        table.add_row(stage.stage, str(stage.pid), f"{stage.started_at:%H:%M:%S}", state, port, facts)
    return table


def _feeds(report: StatusReport) -> RenderableType:
    if report.feed is None:
        return Text("Market data: no collector has said anything yet", style="yellow")
    told = f" ({report.feed_message})" if report.feed_message else ""
    title = (
        f"Market data: {report.feed.value}{told}; {report.session} session, {report.market_time:%Y-%m-%d %H:%M:%S} UTC"
    )
    table = Table(
        "stream", "state", "data age", "price age", "symbols", "of", "polled", title=title, title_justify="left"
    )
    for feed in report.feeds or []:
        table.add_row(*_feed(feed))
    return table


def _feed(feed: FeedReport) -> tuple[str | Text, ...]:
    state = Text("connected", style="green") if feed.connected else Text(feed.refusal or "not connected", style="red")
    return (
        feed.stream,
        state,
        _seconds(feed.silent_s),
        _seconds(feed.price_age_s),
        str(feed.subscribed),
        "no limit" if feed.symbols_max is None else str(feed.symbols_max),
        str(feed.polled),
    )


def _lines(report: StatusReport) -> list[Text]:
    lines: list[str] = []
    if (some := report.calculators) is not None:
        unread = f" (prices wait unread for {_seconds(some.unread_s)})" if (some.unread_s or 0) > _UNREAD_TOLD_S else ""
        book = f"{some.accounts:,} accounts, {some.positions:,} positions"
        lines.append(f"Calculators: {some.count}, lag {_milliseconds(some.lag_ms)}{unread}, {book}")
    if (cast := report.broadcasters) is not None:
        whom = f"{cast.clients:,} clients of {cast.users:,} users, {cast.channels:,} channels"
        lines.append(f"Broadcasters: {cast.count}, {whom}, {cast.messages_per_s:,} messages a second")
    for leg in report.latency or []:
        shares = {"p50": leg.p50_ms, "p90": leg.p90_ms, "p99": leg.p99_ms}
        told = ", ".join(f"{share} {_milliseconds(latency)}" for share, latency in shares.items())
        name = leg.leg.replace("_", " ").capitalize()
        lines.append(f"{name}, last minute: {told} ({leg.observations:,} observations)")
    if (sync := report.sync) is not None:
        overdue = f"{sync.overdue_users:,} users overdue ({sync.overdue_accounts:,} accounts)"
        failing = f", failing: {' '.join(sync.failing)}" if sync.failing else ""
        broken = f"{sync.reconnect_needed:,} connections to repair"
        lines.append(f"Sync: oldest holdings {_seconds(sync.oldest_s)} old, {overdue}, {broken}{failing}")
    if (jobs := report.jobs) is not None:
        lines.append(f"Jobs: {jobs.queued:,} queued, {jobs.running:,} running, {jobs.dead:,} dead")
    for hooks in report.webhooks or []:
        told = f"{hooks.received:,} in 24 h, {hooks.failed:,} failed, {hooks.waiting:,} waiting"
        lines.append(f"Webhooks of {hooks.provider}: {told}")
    return [Text(line) for line in lines]


def _alerts(report: StatusReport) -> list[Text]:
    if report.alerts is None:
        return []
    if not report.alerts:
        return [Text("Alerts: none")]
    return [
        Text(f"{alert.fired_at:%m-%d %H:%M:%S} {alert.severity.value} {alert.name}: {alert.message}",
             style=_TERMS[alert.severity.value])
        for alert in report.alerts
    ]  # fmt: skip


def _seconds(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds:,.1f} s"


def _milliseconds(milliseconds: float | None) -> str:
    return "unknown" if milliseconds is None else f"{milliseconds:,.1f} ms"
