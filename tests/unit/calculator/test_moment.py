"""What the calendar says of an instant: which close counts, and from when on a price is not stale."""

from datetime import UTC, date, datetime, timedelta

import pytest

from calculator.moment import Moment, takes_effect
from realtime.domain.asset_class import AssetClass
from realtime.market_hours import NEW_YORK, MarketSession


def ny(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "previous"),
    [
        ("2026-11-20T08:00:00", date(2026, 11, 19)),
        ("2026-11-22T12:00:00", date(2026, 11, 19)),
        ("2026-11-23T00:00:00", date(2026, 11, 20)),
        ("2025-11-28T10:00:00", date(2025, 11, 26)),
    ],
)
def test_close_of_the_session_before_the_trading_day_counts(at: str, previous: date) -> None:
    """Ensure the day change's base is right before the open, on weekends and after a holiday."""
    moment = Moment.at(ny(at))
    assert moment.previous_session == previous
    assert moment.is_previous_close(AssetClass.EQUITY, previous)
    assert not moment.is_previous_close(AssetClass.EQUITY, previous - timedelta(days=1))
    assert not moment.is_previous_close(AssetClass.EQUITY, previous + timedelta(days=1))


def test_round_the_clock_a_close_of_the_weekend_counts() -> None:
    """Ensure a coin's close of Saturday is the base on Sunday, and today's is not."""
    sunday = Moment.at(ny("2026-11-22T12:00:00"))
    assert sunday.is_previous_close(AssetClass.CRYPTO, date(2026, 11, 21))
    assert not sunday.is_previous_close(AssetClass.CRYPTO, date(2026, 11, 22))


@pytest.mark.parametrize(
    ("at", "asset_class", "fresh_from"),
    [
        ("2026-11-20T12:00:00", AssetClass.EQUITY, "2026-11-20T11:45:00"),
        ("2026-11-20T12:00:00", AssetClass.OPTION, "2026-11-20T11:00:00"),
        ("2026-11-20T09:44:59", AssetClass.EQUITY, "2026-11-19T04:00:00"),
        ("2026-11-20T09:45:00", AssetClass.EQUITY, "2026-11-20T09:30:00"),
        ("2026-11-20T08:00:00", AssetClass.EQUITY, "2026-11-19T04:00:00"),
        ("2026-11-20T17:00:00", AssetClass.EQUITY, "2026-11-20T04:00:00"),
        ("2026-11-22T12:00:00", AssetClass.EQUITY, "2026-11-20T04:00:00"),
        ("2026-11-22T12:00:00", AssetClass.CRYPTO, "2026-11-22T11:45:00"),
    ],
    ids=str,
)
def test_age_limit(at: str, asset_class: AssetClass, fresh_from: str) -> None:
    """Ensure the limit counts from the open, and that outside sessions the last session's prices hold."""
    assert Moment.at(ny(at)).fresh_from(asset_class) == ny(fresh_from)


def test_official_close_is_made_at_the_bell() -> None:
    """Ensure a close's time is the bell of its day, half days too, and midnight round the clock."""
    moment = Moment.at(ny("2025-12-01T10:00:00"))
    assert moment.close_time(AssetClass.EQUITY, date(2025, 11, 28)) == ny("2025-11-28T13:00:00")
    assert moment.close_time(AssetClass.EQUITY, date(2025, 11, 26)) == ny("2025-11-26T16:00:00")
    assert moment.close_time(AssetClass.CRYPTO, date(2025, 11, 30)) == ny("2025-12-01T00:00:00")


def test_rules_change_with_the_session_and_at_midnight() -> None:
    """Ensure marks are chosen anew exactly when other rules hold."""
    noon = Moment.at(ny("2026-11-20T12:00:00"))
    assert noon.session is MarketSession.REGULAR
    assert noon.same_rules(Moment.at(ny("2026-11-20T15:59:59")))
    assert not noon.same_rules(Moment.at(ny("2026-11-20T16:00:00")))
    evening = Moment.at(ny("2026-11-20T23:00:00"))
    assert not evening.same_rules(Moment.at(ny("2026-11-21T00:00:00")))


@pytest.mark.parametrize(
    ("at", "newest", "overnight_from", "overnight_until"),
    [
        ("2026-11-20T12:00:00", "2026-11-19T16:00:00", "2026-11-19T20:00:00", "2026-11-20T04:00:00"),
        ("2026-11-20T16:00:00", "2026-11-20T16:00:00", "2026-11-20T20:00:00", "2026-11-23T04:00:00"),
        ("2026-11-22T12:00:00", "2026-11-20T16:00:00", "2026-11-20T20:00:00", "2026-11-23T04:00:00"),
        ("2026-11-23T00:00:00", "2026-11-20T16:00:00", "2026-11-20T20:00:00", "2026-11-23T04:00:00"),
        ("2026-11-26T12:00:00", "2026-11-25T16:00:00", "2026-11-25T20:00:00", "2026-11-27T04:00:00"),
        ("2026-11-27T13:01:00", "2026-11-27T13:00:00", "2026-11-27T17:00:00", "2026-11-30T04:00:00"),
    ],
)
def test_newest_bell_and_the_night_after_it(at: str, newest: str, overnight_from: str, overnight_until: str) -> None:
    """Ensure weekends, holidays and half days end at their own bells."""
    moment = Moment.at(ny(at))
    assert moment.newest_close == ny(newest)
    assert (moment.overnight_from, moment.overnight_until) == (ny(overnight_from), ny(overnight_until))


@pytest.mark.parametrize(
    ("at", "rates_from"),
    [
        ("2026-11-20T16:59:00", "2026-11-20T15:59:00"),
        ("2026-11-20T17:00:00", "2026-11-20T16:00:00"),
        ("2026-11-22T12:00:00", "2026-11-20T16:00:00"),
        ("2026-11-22T17:59:59", "2026-11-20T16:00:00"),
        ("2026-11-22T18:00:00", "2026-11-22T17:00:00"),
        ("2026-11-24T03:00:00", "2026-11-24T02:00:00"),
    ],
)
def test_rates_of_friday_hold_over_the_weekend(at: str, rates_from: str) -> None:
    """Ensure a rate is stale after an hour, and none is while nobody makes new ones."""
    assert Moment.at(ny(at)).rates_from == ny(rates_from)


def test_ex_date_begins_with_its_first_trade() -> None:
    """Ensure four in the morning New York, in summer as in winter."""
    assert takes_effect(date(2026, 11, 20)) == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert takes_effect(date(2026, 7, 20)) == datetime(2026, 7, 20, 8, tzinfo=UTC)


def test_lines_are_made_anew_before_the_market_opens_only() -> None:
    """Ensure the work of a new day is done at midnight and at four, never at the bell."""
    times = ("T00:00", "T03:59", "T04:00", "T09:30", "T16:00", "T23:59")
    moments = [Moment.at(ny(f"2026-11-20{time}:00")) for time in times]
    monday = Moment.at(ny("2026-11-23T00:00:00"))
    pairs = zip(moments, [*moments[1:], monday], strict=True)
    assert [first.same_lines(second) for first, second in pairs] == [True, False, True, True, True, False]
