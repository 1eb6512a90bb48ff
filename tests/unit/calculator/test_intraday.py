"""When the day is written down."""

from datetime import UTC, datetime

import pytest

from calculator.intraday import due_at
from realtime.market_hours import MarketSession


@pytest.mark.parametrize(
    ("now", "session", "due"),
    [
        ("2026-11-20T15:01:59.9", MarketSession.REGULAR, "2026-11-20T15:01:00"),
        ("2026-11-20T22:10:00", MarketSession.POST, "2026-11-20T22:10:00"),
        ("2026-11-21T12:29:59", MarketSession.CLOSED, "2026-11-21T12:15:00"),
    ],
)
def test_each_minute_of_a_session_and_each_quarter_while_closed(now: str, session: MarketSession, due: str) -> None:
    """Ensure a Sunday costs a fifteenth of a Monday."""
    assert due_at(datetime.fromisoformat(now).replace(tzinfo=UTC), session) == datetime.fromisoformat(due).replace(
        tzinfo=UTC
    )
