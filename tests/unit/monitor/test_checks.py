"""What is wrong, and what only looks wrong because a market is closed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.checks import CHECKS, Check, Limits, findings_of
from realtime.domain.asset_class import MarketStream
from realtime.overview import Overview
from realtime.store.work import Overdue
from realtime.up import STAGES
from tests.unit.monitor.builders import NOW, WELL, beat, overview, stream

LIMITS = Limits(STAGES)
BY_NAME: dict[str, Check] = {check.name: check for check in CHECKS}
MINUTE = timedelta(minutes=1)

# New York is 5 hours behind UTC in these weeks.
CLOSED = {
    "Sunday": datetime(2026, 11, 22, 18, 0, tzinfo=UTC),
    "Saturday night": datetime(2026, 11, 21, 8, 0, tzinfo=UTC),
    "a half day's 13:01": datetime(2026, 11, 27, 18, 1, tzinfo=UTC),
    "Thanksgiving": datetime(2026, 11, 26, 17, 0, tzinfo=UTC),
    "overnight": datetime(2026, 11, 24, 7, 0, tzinfo=UTC),
    "before the open": datetime(2026, 11, 20, 14, 29, tzinfo=UTC),
    "after the close": datetime(2026, 11, 20, 21, 0, 1, tzinfo=UTC),
}


def found(seen: Overview, limits: Limits = LIMITS) -> set[tuple[str, str]]:
    """Return name and subject of all that is wrong."""
    return {(check.name, each.subject) for check in CHECKS for each in findings_of(check, seen, limits) or ()}


def says(seen: Overview, name: str) -> str:
    findings = findings_of(BY_NAME[name], seen, LIMITS)
    assert findings
    return findings[0].message


def test_nothing_is_wrong_with_a_service_that_works() -> None:
    """Ensure an hour after the open silence reigns when all is well."""
    assert found(overview(stream(), stream(MarketStream.CRYPTO), stream(MarketStream.OPTION))) == set()


@pytest.mark.parametrize("at", CLOSED.values(), ids=CLOSED.keys())
def test_nothing_fires_while_the_market_is_closed(at: datetime) -> None:
    """Ensure neither silence, nor age, nor a cut, nor the state of the syncs wakes anybody out of hours."""
    quiet = at - timedelta(hours=20)
    work = replace(
        WELL,
        overdue=Overdue(3, 5, at - timedelta(hours=9)),
        reconnect_needed=2,
        jobs_dead=1,
        failing=(("holdings", at - timedelta(hours=2)),),
    )
    seen = overview(
        stream(silent_s=72_000.0, price_time=quiet),
        stream(MarketStream.OPTION, connected=False, silent_s=72_000.0, price_time=quiet),
        stream(MarketStream.CRYPTO, silent_s=3.0, price_time=at),
        at=at,
        work=work,
    )
    assert found(seen) == set()


def test_a_silent_stream_is_told_apart_from_one_that_was_closed_before_the_open() -> None:
    """Ensure the night's silence does not count: the alert comes a minute after the open, not at it."""
    opened = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    night = stream(silent_s=60_000.0, price_time=opened - timedelta(hours=17))
    assert found(overview(night, at=opened)) == set()
    assert found(overview(night, at=opened + timedelta(seconds=59))) == set()
    assert found(overview(night, at=opened + timedelta(seconds=61))) == {("feed_silent", "stock")}


def test_silence_is_an_alert_the_sooner_the_more_symbols_are_carried() -> None:
    """Ensure a portfolio of two thin funds raises no alarm each minute."""
    assert found(overview(stream(silent_s=61.0, subscribed_count=100))) == {("feed_silent", "stock")}
    assert found(overview(stream(silent_s=600.0, subscribed_count=2))) == set()
    assert found(overview(stream(silent_s=901.0, subscribed_count=2))) == {("feed_silent", "stock")}
    assert found(overview(stream(silent_s=9_000.0, subscribed_count=0))) == set()


def test_crypto_is_watched_around_the_clock_with_more_patience() -> None:
    """Ensure coins, which trade on Sundays too, have an alert then, after their class's limit."""
    sunday = CLOSED["Sunday"]
    seen = overview(stream(MarketStream.CRYPTO, silent_s=800.0, price_time=sunday), at=sunday)
    assert found(seen) == set()
    seen = overview(stream(MarketStream.CRYPTO, silent_s=901.0, price_time=sunday), at=sunday)
    assert found(seen) == {("feed_silent", "crypto")}


def test_old_prices_from_a_talkative_stream_are_stale() -> None:
    """Ensure a stream that sends yesterday's trades is found out, and is not called silent."""
    seen = overview(stream(price_time=NOW - 16 * MINUTE))
    assert found(seen) == {("feed_stale", "stock")}
    assert "15:14:00 UTC, 960 s ago" in says(seen, "feed_stale")


def test_a_delayed_feed_is_as_old_as_it_should_be() -> None:
    """Ensure a plan with a quarter of an hour's delay is not stale all day."""
    seen = overview(stream(price_time=NOW - 16 * MINUTE))
    assert found(seen, replace(LIMITS, delayed_s=900.0)) == set()
    late = overview(stream(price_time=NOW - 31 * MINUTE))
    assert found(late, replace(LIMITS, delayed_s=900.0)) == {("feed_stale", "stock")}


def test_a_cut_stream_is_said_with_its_reason() -> None:
    """Ensure the operator reads what the provider said."""
    seen = overview(stream(connected=False, silent_s=500.0, refusal="connection limit exceeded"))
    assert found(seen) == {("feed_disconnected", "stock")}
    assert "connection limit exceeded" in says(seen, "feed_disconnected")


def test_a_missing_stage_and_a_missing_collector() -> None:
    """Ensure each missing stage has its own alert, and a collector that stands by is none that collects."""
    alive = overview(stream())
    assert alive.live is not None
    seen = replace(
        alive,
        live=replace(alive.live, heartbeats=tuple(beat(stage) for stage in STAGES if stage != "sync"), feed=None),
    )
    assert found(seen) == {("stage_down", "sync"), ("collector_down", "")}


def test_a_stage_that_is_up_but_cannot_work() -> None:
    """Ensure it is told with its own words."""
    seen = overview(stream(), beats=(*(beat(stage) for stage in STAGES), beat("api", "it has a cold")))
    assert found(seen) == {("stage_unwell", "api")}
    assert "it has a cold" in says(seen, "stage_unwell")


def test_a_dead_server_is_one_alert() -> None:
    """Ensure nobody hears of five stages when it is Redis, and what cannot be known stays as it is."""
    seen = replace(overview(stream()), live=None)
    assert found(seen) == {("redis_down", "")}
    unknown = {check.name for check in CHECKS if findings_of(check, seen, LIMITS) is None}
    assert unknown == {
        "collector_down", "stage_down", "stage_unwell", "feed_disconnected", "feed_silent", "feed_stale",
        "calculator_behind",
    }  # fmt: skip
    sick = (*(beat(stage) for stage in STAGES), beat("api", "the database does not answer"))
    seen = replace(overview(stream(), beats=sick), stored=None)
    assert found(seen) == {("database_down", "")}


def test_a_calculator_that_does_not_read_is_behind() -> None:
    """Ensure waiting prices are an alert, and the second's delay of a heartbeat is none."""
    assert found(overview(stream(), unread_s=2.0)) == set()
    assert found(overview(stream(), unread_s=5.1)) == {("calculator_behind", "")}
    assert found(overview(stream(), unread_s=None)) == set()


def test_work_that_waits_or_fails() -> None:
    """Ensure each of the four has its alert in market hours."""
    work = replace(
        WELL,
        overdue=Overdue(3, 5, NOW - timedelta(hours=9)),
        reconnect_needed=2,
        jobs_dead=1,
        failing=(("holdings", NOW - timedelta(hours=2)),),
    )
    seen = overview(stream(), work=work)
    assert found(seen) == {
        ("sync_overdue", ""), ("reconnect_needed", ""), ("jobs_dead", ""), ("sync_failing", "holdings")
    }  # fmt: skip
    assert "3 users" in says(seen, "sync_overdue")
    assert ("reconnect_needed", "") not in found(seen, replace(LIMITS, reconnect_needed_min=3))
