"""What REST knows after the stream's events: last price, bars, corrections."""

import pytest

from simulator.clock import MINUTE_NS, SECOND_NS, parse_ns
from simulator.consolidated import ConsolidatedTape
from simulator.events import Bar, Cancel, Correction, Trade

OPEN = parse_ns("2026-11-20T14:30:00Z")
_DAY_NS = 86_400 * SECOND_NS
_count = 0


def trade(price: float, seconds: float = 0, conditions: tuple[str, ...] = ("@",), size: int = 100) -> Trade:
    global _count  # noqa: PLW0603 - ids differ
    _count += 1
    return Trade("AAPL", OPEN + int(seconds * SECOND_NS), _count, price, size, "Q", conditions, "C")


@pytest.fixture
def tape() -> ConsolidatedTape:
    return ConsolidatedTape(lambda _symbol, at_ns: (at_ns - at_ns % _DAY_NS, at_ns - at_ns % _DAY_NS + _DAY_NS))


def last_price(tape: ConsolidatedTape) -> float | None:
    last = tape.tape("AAPL").last
    return last.price if last is not None else None


def test_odd_lots_and_late_trades_do_not_become_the_last(tape: ConsolidatedTape) -> None:
    tape.apply(trade(100, 5))
    tape.apply(trade(101, 6, ("@", "I"), 5))
    tape.apply(trade(99, 4))
    assert last_price(tape) == 100
    tape.apply(trade(102, 6, ("@", "T")))
    assert last_price(tape) == 102


def test_a_cancel_brings_back_the_trade_before(tape: ConsolidatedTape) -> None:
    first, second = trade(100, 1), trade(105, 2)
    for event in (first, second, Cancel(second, "C", OPEN + 3 * SECOND_NS)):
        tape.apply(event)
    assert last_price(tape) == 100
    tape.apply(Cancel(first, "C", OPEN + 4 * SECOND_NS))
    assert last_price(tape) is None


def test_a_cancel_of_an_older_trade_changes_nothing(tape: ConsolidatedTape) -> None:
    first, second = trade(100, 1), trade(105, 2)
    for event in (first, second, Cancel(first, "C", OPEN + 3 * SECOND_NS)):
        tape.apply(event)
    assert last_price(tape) == 105


def test_a_correction_replaces_price_or_standing(tape: ConsolidatedTape) -> None:
    first, second = trade(100, 1), trade(150, 2)
    tape.apply(first)
    tape.apply(second)
    tape.apply(Correction(second, second._replace(id=-1, price=105.0), OPEN))
    assert last_price(tape) == 105
    tape.apply(Correction(second._replace(id=-1), second._replace(id=-2, conditions=("@", "Z")), OPEN))
    assert last_price(tape) == 100


def test_of_trades_at_one_time_the_later_sent_is_last(tape: ConsolidatedTape) -> None:
    tape.apply(trade(100, 1))
    tape.apply(trade(101, 1))
    assert last_price(tape) == 101


def _bars(tape: ConsolidatedTape, seconds: float) -> list[Bar]:
    return list(tape.bars_until(OPEN + int(seconds * SECOND_NS)))


def test_minute_and_daily_bars_come_at_the_minute(tape: ConsolidatedTape) -> None:
    assert _bars(tape, 0) == []
    for event in (trade(100, 1), trade(103, 2), trade(98, 3), trade(500, 4, ("@", "I"), 7), trade(101, 59)):
        tape.apply(event)
    minute, daily = _bars(tape, 60)
    assert (minute.span, minute.open, minute.high, minute.low, minute.close) == ("b", 100, 103, 98, 101)
    assert (minute.volume, minute.trades_count, minute.time_ns) == (407, 5, OPEN)
    assert (daily.span, daily.close) == ("d", 101)
    assert _bars(tape, 61) == []


def test_a_late_trade_updates_the_minute_at_the_half(tape: ConsolidatedTape) -> None:
    _bars(tape, 0)
    tape.apply(trade(100, 58))
    _bars(tape, 60)
    tape.apply(trade(104, 59))
    [updated] = _bars(tape, 90)
    assert (updated.span, updated.high, updated.close, updated.time_ns) == ("u", 104, 100, OPEN)


def test_no_bar_without_a_price_setting_trade(tape: ConsolidatedTape) -> None:
    _bars(tape, 0)
    tape.apply(trade(100, 1, ("@", "I"), 7))
    assert _bars(tape, 60) == []


def test_before_todays_first_trade_the_daily_bar_is_the_last_sessions(tape: ConsolidatedTape) -> None:
    state = tape.tape("AAPL")
    older = Bar("AAPL", OPEN - 3 * _DAY_NS, 1, 2, 1, 2, 10, 1, 1.5, "d")
    newer = Bar("AAPL", OPEN - 2 * _DAY_NS, 2, 3, 2, 3, 10, 1, 2.5, "d")
    state.past_days = [older, newer]
    tape.apply(trade(100, -3600, ("@", "T")))
    assert state.daily_bars() == (newer, older)
    tape.apply(trade(101, 1))
    daily, previous = state.daily_bars()
    assert daily is not None
    assert (daily.open, previous) == (101, newer)
    tape.apply(trade(110, _DAY_NS / SECOND_NS))
    daily, previous = state.daily_bars()
    assert daily is not None
    assert previous is not None
    assert (daily.open, previous.close) == (110, 101)


def test_the_minute_of_the_snapshot_is_the_last_complete_one(tape: ConsolidatedTape) -> None:
    tape.apply(trade(100, 1))
    tape.apply(trade(101, 61))
    bar = tape.tape("AAPL").minute_bar()
    assert bar is not None
    assert (bar.close, bar.time_ns) == (100, OPEN)
    assert OPEN % MINUTE_NS == 0
