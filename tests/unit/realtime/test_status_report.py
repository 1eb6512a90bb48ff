"""What the operator is told of the service at one moment."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from rich.console import Console

from realtime.contract.messages import Heartbeat
from realtime.domain.alert import Alert, Severity
from realtime.metrics import LatencyHistogram
from realtime.status import draw
from realtime.status_report import status_report
from realtime.store.keys import new_key
from realtime.store.work import Overdue
from realtime.up import STAGES
from tests.unit.monitor.builders import NOW, WELL, beat, overview, stream


def latencies(*milliseconds: float) -> tuple[int, ...]:
    histogram = LatencyHistogram("test_seconds", "Of a test.", CollectorRegistry())
    for each in milliseconds:
        histogram.observe(each / 1000)
    return tuple(histogram.counts)


def with_facts(stage: str, process: str, counts: tuple[int, ...] = (), **facts: float) -> Heartbeat:
    changed = msgspec.structs.replace(
        beat(stage), process=process, latency_counts={"trade_to_send": counts} if counts else {}
    )
    return msgspec.structs.replace(changed, facts={**facts})


def test_a_service_that_works_is_well() -> None:
    """Ensure no problem is named when there is none."""
    report = status_report(overview(stream()))
    assert report.well
    assert report.problems == []
    assert report.sync is not None
    assert report.sync.oldest_s == 0.0


def test_percentiles_are_those_of_all_broadcasters_together() -> None:
    """Ensure two broadcasters' latencies are merged, not averaged."""
    beats = tuple(beat(stage) for stage in STAGES if stage != "broadcaster")
    one = with_facts("broadcaster", "b:1", latencies(*[2.5] * 98), clients=3)
    two = with_facts("broadcaster", "b:2", latencies(500.0, 500.0), clients=4)
    report = status_report(overview(stream(), beats=(*beats, one, two)))
    assert report.broadcasters is not None
    assert report.broadcasters.clients == 7
    assert report.latency is not None
    whole, *legs = report.latency
    assert whole.leg == "trade_to_send"
    assert whole.observations == 100
    assert whole.p50_ms == pytest.approx(2.5, rel=0.3)
    assert whole.p99_ms == pytest.approx(450, rel=0.2)
    assert [leg.observations for leg in legs] == [0, 0, 0]


def test_no_latency_is_unknown_and_not_zero() -> None:
    """Ensure a service nobody watches has no percentiles."""
    report = status_report(overview(stream()))
    assert report.latency is not None
    assert [leg.p50_ms for leg in report.latency] == [None] * 4


def test_servers_that_do_not_answer_are_said_and_their_parts_null() -> None:
    """Ensure nothing is shown as zero because it could not be asked."""
    report = status_report(replace(overview(stream()), live=None, stored=None))
    assert report.problems == ["Redis does not answer", "Postgres does not answer"]
    unknown: list[object] = [report.stages, report.feeds, report.latency, report.jobs, report.alerts]
    assert unknown == [None] * 5


def test_alerts_are_shown_and_those_for_information_are_no_problem() -> None:
    """Ensure a user's broken connection does not make the service unwell, and overdue syncs do."""
    seen = overview(stream())
    assert seen.stored is not None
    info = Alert(new_key(), "reconnect_needed", "", Severity.INFO, "2 connections.", NOW)
    report = status_report(replace(seen, stored=replace(seen.stored, alerts=(info,))))
    assert report.well
    assert report.alerts is not None
    assert [alert.name for alert in report.alerts] == ["reconnect_needed"]
    warning = replace(info, name="sync_overdue", severity=Severity.WARNING, message="3 users.")
    report = status_report(replace(seen, stored=replace(seen.stored, alerts=(info, warning))))
    assert report.problems == ["3 users."]


def test_a_terminal_shows_all_of_it() -> None:
    """Ensure feed age by class, the plan's limit, lag, clients, latency, freshness, jobs and alerts are drawn."""
    work = replace(WELL, overdue=Overdue(3, 5, NOW), oldest_sync_at=NOW - timedelta(hours=7), jobs_dead=4)
    seen = overview(
        stream(symbols_max=30, polled_count=370, price_time=NOW - timedelta(seconds=2)),
        beats=(
            *(beat(stage) for stage in STAGES if stage not in {"calculator", "broadcaster"}),
            with_facts("calculator", "c:1", behind_ms=12.5, accounts=18, positions=115),
            with_facts("broadcaster", "b:1", latencies(5.0), clients=41),
        ),
        work=work,
    )
    console = Console(width=160, file=StringIO())
    with console.capture() as capture:
        console.print(draw(status_report(seen)))
    shown = capture.get()
    for part in (
        "stock", "2.0 s", "30", "370", "lag 12.5 ms", "41 clients", "p99", "3 users overdue", "25,200.0 s old",
        "4 dead", "Alerts: none",
    ):  # fmt: skip
        assert part in shown, part
