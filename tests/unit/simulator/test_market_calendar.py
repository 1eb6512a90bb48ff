"""The market clock and calendar."""

import pytest

from simulator.clock import parse_ns
from simulator.market_calendar import calendar_answer, clock_answer
from simulator.rest_access import RestRefused
from simulator.sessions import Sessions, load_sessions


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return load_sessions(parse_ns("2026-11-20T15:00:00Z"))


@pytest.mark.parametrize(
    ("now", "is_open", "next_open", "next_close"),
    [
        ("2026-11-20T15:00:00Z", True, "2026-11-23T09:30:00-05:00", "2026-11-20T16:00:00-05:00"),
        ("2026-11-20T13:00:00Z", False, "2026-11-20T09:30:00-05:00", "2026-11-20T16:00:00-05:00"),
        ("2026-11-21T13:00:00Z", False, "2026-11-23T09:30:00-05:00", "2026-11-23T16:00:00-05:00"),
        ("2026-11-26T15:00:00Z", False, "2026-11-27T09:30:00-05:00", "2026-11-27T13:00:00-05:00"),
    ],
)
def test_the_clock_knows_what_comes_next(
    sessions: Sessions, now: str, is_open: bool, next_open: str, next_close: str
) -> None:
    answer = clock_answer(sessions, parse_ns(now))
    assert (answer["is_open"], answer["next_open"], answer["next_close"]) == (is_open, next_open, next_close)
    assert answer["timestamp"].endswith("-05:00")


def test_the_calendar_lists_trading_days_only(sessions: Sessions) -> None:
    days = calendar_answer(sessions, {"start": "2026-11-25", "end": "2026-11-28"})
    assert days == [
        {
            "date": "2026-11-25", "open": "09:30", "close": "16:00", "session_open": "0400", "session_close": "2000",
            "settlement_date": "2026-11-27",
        },
        {
            "date": "2026-11-27", "open": "09:30", "close": "13:00", "session_open": "0400", "session_close": "1700",
            "settlement_date": "2026-11-30",
        },
    ]  # fmt: skip
    with pytest.raises(RestRefused, match="invalid date"):
        calendar_answer(sessions, {"start": "soon"})


@pytest.mark.parametrize(
    ("now", "session"),
    [
        ("2026-11-20T08:59:59Z", "closed"),
        ("2026-11-20T09:00:00Z", "pre"),
        ("2026-11-20T14:30:00Z", "regular"),
        ("2026-11-20T21:00:00Z", "post"),
        ("2026-11-21T01:00:00Z", "closed"),
        ("2026-11-27T18:00:00Z", "post"),
        ("2026-11-27T22:00:00Z", "closed"),
        ("2026-11-22T15:00:00Z", "closed"),
    ],
)
def test_sessions_begin_and_end_as_alpacas_do(sessions: Sessions, now: str, session: str) -> None:
    assert sessions.session(parse_ns(now)) == session
