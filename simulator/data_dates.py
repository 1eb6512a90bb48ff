"""Dates of what a provider reports: its data live in market time, its tokens in wall time (pure)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from simulator.clock import SECOND_NS, MarketTime

NEW_YORK = ZoneInfo("America/New_York")


def market_moment(market: MarketTime, now: float) -> datetime:
    """Return market time at a wall time (seconds since 1970), in UTC."""
    return datetime.fromtimestamp(market.at(int(now * SECOND_NS)) / SECOND_NS, UTC)


def price_date(market: MarketTime, now: float) -> date:
    """Return the day of the previous close, whose prices providers report."""
    return previous_weekday(market_moment(market, now).astimezone(NEW_YORK).date())


def previous_weekday(day: date) -> date:
    """Return the last weekday before `day` (holidays are not known here)."""
    before = day - timedelta(days=1)
    return before - timedelta(days=max(0, before.weekday() - 4))
