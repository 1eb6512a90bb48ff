"""Crypto pairs and the test symbol: markets that never close (days are UTC's)."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from simulator.clock import SECOND_NS
from simulator.events import TEST_SYMBOL, Due, Quote, Trade
from simulator.price_paths import PricePaths
from simulator.random_trades import Slot, middle_prices
from simulator.sessions import Sessions, TradingDay

SPREAD_BPS = 3.0
_DAY_NS = 86_400 * SECOND_NS


def round_the_clock_sessions(around_ns: int, years_before: int = 4, years_after: int = 1) -> Sessions:
    """Return a calendar in which each UTC day trades from midnight to midnight."""
    year = datetime.fromtimestamp(around_ns // SECOND_NS, UTC).year
    first, last = date(year - years_before, 1, 1), date(year + years_after, 12, 31)
    days = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND_NS
        days.append(TradingDay(day, start, start, start + _DAY_NS, start + _DAY_NS))
    return Sessions(tuple(days), UTC)


class RoundTheClockTrades:
    """Turns slots into trades and quotes of crypto pairs and the test symbol."""

    def __init__(self, paths: PricePaths) -> None:
        self._paths = paths
        self._symbols = [security.symbol for security in paths.securities]
        self._typical_size = [max(security.daily_volume / 1e5, 1e-4) for security in paths.securities]

    def draw(self, rng: np.random.Generator, slot: Slot, quoted: frozenset[str]) -> list[Due]:
        """Return the slot's events in no particular order; quotes only of the symbols in `quoted`."""
        count = len(slot.at_us)
        middles = middle_prices(slot, self._paths)
        buys = rng.random(count) < 0.5
        factors = np.exp(rng.normal(0, 1.2, count))
        events = []
        for at, column, middle, buy, factor in zip(
            slot.at_us.tolist(), slot.columns.tolist(), middles.tolist(), buys.tolist(), factors.tolist(), strict=True
        ):
            symbol, time_ns = self._symbols[column], slot.minute_ns + at * 1000
            half = middle * SPREAD_BPS * 5e-5
            price = middle + half if buy else middle - half
            if symbol == TEST_SYMBOL:
                shares = 100 + int(factor * 50)
                trade = Trade(symbol, time_ns, time_ns // 1000, round(price, 2), shares, "N", (" ",), "A")
            else:
                size = round(self._typical_size[column] * factor, 9)
                # Three decimals: a pair's trade prices are finer than cents.
                trade = Trade(symbol, time_ns, time_ns, round(price, 3), size, "", (), "", "B" if buy else "S")
            if symbol in quoted:
                quote = round_the_clock_quote(symbol, time_ns - 500, middle, self._typical_size[column])
                events.append(Due(quote.time_ns, quote))
            events.append(Due(time_ns, trade))
        return events


def round_the_clock_quote(symbol: str, time_ns: int, middle: float, typical_size: float) -> Quote:
    """Return the quote around a middle price."""
    half = middle * SPREAD_BPS * 5e-5
    if symbol == TEST_SYMBOL:
        return Quote(symbol, time_ns, round(middle - half, 2), 100, round(middle + half, 2), 100, "N", "N", ("R",), "A")
    size = round(typical_size * 20, 6)
    return Quote(symbol, time_ns, round(middle - half, 3), size, round(middle + half, 3), size, "", "", (), "")
