"""Dates of provider data, in market time."""

from datetime import UTC, date, datetime

import pytest

from simulator.clock import SECOND_NS, MarketTime
from simulator.data_dates import market_moment, previous_weekday, price_date


@pytest.mark.parametrize(
    ("day", "before"),
    [
        ("2026-11-20", "2026-11-19"),
        ("2026-11-23", "2026-11-20"),
        ("2026-11-22", "2026-11-20"),
        ("2026-11-21", "2026-11-20"),
    ],
)
def test_previous_weekday(day: str, before: str) -> None:
    assert previous_weekday(date.fromisoformat(day)) == date.fromisoformat(before)


def test_prices_are_dated_in_market_time_and_new_york() -> None:
    """A replay of 2013 dates its prices in 2013; the day is New York's, not UTC's."""
    origin = datetime(2013, 10, 9, 1, 30, tzinfo=UTC)
    market = MarketTime(int(origin.timestamp()) * SECOND_NS, 1_000 * SECOND_NS, 60.0)
    assert market_moment(market, 1_001.0) == datetime(2013, 10, 9, 1, 31, tzinfo=UTC)
    assert price_date(market, 1_000.0) == date(2013, 10, 7)
