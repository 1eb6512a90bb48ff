"""When the daily refresh comes next. Pure."""

from datetime import UTC, datetime, time, timedelta

from realtime.market_hours import NEW_YORK


def next_daily(now: datetime, at: str) -> datetime:
    """Return the next time, after `now` (aware), that New York's clocks show `at` (`HH:MM`); UTC."""
    local = now.astimezone(NEW_YORK)
    due = time.fromisoformat(at)
    day = local.date() if local.time() < due else local.date() + timedelta(days=1)
    return datetime.combine(day, due, tzinfo=NEW_YORK).astimezone(UTC)
