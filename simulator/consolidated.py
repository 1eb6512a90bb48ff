"""What the market knows of each symbol by now: last trade, bars, corrections applied (pure).

REST answers come from here, so they agree with what the stream has sent.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from simulator.bars import BarBuilder
from simulator.clock import MINUTE_NS
from simulator.conditions import moves
from simulator.events import Bar, Cancel, Correction, Event, Quote, Trade

_UNDOABLE_TRADES = 256
_HALF_MINUTE_NS = MINUTE_NS // 2
_NEVER = BarBuilder("", -1)


@dataclass(slots=True)
class SymbolTape:
    """One symbol's state.

    Attributes:
        last: The newest trade that may set the last price.
        undoable: The price-setting trades that a correction or cancel can still reach: bounded to 256, the oldest
            forgotten.
        day_end_ns: When the daily bar in the making is complete.
        past_days: Completed daily bars, oldest first; the last two matter.
        quote: The newest quote that was sent.
    """

    symbol: str
    last: Trade | None = None
    undoable: deque[Trade] = field(default_factory=lambda: deque(maxlen=_UNDOABLE_TRADES))
    minute: BarBuilder | None = None
    last_minute: BarBuilder | None = None
    late: bool = False
    day: BarBuilder | None = None
    day_end_ns: int = 0
    past_days: list[Bar] = field(default_factory=list)
    quote: Quote | None = None

    def minute_bar(self) -> Bar | None:
        """Return the last complete minute's bar, before the first one the bar in the making."""
        for builder in (self.last_minute, self.minute):
            if builder is not None and (bar := builder.bar("b")) is not None:
                return bar
        return None

    def daily_bars(self) -> tuple[Bar | None, Bar | None]:
        """Return `dailyBar` and `prevDailyBar`: before the day's first trade the two days before."""
        bars = self.past_days[-2:]
        if self.day is not None and (today := self.day.bar("d")) is not None:
            bars = [*bars, today]
        padded: list[Bar | None] = [None, None, *bars]
        return padded[-1], padded[-2]


DayOf = Callable[[str, int], tuple[int, int]]
"""Gives a symbol's daily bar of an instant: its time stamp, and when it ends."""


class ConsolidatedTape:
    """Applies events in the order in which they were sent."""

    def __init__(self, day_of: DayOf) -> None:
        self.symbols: dict[str, SymbolTape] = {}
        self._day_of = day_of
        self._next_minute_ns = 0
        self._next_half_minute_ns = 0

    @property
    def next_bars_ns(self) -> int:
        """When `bars_until` may have something to give next."""
        return min(self._next_minute_ns, self._next_half_minute_ns)

    def tape(self, symbol: str) -> SymbolTape:
        """Return a symbol's state, empty when it is new."""
        found = self.symbols.get(symbol)
        if found is None:
            found = self.symbols[symbol] = SymbolTape(symbol)
        return found

    def apply(self, event: Event) -> None:
        """Take one event into account."""
        if isinstance(event, Trade):
            self._trade(event)
        elif isinstance(event, Correction):
            self._withdraw(event.original, event.corrected)
        elif isinstance(event, Cancel):
            self._withdraw(event.trade, None)
        elif isinstance(event, Quote):
            self.tape(event.symbol).quote = event

    def _trade(self, trade: Trade) -> None:
        tape = self.symbols.get(trade.symbol) or self.tape(trade.symbol)
        moved = moves(trade.conditions, trade.tape)
        if moved.last:
            tape.undoable.append(trade)
            if tape.last is None or trade.time_ns >= tape.last.time_ns:
                tape.last = trade
        if trade.time_ns >= tape.day_end_ns:
            self._begin_day(tape, trade.time_ns)
        assert tape.day is not None
        tape.day.add_to_day(trade, moved)
        start_ns = trade.time_ns - trade.time_ns % MINUTE_NS
        minute = tape.minute
        newest_ns = (minute or tape.last_minute or _NEVER).time_ns
        if start_ns > newest_ns:
            tape.last_minute = minute or tape.last_minute
            minute = tape.minute = BarBuilder(trade.symbol, start_ns)
        if minute is not None and start_ns == minute.time_ns:
            minute.add_to_minute(trade, moved)
        elif tape.last_minute is not None and start_ns == tape.last_minute.time_ns:
            tape.last_minute.add_to_minute(trade, moved, late=True)
            tape.late = tape.late or moved.minute_range

    def _begin_day(self, tape: SymbolTape, at_ns: int) -> None:
        if tape.day is not None and (complete := tape.day.bar("d")) is not None:
            tape.past_days.append(complete)
        stamp_ns, tape.day_end_ns = self._day_of(tape.symbol, at_ns)
        tape.day = BarBuilder(tape.symbol, stamp_ns)

    def _withdraw(self, original: Trade, corrected: Trade | None) -> None:
        tape = self.tape(original.symbol)
        kept = [trade for trade in tape.undoable if trade.id != original.id]
        if corrected is not None and moves(corrected.conditions, corrected.tape).last:
            kept.append(corrected)
        tape.undoable = deque(kept, maxlen=_UNDOABLE_TRADES)
        tape.last = max(reversed(kept), key=lambda trade: trade.time_ns, default=None)

    def bars_until(self, market_ns: int) -> Iterable[Bar]:
        """Yield the bars that are due: minute bars at the minute, with them daily bars, updated ones at the half."""
        if market_ns >= self._next_half_minute_ns:
            self._next_half_minute_ns = market_ns - market_ns % MINUTE_NS + _HALF_MINUTE_NS
            if self._next_half_minute_ns <= market_ns:
                self._next_half_minute_ns += MINUTE_NS
            yield from self._updated_bars()
        if market_ns >= self._next_minute_ns:
            self._next_minute_ns = market_ns - market_ns % MINUTE_NS + MINUTE_NS
            yield from self._minute_bars(market_ns - market_ns % MINUTE_NS)

    def _updated_bars(self) -> Iterable[Bar]:
        for tape in self.symbols.values():
            if tape.late and tape.last_minute is not None:
                tape.late = False
                bar = tape.last_minute.bar("u")
                if bar is not None:
                    yield bar

    def _minute_bars(self, minute_ns: int) -> Iterable[Bar]:
        for tape in self.symbols.values():
            if tape.minute is None or tape.minute.time_ns >= minute_ns:
                continue
            tape.last_minute, tape.minute = tape.minute, None
            for bar in (tape.last_minute.bar("b"), tape.day.bar("d") if tape.day is not None else None):
                if bar is not None:
                    yield bar
