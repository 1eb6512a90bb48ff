from datetime import UTC, datetime

import pytest

from api.schedule import next_daily


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 20, 6, 59, tzinfo=UTC), datetime(2026, 11, 20, 7, tzinfo=UTC)),
        (datetime(2026, 11, 20, 7, 0, tzinfo=UTC), datetime(2026, 11, 21, 7, tzinfo=UTC)),
        (datetime(2026, 11, 21, 3, 0, tzinfo=UTC), datetime(2026, 11, 21, 7, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), datetime(2026, 7, 2, 6, tzinfo=UTC)),
    ],
)
def test_daily_refresh_follows_new_york_clocks(now: datetime, due: datetime) -> None:
    """Ensure that 02:00 is New York's, in winter and in summer, and never in the past."""
    assert next_daily(now, "02:00") == due
