"""Sessions and trading days: weekends, holidays, half days, before the open."""

from datetime import UTC, date, datetime

import pytest

from realtime.market_hours import NEW_YORK, MarketSession, new_york_hours

HOURS = new_york_hours(2012, 2026)


def ny(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "session"),
    [
        ("2013-10-08T03:59:59", MarketSession.CLOSED),
        ("2013-10-08T04:00:00", MarketSession.PRE),
        ("2013-10-08T09:30:00", MarketSession.REGULAR),
        ("2013-10-08T15:59:59", MarketSession.REGULAR),
        ("2013-10-08T16:00:00", MarketSession.POST),
        ("2013-10-08T20:00:00", MarketSession.CLOSED),
        ("2025-11-28T12:59:59", MarketSession.REGULAR),
        ("2025-11-28T13:00:00", MarketSession.POST),
        ("2025-11-28T17:00:00", MarketSession.CLOSED),
        ("2025-11-27T12:00:00", MarketSession.CLOSED),
        ("2026-11-21T12:00:00", MarketSession.CLOSED),
    ],
    ids=str,
)
def test_session(at: str, session: MarketSession) -> None:
    """Ensure each instant lies in the right session, on full days, half days, holidays and weekends."""
    assert HOURS.session(ny(at)) is session


@pytest.mark.parametrize(
    ("at", "day", "previous"),
    [
        ("2026-11-20T08:00:00", date(2026, 11, 20), date(2026, 11, 19)),
        ("2026-11-21T12:00:00", date(2026, 11, 20), date(2026, 11, 19)),
        ("2026-11-22T23:59:59", date(2026, 11, 20), date(2026, 11, 19)),
        ("2026-11-23T00:00:00", date(2026, 11, 23), date(2026, 11, 20)),
        ("2025-11-27T12:00:00", date(2025, 11, 26), date(2025, 11, 25)),
        ("2025-11-28T10:00:00", date(2025, 11, 28), date(2025, 11, 26)),
        ("2025-12-01T10:00:00", date(2025, 12, 1), date(2025, 11, 28)),
    ],
)
def test_trading_day_and_the_one_before(at: str, day: date, previous: date) -> None:
    """Ensure day change is against the right close on Mondays, weekends and around Thanksgiving."""
    assert HOURS.trading_day(ny(at)).date == day
    assert HOURS.previous_trading_day(day).date == previous


def test_half_day_is_said_to_be_one() -> None:
    """Ensure the day after Thanksgiving closes early."""
    assert HOURS.trading_day(ny("2025-11-28T10:00:00")).is_half_day
    assert not HOURS.trading_day(ny("2025-11-26T10:00:00")).is_half_day


def test_next_open_and_change_over_a_weekend() -> None:
    """Ensure Friday evening waits for Monday."""
    friday = ny("2026-11-20T21:00:00")
    assert HOURS.next_open(friday) == ny("2026-11-23T09:30:00")
    assert HOURS.next_close(friday) == ny("2026-11-23T16:00:00")
    assert HOURS.next_change(friday) == (MarketSession.PRE, ny("2026-11-23T04:00:00"))
    assert HOURS.next_change(ny("2026-11-20T19:00:00")) == (MarketSession.CLOSED, ny("2026-11-20T20:00:00"))


def test_daylight_saving_moves_the_open_in_utc() -> None:
    """Ensure the session follows New York, not UTC."""
    assert HOURS.trading_day(ny("2026-10-30T12:00:00")).open.hour == 13
    assert HOURS.trading_day(ny("2026-11-02T12:00:00")).open.hour == 14


def test_outside_the_calendar_is_an_error() -> None:
    """Ensure a date that the calendar does not cover is never guessed."""
    with pytest.raises(LookupError):
        HOURS.trading_day(ny("2011-06-01T12:00:00"))
