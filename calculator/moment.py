"""What the calendar says about one instant: session, bases of the changes, age limits of marks (pure)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.market_hours import NEW_YORK, MarketHours, MarketSession, market_hours_around

_FX_LIMIT = timedelta(hours=1)
_FX_WEEK_ENDS = time(17)
_FRIDAY, _SUNDAY = 4, 6
_EX_DATE_BEGINS = time(4)


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant of market time.

    Attributes:
        today: Date in New York.
        trading_day: Date of the current trading day.
        previous_session: Date of the session before it, whose closes are previous closes.
        previous_session_close: When that closed.
        pre_open: When the current trading day's pre-market opens or opened.
        open: When its regular session does or did.
        close: When that closes or closed.
        is_after_close: Whether it has closed.
        newest_close: The newest bell: `close`, or before it `previous_session_close`.
        overnight_from: End of the post-market that follows the newest bell.
        overnight_until: Beginning of the next pre-market after that.
        last_session_from: Pre-market open of the newest session with regular hours behind it.
        rates_from: Time from which on an exchange rate is not stale; over the weekend Friday's rates hold.
    """

    now: datetime
    session: MarketSession
    today: date
    trading_day: date
    previous_session: date
    previous_session_close: datetime
    pre_open: datetime
    open: datetime
    close: datetime
    is_after_close: bool
    newest_close: datetime
    overnight_from: datetime
    overnight_until: datetime
    last_session_from: datetime
    rates_from: datetime
    hours: MarketHours

    @classmethod
    def at(cls, now: datetime) -> "Moment":
        """Look an instant up in the exchange's calendar."""
        hours = market_hours_around(now)
        day = hours.trading_day(now)
        before = hours.previous_trading_day(day.date)
        session = hours.session(now)
        under_way = now < day.open or session is MarketSession.REGULAR
        is_after_close = now >= day.close
        newest = day if is_after_close else before
        return cls(
            now=now,
            session=session,
            today=now.astimezone(NEW_YORK).date(),
            trading_day=day.date,
            previous_session=before.date,
            previous_session_close=before.close,
            pre_open=day.pre_open,
            open=day.open,
            close=day.close,
            is_after_close=is_after_close,
            newest_close=newest.close,
            overnight_from=newest.post_close,
            overnight_until=hours.next_trading_day(newest.date).pre_open,
            last_session_from=before.pre_open if under_way else day.pre_open,
            rates_from=_rates_from(now),
            hours=hours,
        )

    def same_rules(self, other: "Moment") -> bool:
        """Whether marks chosen at the one instant differ at the other by their age alone."""
        return (
            self.session is other.session and self.today == other.today and self.is_after_close == other.is_after_close
        )

    def same_lines(self, other: "Moment") -> bool:
        """Whether holdings make the same lines at both: the same day's trades, and no ex-date begins in between."""
        return self.trading_day == other.trading_day and (self.now < self.pre_open) == (other.now < other.pre_open)

    def fresh_from(self, asset_class: AssetClass) -> datetime:
        """Return the time from which on a mark of a listed instrument of this class is not stale.

        In a regular session the age limit counts from the open: nothing is stale before it had time to trade.
        Outside, the prices of the last session hold.
        """
        row = ASSET_CLASSES[asset_class]
        limit = self.now - timedelta(seconds=row.stale_after_s)
        if row.round_the_clock or (self.session is MarketSession.REGULAR and limit >= self.open):
            return limit
        return self.last_session_from

    def is_previous_close(self, asset_class: AssetClass, close_date: date) -> bool:
        """Whether a close of that day is the base of the current trading day's change."""
        if ASSET_CLASSES[asset_class].round_the_clock:
            return self.previous_session <= close_date < self.today
        return close_date == self.previous_session

    def close_time(self, asset_class: AssetClass, close_date: date) -> datetime:
        """Return when that day's official close was made: at the bell; round the clock, at midnight New York."""
        if close_date == self.previous_session and not ASSET_CLASSES[asset_class].round_the_clock:
            return self.previous_session_close
        midnight = datetime(close_date.year, close_date.month, close_date.day, tzinfo=NEW_YORK)
        if ASSET_CLASSES[asset_class].round_the_clock:
            return midnight + timedelta(days=1)
        return market_hours_around(midnight).trading_day(midnight).close


def takes_effect(ex_date: date) -> datetime:
    """Return from when on an ex-date's prices and holdings are in new shares: its first trade, in pre-market."""
    return datetime.combine(ex_date, _EX_DATE_BEGINS, NEW_YORK)


def _rates_from(now: datetime) -> datetime:
    there = now.astimezone(NEW_YORK)
    ended = datetime.combine(there.date() - timedelta(days=(there.weekday() - _FRIDAY) % 7), _FX_WEEK_ENDS, NEW_YORK)
    begins = datetime.combine(ended.date() + timedelta(days=_SUNDAY - _FRIDAY), _FX_WEEK_ENDS, NEW_YORK)
    return (ended if ended <= now < begins + _FX_LIMIT else now) - _FX_LIMIT
