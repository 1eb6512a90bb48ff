"""Minute and daily bars of one symbol, built trade by trade (pure)."""

from dataclasses import dataclass

from simulator.conditions import Moves
from simulator.events import Bar, Trade


@dataclass(slots=True)
class BarBuilder:
    """A bar in the making; no price-setting trade yet means no bar."""

    symbol: str
    time_ns: int
    open: float | None = None
    high: float = 0.0
    low: float = 0.0
    close: float = 0.0
    volume: float = 0.0
    trades_count: int = 0
    dollars: float = 0.0

    @classmethod
    def of(cls, bar: Bar) -> "BarBuilder":
        """Continue a bar."""
        dollars = bar.vwap * bar.volume
        return cls(
            bar.symbol, bar.time_ns, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trades_count, dollars
        )

    def add_to_minute(self, trade: Trade, moved: Moves, *, late: bool = False) -> None:
        """Count a trade by the minute bar's rules; a late one does not become the close."""
        self._count(trade, moved)
        self._move(trade.price, sets_close=moved.last and not late, sets_range=moved.minute_range, opens=moved.last)

    def add_to_day(self, trade: Trade, moved: Moves) -> None:
        """Count a trade by the daily bar's rules."""
        self._count(trade, moved)
        first = self.open is None and moved.daily_open_if_first
        sets_close = moved.daily_close or first
        self._move(trade.price, sets_close=sets_close, sets_range=moved.daily_range or first, opens=sets_close)

    def _count(self, trade: Trade, moved: Moves) -> None:
        if moved.volume:
            self.volume += trade.size
            self.trades_count += 1
            self.dollars += trade.size * trade.price

    def _move(self, price: float, *, sets_close: bool, sets_range: bool, opens: bool) -> None:
        if self.open is None:
            if opens:
                self.open = self.high = self.low = self.close = price
            return
        if sets_range:
            self.high = max(self.high, price)
            self.low = min(self.low, price)
        if sets_close:
            self.close = price

    def bar(self, span: str) -> Bar | None:
        """Return the bar so far; None without a price-setting trade."""
        if self.open is None:
            return None
        vwap = self.dollars / self.volume if self.volume else self.close
        return Bar(
            self.symbol, self.time_ns, self.open, self.high, self.low, self.close, self.volume, self.trades_count, vwap,
            span,
        )  # fmt: skip
