"""Where prices are at any instant: a pure function of seed, anchor day and time.

The close before the anchor day is each security's base price. Later days follow from it, earlier ones lead to it, so
a simulator that restarts at a later market time finds the prices where they would have been.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from simulator.catalog import Security
from simulator.clock import MINUTE_NS
from simulator.factors import Factors
from simulator.sessions import Sessions, TradingDay
from simulator.volume_curve import Floats, activity

_SECONDS = 60
_DAYS_A_YEAR = 252
_GAP_SHARE = 0.1
"""The part of a day's variance that falls between post-market close and pre-market open."""
_OUTSIDE_QUIET = 0.35
"""Variance of a minute outside regular hours against one of the regular mean."""
_DAYS_KEPT = 8


class DayBar(NamedTuple):
    """A daily bar of one security."""

    day: TradingDay
    open: float
    high: float
    low: float
    close: float
    volume: int


class PricePaths:
    """Log prices of some securities that trade on the same days.

    Args:
        anchor: The trading day whose previous close is the base price.
    """

    def __init__(self, securities: Sequence[Security], sessions: Sessions, anchor: date, seed: int) -> None:
        self.securities = tuple(securities)
        self.sessions = sessions
        self.columns = {security.symbol: column for column, security in enumerate(securities)}
        self.daily_volume = np.array([security.daily_volume for security in securities], dtype=float)
        self._base = np.log([float(security.base_price) for security in securities])
        self._factors = Factors(securities)
        self._seed = seed
        self._anchor = sessions.index(anchor)
        self._days: dict[int, Floats] = {}
        self._ends: dict[int, Floats] = {}
        self._minutes: dict[int, Floats] = {}
        self._shift = np.zeros(len(securities))
        self._past: Floats | None = None

    @property
    def first_day(self) -> date:
        """The earliest day with a bar: one is needed before it, to open from."""
        return self.sessions.days[0].date

    def move_to(self, symbol: str, price: float, at_ns: int) -> None:
        """From now on let the path of a symbol run through that price."""
        column = self.columns[symbol]
        self._shift[column] += np.log(price) - np.log(self.mid(symbol, at_ns))
        self._minutes.clear()

    def mid(self, symbol: str, at_ns: int) -> float:
        """Return the price at an instant; outside trading hours the last one before."""
        second, rest = divmod(at_ns % MINUTE_NS, 1_000_000_000)
        levels = self.minute(at_ns)[second : second + 2, self.columns[symbol]]
        return float(np.exp(levels[0] + (levels[1] - levels[0]) * rest / 1e9))

    def minute(self, at_ns: int) -> Floats:
        """Return the log prices of each second of an instant's minute, shape (61, securities)."""
        start = at_ns - at_ns % MINUTE_NS
        found = self._minutes.get(start)
        if found is None:
            if len(self._minutes) > 2:
                self._minutes.clear()
            found = self._minutes[start] = self._interpolated(start)
        return found

    def _interpolated(self, start_ns: int) -> Floats:
        day = self.sessions.current(start_ns)
        levels = self._levels(self.sessions.index(day.date))
        position = (start_ns - day.pre_open_ns) // MINUTE_NS
        if not 0 <= position < len(levels) - 1:
            edge = levels[0] if position < 0 else levels[-1]
            return np.tile(edge + self._shift, (_SECONDS + 1, 1))
        rng = np.random.default_rng([self._seed, 2, start_ns // MINUTE_NS])
        variance = self._variance(day)[position] / _DAYS_A_YEAR
        walk = np.zeros((_SECONDS + 1, len(self.securities)))
        walk[1:] = np.cumsum(self._factors.draw(rng, _SECONDS) * np.sqrt(variance / _SECONDS), axis=0)
        along = np.linspace(0.0, 1.0, _SECONDS + 1)[:, None]
        bridge = walk - along * walk[-1]
        result: Floats = levels[position] + along * (levels[position + 1] - levels[position]) + bridge + self._shift
        return result

    def _variance(self, day: TradingDay) -> Floats:
        """Return each minute's share of a trading day's variance."""
        by_minute = activity(day)
        first, last = ((instant - day.pre_open_ns) // MINUTE_NS for instant in (day.open_ns, day.close_ns))
        share = np.sqrt(by_minute)
        share[:first] *= _OUTSIDE_QUIET
        share[last:] *= _OUTSIDE_QUIET
        result: Floats = share / share.sum() * (1 - _GAP_SHARE)
        return result

    def _levels(self, index: int) -> Floats:
        """Return a day's log prices at each minute, first to last, shape (minutes + 1, securities)."""
        found = self._days.get(index)
        if found is None:
            if len(self._days) > _DAYS_KEPT:
                self._days.clear()
            found = self._days[index] = self._walk(index, self._level_before(index))
            self._ends[index] = found[-1]
        return found

    def _level_before(self, index: int) -> Floats:
        if index <= self._anchor:
            return self._base
        for earlier in range(self._anchor, index):
            if earlier not in self._ends:
                self._ends[earlier] = self._walk(earlier, self._level_before(earlier))[-1]
        return self._ends[index - 1]

    def _walk(self, index: int, before: Floats) -> Floats:
        day = self.sessions.days[index]
        rng = np.random.default_rng([self._seed, 1, day.date.toordinal()])
        gap = self._factors.draw(rng, 1) * np.sqrt(_GAP_SHARE / _DAYS_A_YEAR)
        variance = self._variance(day)[:, None] / _DAYS_A_YEAR
        steps = self._factors.draw(rng, len(variance)) * np.sqrt(variance)
        levels: Floats = before + np.cumsum(np.concatenate([gap, steps]), axis=0)
        return levels

    def close(self, symbol: str, day: date) -> float:
        """Return the official close of a trading day, rounded to cents."""
        return self.bar(symbol, day).close

    def bar(self, symbol: str, day: date, until_ns: int | None = None) -> DayBar:
        """Return a trading day's bar, or its part until an instant in it."""
        index, column = self.sessions.index(day), self.columns[symbol]
        found = self.sessions.days[index]
        if index < self._anchor:
            return self._past_bar(index, column)
        first, last = ((instant - found.pre_open_ns) // MINUTE_NS for instant in (found.open_ns, found.close_ns))
        if until_ns is not None:
            last = min(last, max(first, (until_ns - found.pre_open_ns) // MINUTE_NS))
        path = np.round(np.exp(self._levels(index)[first : last + 1, column] + self._shift[column]), 2)
        volume = float(activity(found)[first:last].sum() / max(activity(found).sum(), 1) * self.daily_volume[column])
        return DayBar(found, float(path[0]), float(path.max()), float(path.min()), float(path[-1]), int(volume))

    def _past_bar(self, index: int, column: int) -> DayBar:
        """Return a bar of a day before the anchor: a random walk that ends at the base price."""
        if self._past is None:
            rng = np.random.default_rng([self._seed, 3])
            steps = self._factors.draw(rng, self._anchor) / np.sqrt(_DAYS_A_YEAR)
            closes = self._base - np.concatenate([np.zeros((1, len(self._base))), np.cumsum(steps, axis=0)])
            self._past = np.round(np.exp(closes), 2)
        back = self._anchor - 1 - index
        close, previous = float(self._past[back, column]), float(self._past[back + 1, column])
        rng = np.random.default_rng([self._seed, 4, index, column])
        reach = self.securities[column].annual_volatility / np.sqrt(_DAYS_A_YEAR)
        open_ = round(previous * float(np.exp(rng.normal(0, reach * 0.3))), 2)
        high = round(max(open_, close) * float(np.exp(abs(rng.normal(0, reach * 0.4)))), 2)
        low = round(min(open_, close) * float(np.exp(-abs(rng.normal(0, reach * 0.4)))), 2)
        volume = int(self.daily_volume[column] * float(np.exp(rng.normal(0, 0.25))))
        return DayBar(self.sessions.days[index], open_, high, low, close, volume)
