"""What the calendar says about one instant: session, base of the day change, age limits of marks."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.market_hours import NEW_YORK, MarketHours, MarketSession, market_hours_around


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant of market time.

    Attributes:
        today: Date in New York.
        previous_session: Date of the session before the current trading day, whose closes are previous closes.
        previous_session_close: When it closed.
        open: When the current trading day's regular session opens or opened.
        last_session_from: Pre-market open of the newest session with regular hours behind it.
    """

    now: datetime
    session: MarketSession
    today: date
    previous_session: date
    previous_session_close: datetime
    open: datetime
    last_session_from: datetime
    hours: MarketHours

    @classmethod
    def at(cls, now: datetime) -> "Moment":
        """Look an instant up in the exchange's calendar."""
        hours = market_hours_around(now)
        day = hours.trading_day(now)
        before = hours.previous_trading_day(day.date)
        session = hours.session(now)
        under_way = now < day.open or session is MarketSession.REGULAR
        return cls(
            now=now,
            session=session,
            today=now.astimezone(NEW_YORK).date(),
            previous_session=before.date,
            previous_session_close=before.close,
            open=day.open,
            last_session_from=before.pre_open if under_way else day.pre_open,
            hours=hours,
        )

    def same_rules(self, other: "Moment") -> bool:
        """Whether marks chosen at the one instant differ at the other by their age alone."""
        return self.session is other.session and self.today == other.today

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
