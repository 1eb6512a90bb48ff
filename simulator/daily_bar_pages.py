"""Historical daily bars, a page at a time, sorted by symbol and then time (pure)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from simulator.clock import parse_ns
from simulator.market_view import MarketView, bar_point
from simulator.rest_access import RestRefused
from simulator.sessions import Sessions
from simulator.wire import Fields

PAGE_BARS_DEFAULT, PAGE_BARS_MAX = 1_000, 10_000
_DAILY = frozenset({"1Day", "1D", "Day"})


def page_of_bars(view: MarketView, symbols: Sequence[str], query: Mapping[str, str]) -> Fields:
    """Return one page of daily bars; today's is the one so far, and nothing of the future.

    Raises:
        RestRefused: 400 for a malformed query, or a timeframe that is not simulated (all but a day).
    """
    if query.get("timeframe") not in _DAILY:
        raise RestRefused(400, f"invalid timeframe: {query.get('timeframe')} (only 1Day is simulated)")
    try:
        limit = min(int(query.get("limit", PAGE_BARS_DEFAULT)), PAGE_BARS_MAX)
        offset = int(query.get("page_token", "0"))
    except ValueError as malformed:
        raise RestRefused(400, "invalid limit or page_token") from malformed
    points = [(symbol, point) for symbol in sorted(symbols) for point in _bars(view, symbol, query)]
    bars: dict[str, list[Fields]] = {}
    for symbol, point in points[offset : offset + limit]:
        bars.setdefault(symbol, []).append(point)
    more = offset + limit < len(points)
    return {"bars": bars, "next_page_token": str(offset + limit) if more else None}


def _bars(view: MarketView, symbol: str, query: Mapping[str, str]) -> list[Fields]:
    state = view.state(symbol)
    if state is None:
        return []
    paths = view.market.paths_of(symbol)
    sessions = paths.sessions if paths is not None else view.market.sessions
    now_ns = view.playback.now_ns()
    today = sessions.local_date(now_ns)
    start = _first_day(query.get("start"), today, sessions)
    end = min(_last_day(query.get("end"), today, sessions), today)
    daily, _ = state.daily_bars()
    running = bar_point(daily) if daily is not None and sessions.local_date(daily.time_ns) == today else None
    played = {sessions.local_date(bar.time_ns): bar for bar in state.past_days}
    days = (day for day in view.history.days(symbol, start, end) if day < today)
    past = (played.get(day) or view.history.bar(symbol, day) for day in days)
    points = [bar_point(bar) for bar in past]
    if running is not None and start <= today <= end:
        points.append(running)
    return [point for point in points if point is not None]


def _first_day(text: str | None, default: date, sessions: Sessions) -> date:
    """Return the first day whose bar, stamped at its midnight, is not before `start`."""
    day, at_ns = _parsed(text, default, sessions)
    return day if at_ns is None or sessions.midnight_ns(day) >= at_ns else day + timedelta(days=1)


def _last_day(text: str | None, default: date, sessions: Sessions) -> date:
    return _parsed(text, default, sessions)[0]


def _parsed(text: str | None, default: date, sessions: Sessions) -> tuple[date, int | None]:
    """Return a query's day, and its instant where it names one."""
    if not text:
        return default, None
    try:
        if len(text) == len("2026-11-20"):
            return date.fromisoformat(text), None
        at_ns = parse_ns(text)
    except ValueError as malformed:
        raise RestRefused(400, f"invalid time: {text}") from malformed
    return sessions.local_date(at_ns), at_ns
