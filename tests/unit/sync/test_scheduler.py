"""What is due when, over the changes of New York's clocks."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.market_hours import NEW_YORK
from realtime.store.connections import LastRuns
from realtime.store.jobs import JobKind
from sync.scheduler import due, last_daily, next_daily

TWO = time(2)
SIX_HOURS = timedelta(hours=6)
DAILY = (JobKind.HOLDINGS, JobKind.TRANSACTIONS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(holdings_at: datetime | None, balances_at: datetime | None = None) -> LastRuns:
    return LastRuns(ConnectionId("c"), UserId("u"), ProviderName.PLAID, holdings_at, balances_at or holdings_at)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-11-20 06:59", "2026-11-19 07:00"),  # 01:59 in New York, EST
        ("2026-11-20 07:00", "2026-11-20 07:00"),
        ("2026-07-01 06:00", "2026-07-01 06:00"),  # EDT
        ("2026-03-08 06:59", "2026-03-07 07:00"),  # clocks go from 02:00 to 03:00 at 07:00 UTC
        ("2026-03-08 07:00", "2026-03-08 07:00"),
        ("2026-03-09 05:59", "2026-03-08 07:00"),
        ("2026-03-09 06:00", "2026-03-09 06:00"),
        ("2026-11-01 06:30", "2026-10-31 06:00"),  # the second 01:30; 02:00 comes once, at 07:00 UTC
        ("2026-11-01 07:00", "2026-11-01 07:00"),
    ],
)
def test_daily_moment_follows_new_york(now: str, last: str) -> None:
    """Ensure that 02:00 is New York's in winter, in summer, and on both days between."""
    assert last_daily(utc(now), TWO) == utc(last)


@given(st.integers(0, 2 * 365 * 24 * 60), st.times())
def test_daily_moment_comes_once_a_day(minutes: int, at: time) -> None:
    """Ensure that any moment lies between two daily ones, which are 23 to 25 hours apart, on each day one."""
    moment = utc("2026-01-01") + timedelta(minutes=minutes)
    before, after = last_daily(moment, at.replace(second=0)), next_daily(moment, at.replace(second=0))
    assert before <= moment < after
    assert timedelta(hours=23) <= after - before <= timedelta(hours=25)
    days = [at.astimezone(NEW_YORK).date() for at in (before, after)]
    assert days[1] - days[0] == timedelta(days=1)


def test_new_connection_is_due() -> None:
    """Ensure that a connection without a run is refreshed."""
    assert due(runs(None), utc("2026-11-20 15:00"), TWO, SIX_HOURS) == DAILY


def test_holdings_are_due_once_a_day() -> None:
    """Ensure that a run after 02:00 serves until the next 02:00, even one that failed."""
    now = utc("2026-11-20 07:00")
    assert due(runs(utc("2026-11-20 06:59")), now, TWO, SIX_HOURS) == DAILY
    assert due(runs(utc("2026-11-20 07:00")), now, TWO, SIX_HOURS) == ()


def test_balances_are_due_every_six_hours() -> None:
    """Ensure that a holdings run counts for balances too, so that a provider is read four times a day."""
    last = runs(utc("2026-11-20 07:00"))
    assert due(last, utc("2026-11-20 12:59"), TWO, SIX_HOURS) == ()
    assert due(last, utc("2026-11-20 13:00"), TWO, SIX_HOURS) == (JobKind.BALANCES,)
    later = runs(utc("2026-11-20 07:00"), utc("2026-11-20 13:00"))
    assert due(later, utc("2026-11-20 18:59"), TWO, SIX_HOURS) == ()
    assert due(later, utc("2026-11-20 19:00"), TWO, SIX_HOURS) == (JobKind.BALANCES,)
