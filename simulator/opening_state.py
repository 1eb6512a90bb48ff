"""What the consolidated tape knows when the simulator starts in the middle of a day: as if it had always run."""

from datetime import date, timedelta

import numpy as np

from simulator.bars import BarBuilder
from simulator.clock import MINUTE_NS, SECOND_NS
from simulator.conditions import EXTENDED_HOURS, REGULAR
from simulator.consolidated import ConsolidatedTape, DayOf
from simulator.daily_history import DailyHistory, generated_bar
from simulator.events import Bar, Trade
from simulator.market import GeneratedMarket
from simulator.price_paths import PricePaths
from simulator.sessions import TradingDay

_TYPICAL_MINUTE_SHARE = 1 / 390


def day_of(market: GeneratedMarket) -> DayOf:
    """Return the rule that gives a symbol's daily bar of an instant: New York's date, for crypto UTC's."""

    def stamp_and_end(symbol: str, at_ns: int) -> tuple[int, int]:
        paths = market.paths_of(symbol)
        sessions = paths.sessions if paths is not None else market.sessions
        day = sessions.local_date(at_ns)
        return sessions.midnight_ns(day), sessions.midnight_ns(day + timedelta(days=1))

    return stamp_and_end


def opening_state(
    market: GeneratedMarket, history: DailyHistory, untraded: frozenset[str], at_ns: int
) -> ConsolidatedTape:
    """Return the tape as it stands at an instant; the `untraded` symbols have not traded yet today."""
    tape = ConsolidatedTape(day_of(market))
    for paths in (market.stock_paths, market.open_ended_paths):
        day = paths.sessions.current(at_ns)
        for symbol in paths.columns:
            _past_days(tape, paths, history, symbol, day)
            if symbol in untraded:
                _last_of_previous_day(tape, paths, symbol, day)
            else:
                _today(tape, paths, symbol, day, at_ns)
    for symbol in market.options:
        trade_ns = market.sessions.last_trading_ns(at_ns, regular=True)
        trade = Trade(symbol, trade_ns, 0, market.middle(symbol, trade_ns), 1, "C", ("I",), "")
        _set_last(tape, trade)
    return tape


def _past_days(
    tape: ConsolidatedTape, paths: PricePaths, history: DailyHistory, symbol: str, today: TradingDay
) -> None:
    index = paths.sessions.index(today.date)
    bars = (history.bar(symbol, day.date) for day in paths.sessions.days[index - 2 : index])
    tape.tape(symbol).past_days = [bar for bar in bars if bar is not None]


def _last_of_previous_day(tape: ConsolidatedTape, paths: PricePaths, symbol: str, today: TradingDay) -> None:
    before = paths.sessions.days[paths.sessions.index(today.date) - 1]
    state = tape.tape(symbol)
    if state.past_days:
        _set_last(tape, _trade(paths, symbol, before.close_ns - SECOND_NS, state.past_days[-1].close, ()))


def _today(tape: ConsolidatedTape, paths: PricePaths, symbol: str, day: TradingDay, at_ns: int) -> None:
    trade_ns = paths.sessions.last_trading_ns(at_ns)
    extended = paths.sessions.current(trade_ns).session(trade_ns) != "regular"
    price = round(paths.mid(symbol, trade_ns), 2)
    _set_last(tape, _trade(paths, symbol, trade_ns, price, (EXTENDED_HOURS,) if extended else ()))
    state = tape.tape(symbol)
    if at_ns > day.open_ns:
        state.day = BarBuilder.of(generated_bar(paths, symbol, day.date, at_ns))
        state.day_end_ns = _day_end_ns(paths, day.date)
    state.last_minute = BarBuilder.of(_minute_bar(paths, symbol, trade_ns - trade_ns % MINUTE_NS - MINUTE_NS))


def _day_end_ns(paths: PricePaths, day: date) -> int:
    return paths.sessions.midnight_ns(day + timedelta(days=1))


def _minute_bar(paths: PricePaths, symbol: str, minute_ns: int) -> Bar:
    column = paths.columns[symbol]
    path = np.round(np.exp(paths.minute(minute_ns)[:, column]), 2)
    volume = max(1.0, paths.daily_volume[column] * _TYPICAL_MINUTE_SHARE)
    return Bar(
        symbol, minute_ns, float(path[0]), float(path.max()), float(path.min()), float(path[-1]), volume,
        int(volume // 120) + 1, float(path.mean()),
    )  # fmt: skip


def _trade(paths: PricePaths, symbol: str, time_ns: int, price: float, letters: tuple[str, ...]) -> Trade:
    security = paths.securities[paths.columns[symbol]]
    if not security.tape:
        return Trade(symbol, time_ns, time_ns, price, 0.01, "", (), "", "B")
    return Trade(symbol, time_ns, 0, price, 100, "P", (REGULAR[security.tape], *letters), security.tape)


def _set_last(tape: ConsolidatedTape, trade: Trade) -> None:
    state = tape.tape(trade.symbol)
    state.last = trade
    state.undoable.append(trade)
