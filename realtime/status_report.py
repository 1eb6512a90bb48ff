"""What `navstream status --json` and `GET /api/status` say: an overview in public words (pure)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from realtime.contract.messages import FeedStatus, Heartbeat
from realtime.domain.alert import Alert, Severity
from realtime.metrics import LATENCY, percentile_s
from realtime.overview import Live, Overview, Stored
from realtime.store.webhooks import WebhookCounts
from realtime.up import STAGES

_Fact = str | int | float | None


class StageReport(BaseModel):
    stage: str
    process: str
    pid: int
    started_at: datetime
    healthy: bool
    problem: str | None
    metrics_port: int | None
    facts: dict[str, _Fact]


class FeedReport(BaseModel):
    """One market stream; ages in seconds."""

    stream: str
    connected: bool
    silent_s: float = Field(description="Wall seconds since it last sent data.")
    price_age_s: float | None = Field(
        description="Market seconds since the newest price it set; null before the first."
    )
    subscribed: int
    symbols_max: int | None = Field(description="As many as the plan allows; null without a limit.")
    polled: int = Field(description="Symbols that it could not carry.")
    refusal: str | None


class CalculatorReport(BaseModel):
    count: int
    lag_ms: float | None = Field(description="Age of the newest price when its values were published.")
    unread_s: float | None = Field(description="How long the oldest unread price batch waits.")
    accounts: int
    positions: int


class BroadcasterReport(BaseModel):
    count: int
    clients: int
    users: int
    channels: int
    messages_per_s: int


class LegReport(BaseModel):
    """Percentiles of the last minute, over all broadcasters; null without observations."""

    leg: str
    observations: int
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None


class SyncReport(BaseModel):
    overdue_users: int
    overdue_accounts: int
    oldest_s: float | None = Field(description="Age of the holdings that have waited longest; null without accounts.")
    reconnect_needed: int
    failing: list[str] = Field(description="Products without a success for an hour.")


class JobsReport(BaseModel):
    queued: int
    running: int
    dead: int = Field(description="Given up, and not succeeded since.")


class WebhookReport(BaseModel):
    """A provider's webhooks of the last 24 hours."""

    provider: str
    received: int
    failed: int = Field(description="Given up.")
    waiting: int = Field(description="Not processed yet.")


class AlertReport(BaseModel):
    name: str
    subject: str
    severity: Severity
    message: str
    fired_at: datetime


class StatusReport(BaseModel):
    """The service at one moment; a part whose server does not answer is null, and said in `problems`."""

    at: datetime
    market_time: datetime
    session: str
    well: bool
    problems: list[str]
    redis: bool
    database: bool
    feed: FeedStatus | None
    feed_message: str | None
    stages: list[StageReport] | None
    feeds: list[FeedReport] | None
    calculators: CalculatorReport | None
    broadcasters: BroadcasterReport | None
    latency: list[LegReport] | None = Field(description="Trade to send, and its three legs, of the last minute.")
    sync: SyncReport | None
    jobs: JobsReport | None
    webhooks: list[WebhookReport] | None
    alerts: list[AlertReport] | None


def status_report(seen: Overview) -> StatusReport:
    """Return an overview in public words."""
    problems, live, stored = list(_problems(seen)), seen.live, seen.stored
    feed = None if live is None else live.feed
    return StatusReport(
        at=seen.at,
        market_time=seen.market.time,
        session=seen.market.session.value,
        well=not problems,
        problems=problems,
        redis=live is not None,
        database=stored is not None,
        feed=None if feed is None else feed.status,
        feed_message=None if feed is None else feed.message,
        stages=None if live is None else [_stage(beat) for beat in live.heartbeats],
        feeds=None if live is None else list(_feeds(seen, live)),
        calculators=None if live is None else _calculators(live),
        broadcasters=None if live is None else _broadcasters(live),
        latency=None if live is None else [_leg(leg, live.heartbeats) for leg in LATENCY],
        sync=None if stored is None else _sync(seen, stored),
        jobs=None if stored is None else _jobs(stored),
        webhooks=None if stored is None else [_webhooks(counts) for counts in stored.webhooks],
        alerts=None if stored is None else [_alert(alert) for alert in stored.alerts],
    )


def _problems(seen: Overview) -> Iterator[str]:
    """Yield what keeps the service from its work now; what is only worth knowing stands in the alerts."""
    if seen.live is None:
        yield "Redis does not answer"
    else:
        alive = {beat.stage for beat in seen.live.heartbeats}
        yield from (f"{stage} is not running" for stage in STAGES if stage not in alive)
        yield from (f"{beat.stage}: {beat.problem}" for beat in seen.live.heartbeats if not beat.healthy)
        feed = seen.live.feed
        if feed is not None and feed.status in (FeedStatus.SILENT, FeedStatus.DISCONNECTED):
            yield f"market data is {feed.status.value}: {feed.message or 'no reason given'}"
    if seen.stored is None:
        yield "Postgres does not answer"
    else:
        yield from (alert.message for alert in seen.stored.alerts if alert.severity is not Severity.INFO)


def _stage(beat: Heartbeat) -> StageReport:
    return StageReport(
        stage=beat.stage,
        process=beat.process,
        pid=beat.pid,
        started_at=beat.started_at,
        healthy=beat.healthy,
        problem=beat.problem,
        metrics_port=beat.metrics_port,
        facts=beat.facts,
    )


def _feeds(seen: Overview, live: Live) -> Iterator[FeedReport]:
    for each in () if live.feed is None else live.feed.streams:
        age = None if each.price_time is None else (seen.market.time - each.price_time) / timedelta(seconds=1)
        yield FeedReport(
            stream=each.stream.value,
            connected=each.connected,
            silent_s=each.silent_s,
            price_age_s=None if age is None else round(age, 1),
            subscribed=each.subscribed_count,
            symbols_max=each.symbols_max,
            polled=each.polled_count,
            refusal=each.refusal,
        )


def _calculators(live: Live) -> CalculatorReport:
    beats = [beat for beat in live.heartbeats if beat.stage == "calculator"]
    return CalculatorReport(
        count=len(beats),
        lag_ms=max(_numbers(beats, "behind_ms"), default=None),
        unread_s=None if live.unread_s is None else round(live.unread_s, 1),
        accounts=int(sum(_numbers(beats, "accounts"))),
        positions=int(sum(_numbers(beats, "positions"))),
    )


def _broadcasters(live: Live) -> BroadcasterReport:
    beats = [beat for beat in live.heartbeats if beat.stage == "broadcaster"]
    return BroadcasterReport(
        count=len(beats),
        **{name: int(sum(_numbers(beats, name))) for name in ("clients", "users", "channels", "messages_per_s")},
    )


def _leg(leg: str, beats: Iterable[Heartbeat]) -> LegReport:
    told = [beat.latency_counts[leg] for beat in beats if leg in beat.latency_counts]
    counts = [sum(bucket) for bucket in zip(*told, strict=True)]
    p50, p90, p99 = (_milliseconds(percentile_s(counts, share)) for share in (0.5, 0.9, 0.99))
    return LegReport(leg=leg, observations=sum(counts), p50_ms=p50, p90_ms=p90, p99_ms=p99)


def _sync(seen: Overview, stored: Stored) -> SyncReport:
    work = stored.work
    oldest = None if work.oldest_sync_at is None else (seen.at - work.oldest_sync_at) / timedelta(seconds=1)
    return SyncReport(
        overdue_users=work.overdue.users_count,
        overdue_accounts=work.overdue.accounts_count,
        oldest_s=None if oldest is None else round(oldest, 1),
        reconnect_needed=work.reconnect_needed,
        failing=[product for product, _ in work.failing],
    )


def _jobs(stored: Stored) -> JobsReport:
    work = stored.work
    return JobsReport(queued=work.jobs_queued, running=work.jobs_running, dead=work.jobs_dead)


def _webhooks(counts: WebhookCounts) -> WebhookReport:
    return WebhookReport(
        provider=counts.provider, received=counts.received, failed=counts.failed, waiting=counts.waiting
    )


def _alert(alert: Alert) -> AlertReport:
    return AlertReport(
        name=alert.name,
        subject=alert.subject,
        severity=alert.severity,
        message=alert.message,
        fired_at=alert.fired_at,
    )


def _numbers(beats: Iterable[Heartbeat], name: str) -> Iterator[float]:
    facts = (beat.facts.get(name) for beat in beats)
    return (fact for fact in facts if isinstance(fact, int | float))


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)
