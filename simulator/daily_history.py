"""Daily bars of past days: generated, or real ones from a CSV file where it has the symbol."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from simulator.events import Bar
from simulator.market import GeneratedMarket
from simulator.price_paths import PricePaths
from simulator.recorded import open_text
from simulator.sessions import midnight_ns

Bars = Mapping[str, Mapping[date, Bar]]


def read_daily_bars(path: Path) -> Bars:
    """Return a CSV file's bars: symbol,date,open,high,low,close,volume (gzip or plain), unadjusted."""
    bars: dict[str, dict[date, Bar]] = {}
    with open_text(path) as lines:
        for row in csv.DictReader(lines):
            day = date.fromisoformat(row["date"])
            open_, high, low, close = (float(row[name]) for name in ("open", "high", "low", "close"))
            volume = float(row["volume"])
            middle = (high + low + close) / 3
            trades_count = int(volume // 120) + 1
            bar = Bar(row["symbol"], midnight_ns(day), open_, high, low, close, volume, trades_count, middle, "d")
            bars.setdefault(row["symbol"], {})[day] = bar
    return bars


@dataclass(frozen=True, slots=True)
class DailyHistory:
    """Daily bars of days that are over."""

    market: GeneratedMarket
    recorded: Bars = field(default_factory=dict)

    def bar(self, symbol: str, day: date) -> Bar | None:
        """Return a past day's bar; None where the symbol has no price history or the exchange was closed."""
        known = self.recorded.get(symbol)
        if known is not None:
            return known.get(day)
        paths = self.market.paths_of(symbol)
        return generated_bar(paths, symbol, day) if paths is not None else None

    def days(self, symbol: str, start: date, end: date) -> list[date]:
        """Return the days from `start` to `end` on which a symbol traded."""
        known = self.recorded.get(symbol)
        if known is not None:
            return sorted(day for day in known if start <= day <= end)
        paths = self.market.paths_of(symbol)
        if paths is None:
            return []
        return [day.date for day in paths.sessions.between(max(start, paths.first_day), end)]


def generated_bar(paths: PricePaths, symbol: str, day: date, until_ns: int | None = None) -> Bar:
    """Return a generated day's bar, or its part until an instant."""
    found = paths.bar(symbol, day, until_ns)
    stamp_ns = paths.sessions.midnight_ns(day)
    middle = (found.high + found.low + found.close) / 3
    trades_count = found.volume // 120 + 1
    return Bar(
        symbol, stamp_ns, found.open, found.high, found.low, found.close, found.volume, trades_count, middle, "d"
    )
