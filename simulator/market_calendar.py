"""The market clock and calendar as Alpaca's trading API answers them (pure)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from simulator.clock import SECOND_NS
from simulator.rest_access import RestRefused
from simulator.sessions import NEW_YORK, Sessions, new_york, settlement_date
from simulator.wire import Fields


def clock_answer(sessions: Sessions, now_ns: int) -> Fields:
    """Return the market clock, times with New York's offset."""
    moment = datetime.fromtimestamp(now_ns // SECOND_NS, UTC).replace(microsecond=now_ns % SECOND_NS // 1000)
    return {
        "timestamp": moment.astimezone(NEW_YORK).isoformat(),
        "is_open": sessions.session(now_ns) == "regular",
        "next_open": new_york(sessions.next_open_ns(now_ns)).isoformat(),
        "next_close": new_york(sessions.next_close_ns(now_ns)).isoformat(),
    }


def calendar_answer(sessions: Sessions, query: Mapping[str, str]) -> list[Fields]:
    """Return the trading days from `start` to `end`; holidays and weekends are absent.

    Raises:
        RestRefused: 422 for a date that is none.
    """
    first, last = sessions.days[0].date, sessions.days[-1].date - timedelta(days=5)
    try:
        start = date.fromisoformat(query["start"][:10]) if "start" in query else first
        end = date.fromisoformat(query["end"][:10]) if "end" in query else last
    except ValueError as malformed:
        raise RestRefused(422, "invalid date", 40010001) from malformed
    return [
        {
            "date": day.date.isoformat(),
            "open": f"{new_york(day.open_ns):%H:%M}",
            "close": f"{new_york(day.close_ns):%H:%M}",
            "session_open": f"{new_york(day.pre_open_ns):%H%M}",
            "session_close": f"{new_york(day.post_close_ns):%H%M}",
            "settlement_date": settlement_date(day, sessions).isoformat(),
        }
        for day in sessions.between(max(start, first), end)
    ]
