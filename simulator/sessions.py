"""When the simulated exchange trades: days, half days, pre and post market, from the NYSE's calendar."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import exchange_calendars

from simulator.clock import SECOND_NS

NEW_YORK = ZoneInfo("America/New_York")
Session = Literal["pre", "regular", "post", "closed"]
PRE_OPEN = time(4)
POST_CLOSE = time(20)
POST_CLOSE_HALF_DAY = time(17)
FULL_CLOSE = time(16)


@dataclass(frozen=True, slots=True)
class TradingDay:
    """One trading day; the four instants are nanoseconds since 1970."""

    date: date
    pre_open_ns: int
    open_ns: int
    close_ns: int
    post_close_ns: int

    def session(self, at_ns: int) -> Session:
        """Return the session at an instant of this day."""
        if not self.pre_open_ns <= at_ns < self.post_close_ns:
            return "closed"
        if at_ns < self.open_ns:
            return "pre"
        return "regular" if at_ns < self.close_ns else "post"


class Sessions:
    """Trading days over a range of years; `zone` is where they begin at midnight."""

    def __init__(self, days: tuple[TradingDay, ...], zone: tzinfo = NEW_YORK) -> None:
        self.days = days
        self._zone = zone
        self._dates = [day.date for day in days]

    def current(self, at_ns: int) -> TradingDay:
        """Return the trading day of an instant, or the last one before it."""
        return self.days[bisect_right(self._dates, self.local_date(at_ns)) - 1]

    def local_date(self, at_ns: int) -> date:
        """Return the date of an instant where the exchange is."""
        return datetime.fromtimestamp(at_ns // SECOND_NS, self._zone).date()

    def midnight_ns(self, day: date) -> int:
        """Return when a date begins where the exchange is: the time stamp of its daily bars."""
        return int(datetime.combine(day, time(), self._zone).timestamp()) * SECOND_NS

    def session(self, at_ns: int) -> Session:
        """Return which session it is."""
        return self.current(at_ns).session(at_ns)

    def last_trading_ns(self, at_ns: int, *, regular: bool = False) -> int:
        """Return the newest instant at which the market was open, a second before `at_ns` at the latest."""
        day = self.current(at_ns)
        opens, closes = (day.open_ns, day.close_ns) if regular else (day.pre_open_ns, day.post_close_ns)
        if at_ns > opens + SECOND_NS:
            return min(at_ns, closes) - SECOND_NS
        before = self.days[self.index(day.date) - 1]
        return (before.close_ns if regular else before.post_close_ns) - SECOND_NS

    def index(self, day: date) -> int:
        """Return the position of a trading day, or of the next one."""
        return bisect_left(self._dates, day)

    def between(self, start: date, end: date) -> tuple[TradingDay, ...]:
        """Return the trading days from `start` to `end`, both included."""
        return self.days[self.index(start) : bisect_right(self._dates, end)]

    def next_open_ns(self, at_ns: int) -> int:
        """Return the first regular opening after an instant."""
        return next(day.open_ns for day in self.days[self.index(new_york_date(at_ns)) :] if day.open_ns > at_ns)

    def next_close_ns(self, at_ns: int) -> int:
        """Return the first regular close after an instant."""
        return next(day.close_ns for day in self.days[self.index(new_york_date(at_ns)) :] if day.close_ns > at_ns)


def load_sessions(around_ns: int, years_before: int = 4, years_after: int = 1) -> Sessions:
    """Return the sessions of the years around an instant."""
    year = new_york_date(around_ns).year
    calendar = exchange_calendars.get_calendar(
        "XNYS", start=f"{year - years_before}-01-01", end=f"{year + years_after}-12-31"
    )
    schedule = calendar.schedule
    return Sessions(
        tuple(
            _trading_day(label.date(), int(open_.value), int(close.value))
            for label, open_, close in zip(schedule.index, schedule["open"], schedule["close"], strict=True)
        )
    )


def _trading_day(day: date, open_ns: int, close_ns: int) -> TradingDay:
    half_day = new_york(close_ns).time() < FULL_CLOSE
    post_close = POST_CLOSE_HALF_DAY if half_day else POST_CLOSE
    return TradingDay(day, instant_ns(day, PRE_OPEN), open_ns, close_ns, instant_ns(day, post_close))


def instant_ns(day: date, at: time) -> int:
    """Return the instant of a wall-clock time in New York."""
    return int(datetime.combine(day, at, NEW_YORK).timestamp()) * SECOND_NS


def midnight_ns(day: date) -> int:
    """Return midnight in New York: the time stamp of a stock's daily bar."""
    return instant_ns(day, time())


def new_york(at_ns: int) -> datetime:
    """Return an instant as New York's wall-clock time, to the second."""
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).astimezone(NEW_YORK)


def new_york_date(at_ns: int) -> date:
    """Return the date in New York."""
    return new_york(at_ns).date()


def settlement_date(day: TradingDay, sessions: Sessions) -> date:
    """Return when a trade of that day settles: one trading day later."""
    following = sessions.between(day.date + timedelta(days=1), day.date + timedelta(days=10))
    return following[0].date if following else day.date + timedelta(days=1)
