"""What REST says in one answer."""

from datetime import UTC, date, datetime
from decimal import Decimal

from realtime.domain.asset_class import MarketStream
from realtime.market_hours import market_hours_around
from symbol_collector.snapshots import closing_day, dollars, previous_close, read_daily_closes, read_snapshot

YESTERDAY = {"t": "2026-11-19T05:00:00Z", "c": 10.1}
TODAY = {"t": "2026-11-20T05:00:00Z", "c": 11.5}
TRADE = {"t": "2026-11-20T15:00:00Z", "p": 11.5, "i": 1, "x": "Q", "c": ["@"], "z": "C"}
QUOTE = {"t": "2026-11-20T15:00:01Z", "bp": 11.0, "ap": 12.0}


def test_the_bar_s_own_day_decides_which_close_is_previous() -> None:
    """Before a day's first trade `dailyBar` is still the session before."""
    closes = read_daily_closes([YESTERDAY, TODAY])
    friday, monday = previous_close(closes, date(2026, 11, 20)), previous_close(closes, date(2026, 11, 23))
    assert friday is not None
    assert monday is not None
    assert (friday.price, friday.date) == (Decimal("10.1"), date(2026, 11, 19))
    assert monday.price == Decimal("11.5")
    assert previous_close(closes, date(2026, 11, 19)) is None


def test_a_missing_close_is_unknown_and_not_zero() -> None:
    assert read_daily_closes([None, {"t": TODAY["t"], "c": 0}]) == ()


def test_a_quote_prices_options_and_what_never_traded() -> None:
    raw = {"latestTrade": TRADE, "latestQuote": QUOTE}
    assert read_snapshot("X", raw, MarketStream.STOCK).quote is None
    assert read_snapshot("X", raw, MarketStream.OPTION).quote is not None
    assert read_snapshot("X", {"latestQuote": QUOTE}, MarketStream.STOCK).quote is not None
    assert read_snapshot("X", None, MarketStream.STOCK).trade is None


def test_coins_roll_at_midnight_new_york_on_weekends_too() -> None:
    """Saturday is a day of its own for a coin; a stock's trading day is still Friday."""
    saturday = datetime(2026, 11, 21, 15, tzinfo=UTC)
    hours = market_hours_around(saturday)
    assert closing_day(MarketStream.CRYPTO, saturday, hours) == date(2026, 11, 21)
    assert closing_day(MarketStream.STOCK, saturday, hours) == date(2026, 11, 20)


def test_a_rate_is_turned_around() -> None:
    """1.25 CAD a dollar: 0.8 dollars a CAD."""
    assert dollars(1.25) == 0.8
