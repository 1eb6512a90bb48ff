"""REST's snapshots and the right previous close."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from realtime.domain.asset_class import MarketStream
from realtime.market_hours import new_york_hours
from symbol_collector.snapshots import (
    closing_day,
    dollars,
    previous_close,
    read_daily_closes,
    read_dollar_rates,
    read_snapshot,
)

HOURS = new_york_hours(2025, 2026)
TRADE = {"t": "2026-11-20T15:00:00.123456789Z", "x": "D", "p": 271.5, "s": 100, "c": ["@"], "i": 1, "z": "C"}
QUOTE = {
    "t": "2026-11-20T15:00:01Z",
    "ax": "P",
    "ap": 272,
    "as": 1,
    "bx": "Q",
    "bp": 271,
    "bs": 1,
    "c": ["R"],
    "z": "C",
}


def bar(day: int, close: float, hour: int = 5) -> dict[str, Any]:
    return {"t": f"2026-11-{day:02}T{hour:02}:00:00Z", "o": 1, "h": 2, "l": 1, "c": close, "v": 1, "n": 1, "vw": 1}


def snapshot(**parts: Any) -> dict[str, Any]:
    return {"latestTrade": TRADE, "latestQuote": QUOTE, "minuteBar": None} | parts


def test_a_trading_day_s_close_is_that_of_the_day_before() -> None:
    found = read_snapshot("AAPL", snapshot(dailyBar=bar(20, 270.0), prevDailyBar=bar(19, 265.5)))
    close = previous_close(found.daily_closes, date(2026, 11, 20))
    assert close is not None
    assert (close.price, close.date) == (Decimal("265.5"), date(2026, 11, 19))


def test_before_the_first_trade_of_a_day_the_daily_bar_is_the_day_before() -> None:
    """Alpaca's snapshot at 06:18: dailyBar is yesterday's."""
    found = read_snapshot("AAPL", snapshot(dailyBar=bar(19, 265.5), prevDailyBar=bar(18, 260.0)))
    close = previous_close(found.daily_closes, date(2026, 11, 20))
    assert close is not None
    assert (close.price, close.date) == (Decimal("265.5"), date(2026, 11, 19))


def test_a_close_of_the_day_itself_or_later_is_none_of_the_previous() -> None:
    found = read_snapshot("AAPL", snapshot(dailyBar=bar(20, 270.0), prevDailyBar=None))
    assert previous_close(found.daily_closes, date(2026, 11, 20)) is None


def test_a_daily_bar_belongs_to_its_day_in_new_york() -> None:
    """Midnight New York is 04:00 UTC in summer and 05:00 in winter."""
    summer = {"t": "2026-07-01T04:00:00Z", "c": 1.5}
    assert [close.date for close in read_daily_closes([summer, bar(19, 2.0)])] == [date(2026, 7, 1), date(2026, 11, 19)]


def test_trade_and_quote_are_told_side_by_side() -> None:
    found = read_snapshot("AAPL", snapshot())
    assert found.quote is not None
    assert found.trade is not None


@pytest.mark.parametrize("raw", [None, {}, {"latestTrade": None, "latestQuote": None, "dailyBar": None}])
def test_missing_parts_are_unknown(raw: dict[str, Any] | None) -> None:
    """Any part, or the whole snapshot, may be null."""
    found = read_snapshot("AAPL", raw)
    assert (found.trade, found.quote, found.daily_closes) == (None, None, ())
    assert previous_close(found.daily_closes, date(2026, 11, 20)) is None


@pytest.mark.parametrize(("now", "stocks", "coins"), [
    (datetime(2026, 11, 20, 15, tzinfo=UTC), date(2026, 11, 20), date(2026, 11, 20)),
    (datetime(2026, 11, 20, 4, 59, tzinfo=UTC), date(2026, 11, 19), date(2026, 11, 19)),
    (datetime(2026, 11, 20, 5, 0, tzinfo=UTC), date(2026, 11, 20), date(2026, 11, 20)),
    (datetime(2026, 11, 22, 15, tzinfo=UTC), date(2026, 11, 20), date(2026, 11, 22)),
    (datetime(2026, 11, 26, 15, tzinfo=UTC), date(2026, 11, 25), date(2026, 11, 26)),
])  # fmt: skip
def test_the_day_rolls_at_midnight_new_york_and_rests_on_weekends_and_holidays(
    now: datetime, stocks: date, coins: date
) -> None:
    """Stocks keep the last session's day; coins trade every day."""
    assert closing_day(MarketStream.STOCK, now, HOURS) == stocks
    assert closing_day(MarketStream.OPTION, now, HOURS) == stocks
    assert closing_day(MarketStream.CRYPTO, now, HOURS) == coins


def test_exchange_rates_become_dollars_per_unit() -> None:
    """1/mp, rounded to 8 decimals."""
    at = "2026-11-20T15:00:00Z"
    pairs = {"USDCAD": {"bp": 1.4091, "mp": 1.4092, "ap": 1.4093, "t": at}, "EURUSD": {"mp": 1.1, "t": at}}
    answer = {"rates": pairs | {"USDJPY": None, "USDCHF": {"mp": 0, "t": at}}}
    rates = read_dollar_rates(answer)
    assert list(rates) == ["CAD"]
    assert Decimal(repr(dollars(rates["CAD"][1]))) == Decimal("0.70962248")


def test_no_rates_is_no_rate() -> None:
    """Never a silent 1.0."""
    assert read_dollar_rates({}) == {}
    assert read_dollar_rates({"rates": None}) == {}


def test_a_close_of_zero_is_unknown() -> None:
    assert read_daily_closes([None, bar(20, 0)]) == ()
