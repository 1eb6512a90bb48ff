"""Market sessions and trading days of the New York Stock Exchange, holidays and half days included.

Pre-market opens at 04:00 and post-market closes at 20:00 New York time (17:00 on half days), as Alpaca's feeds do.
The trading day rolls at midnight New York (docs/decisions/0003).
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import exchange_calendars

NEW_YORK = ZoneInfo("America/New_York")
_PRE_OPEN = time(4)
_POST_CLOSE = time(20)
_POST_CLOSE_HALF_DAY = time(17)
_FULL_CLOSE = time(16)


class MarketSession(StrEnum):
    PRE = "pre"
    REGULAR = "regular"
    POST = "post"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TradingDay:
    """One day on which the exchange opens; instants are UTC."""

    date: date
    pre_open: datetime
    open: datetime
    close: datetime
    post_close: datetime

    @property
    def is_half_day(self) -> bool:
        return self.close.astimezone(NEW_YORK).time() < _FULL_CLOSE


class MarketHours:
    """The exchange's calendar over a range of years, as plain lookups."""

    def __init__(self, trading_days: tuple[TradingDay, ...]) -> None:
        self._days = trading_days
        self._dates = [day.date for day in trading_days]

    def trading_day(self, now: datetime) -> TradingDay:
        """Return the current trading day: today's, or on a weekend or holiday the last one.

        Raises:
            LookupError: `now` is outside the calendar's range.
        """
        return self._days[self._index(now.astimezone(NEW_YORK).date())]

    def previous_trading_day(self, day: date) -> TradingDay:
        """Return the last trading day before a date.

        Raises:
            LookupError: Outside the calendar's range.
        """
        return self._days[self._index(day - timedelta(days=1))]

    def next_trading_day(self, day: date) -> TradingDay:
        """Return the first trading day after a date."""
        position = bisect_right(self._dates, day)
        if position >= len(self._days):
            raise LookupError(f"{day} is outside the market calendar")
        return self._days[position]

    def session(self, now: datetime) -> MarketSession:
        """Return which market session it is."""
        day = self.trading_day(now)
        if not day.pre_open <= now < day.post_close:
            return MarketSession.CLOSED
        if now < day.open:
            return MarketSession.PRE
        return MarketSession.REGULAR if now < day.close else MarketSession.POST

    def next_open(self, now: datetime) -> datetime:
        """Return when the next regular session opens."""
        day = self.trading_day(now)
        return day.open if now < day.open else self.next_trading_day(day.date).open

    def next_close(self, now: datetime) -> datetime:
        """Return when the current or next regular session closes."""
        day = self.trading_day(now)
        return day.close if now < day.close else self.next_trading_day(day.date).close

    def next_change(self, now: datetime) -> tuple[MarketSession, datetime]:
        """Return the next market session and when it begins."""
        day = self.trading_day(now)
        if now >= day.post_close:
            day = self.next_trading_day(day.date)
        for session, begins in (
            (MarketSession.PRE, day.pre_open),
            (MarketSession.REGULAR, day.open),
            (MarketSession.POST, day.close),
        ):
            if now < begins:
                return session, begins
        return MarketSession.CLOSED, day.post_close

    def _index(self, day: date) -> int:
        position = bisect_right(self._dates, day) - 1
        if position < 0 or (day - self._dates[position]).days > 14:
            raise LookupError(f"{day} is outside the market calendar")
        return position


@lru_cache(maxsize=4)
def new_york_hours(first_year: int, last_year: int) -> MarketHours:
    """Return the NYSE calendar from the first of January of one year to the end of another."""
    calendar = exchange_calendars.get_calendar("XNYS", start=f"{first_year}-01-01", end=f"{last_year}-12-31")
    return MarketHours(
        tuple(
            _trading_day(row.Index.date(), row.open.to_pydatetime(), row.close.to_pydatetime())
            for row in calendar.schedule.itertuples()
        )
    )


def market_hours_around(now: datetime) -> MarketHours:
    """Return the calendar that covers a market time with a year on either side."""
    return new_york_hours(now.year - 1, now.year + 1)


def _trading_day(day: date, opens: datetime, closes: datetime) -> TradingDay:
    half_day = closes.astimezone(NEW_YORK).time() < _FULL_CLOSE
    return TradingDay(
        date=day,
        pre_open=_at(day, _PRE_OPEN),
        open=opens.astimezone(UTC),
        close=closes.astimezone(UTC),
        post_close=_at(day, _POST_CLOSE_HALF_DAY if half_day else _POST_CLOSE),
    )


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=NEW_YORK).astimezone(UTC)
