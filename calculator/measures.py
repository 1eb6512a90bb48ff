"""The figures of `realtime/domain/value.py`, a function each, over many rows at once (pure).

Floats, unrounded, in each row's own currency, with a bound on their distance from the exact value; see `cents.py`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calculator.book import COUNTED, UNCOSTED, Floats, Selection
from calculator.marks import NEVER_US, Marks

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

_EPSILON = 2.0**-52
_ROUNDINGS = 16
"""More than the roundings that any single term goes through before it is summed."""


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One figure of each row; shape (rows,).

    Attributes:
        known: False where the figure is None.
        error: Bound on `|amount - exact|`; infinite where `known` itself is in doubt.
    """

    amount: Floats
    known: Bools
    error: Floats


class Lines:
    """The entries of some rows with their marks; vectors of shape (entries,), NaN where unknown."""

    def __init__(self, selection: Selection, marks: Marks, currency: npt.NDArray[np.int32]) -> None:
        """Look the marks up; `currency` is the code of each row's own, shape (rows,)."""
        entries, column = selection.entries, selection.entries.column
        rate = marks.rates.table[marks.currency[column], currency[selection.place]]
        self._place = selection.place
        self._rows_count = len(selection.rows)
        self.cash = marks.cash[column]
        self.live = marks.live[column] & ~marks.stale[column]
        self.observed = marks.live[column]
        self.stale = marks.stale[column]
        self.time_us = marks.time_us[column]
        self.counted = (entries.flags & COUNTED) != 0
        self.uncosted = ((entries.flags & UNCOSTED) != 0) | np.isnan(rate)
        self.value = entries.units * marks.price[column] * rate
        self.cost = np.where(self.cash, np.nan, entries.cost * rate)
        self.previous_value = np.where(self.cash, np.nan, entries.units * marks.previous_close[column] * rate)
        self.error = self._error_bound()

    def total(self, amounts: Floats, where: Bools) -> Floats:
        """Sum by row, shape (rows,), the amounts of the entries that are chosen."""
        chosen = np.where(where, amounts, 0.0)
        return np.bincount(self._place, weights=chosen, minlength=self._rows_count).astype(np.float64, copy=False)

    def count(self, where: Bools) -> Counts:
        """Count by row, shape (rows,), the entries that are chosen."""
        return np.bincount(self._place[where], minlength=self._rows_count)

    def earliest_us(self, where: Bools) -> Counts:
        """Return the earliest mark by row, microseconds since 1970; `NEVER_US` without any."""
        earliest = np.full(self._rows_count, NEVER_US)
        np.minimum.at(earliest, self._place[where], self.time_us[where])
        return earliest

    def figure(self, amounts: Floats, where: Bools) -> Figure:
        """Sum the chosen amounts by row; unknown where none is chosen."""
        return Figure(self.total(amounts, where), self.count(where) > 0, self.error)

    def sum(self, amounts: Floats, where: Bools) -> Figure:
        """Sum the chosen amounts by row; zero where none is chosen."""
        return Figure(self.total(amounts, where), np.ones(self._rows_count, np.bool_), self.error)

    def _error_bound(self) -> Floats:
        """Bound the error of any sum over a row: roundings per term and per addition, of all magnitudes together."""
        magnitude = sum(np.nan_to_num(np.abs(part)) for part in (self.value, self.cost, self.previous_value))
        everything = np.ones(len(self._place), np.bool_)
        return self.total(np.asarray(magnitude), everything) * (self.count(everything) + _ROUNDINGS) * _EPSILON


def market_value(lines: Lines) -> Figure:
    """Sum of the priced positions other than cash."""
    return lines.sum(lines.value, ~np.isnan(lines.value) & ~lines.cash)


def cash(lines: Lines) -> Figure:
    """Sum of the cash whose rate is known."""
    return lines.sum(lines.value, ~np.isnan(lines.value) & lines.cash)


def total_value(lines: Lines) -> Figure:
    """Market value and cash."""
    return lines.sum(lines.value, ~np.isnan(lines.value))


def cost_basis(lines: Lines) -> Figure:
    """Sum over the positions with known cost."""
    return lines.figure(lines.cost, ~np.isnan(lines.cost))


def unrealized_gain(lines: Lines) -> Figure:
    """Value less cost over the positions that have both."""
    gain = lines.value - lines.cost
    return lines.figure(gain, ~np.isnan(gain))


def unrealized_gain_pct(lines: Lines) -> Figure:
    """Percent of the cost of the positions that have both value and cost."""
    gain = unrealized_gain(lines)
    return _percent(gain, lines.total(lines.cost, ~np.isnan(lines.value - lines.cost)))


def day_change(lines: Lines) -> Figure:
    """Value less value at the previous close over the positions that have both."""
    change = lines.value - lines.previous_value
    return lines.figure(change, ~np.isnan(change))


def day_change_pct(lines: Lines) -> Figure:
    """Percent of the total value less the day change."""
    change = day_change(lines)
    return _percent(change, total_value(lines).amount - change.amount)


def live_coverage(lines: Lines) -> Figure:
    """Share of the gross market value that has a live mark that is not stale."""
    gross, live = _gross(lines, np.ones_like(lines.live)), _gross(lines, lines.live)
    known = gross > 0
    share = np.divide(live, gross, out=np.zeros_like(live), where=known)
    error = np.divide(2 * lines.error, gross, out=np.zeros_like(live), where=known)
    return Figure(share, known, error + share * _EPSILON)


def estimated_value(lines: Lines) -> Figure:
    """Gross market value marked by a previous close or by the provider's own price."""
    return Figure(_gross(lines, ~lines.observed), np.ones(len(lines.error), np.bool_), lines.error)


def stale_since(lines: Lines) -> Counts:
    """Time of the oldest stale mark, microseconds since 1970; `NEVER_US` without any."""
    return lines.earliest_us(lines.stale)


def stale_count(lines: Lines) -> Counts:
    """Positions with a stale mark."""
    return lines.count(lines.counted & lines.stale)


def unpriced_count(lines: Lines) -> Counts:
    """Positions without a price or an FX rate."""
    return lines.count(lines.counted & np.isnan(lines.value))


def uncosted_count(lines: Lines) -> Counts:
    """Positions other than cash without a known cost basis."""
    return lines.count(lines.counted & lines.uncosted & ~lines.cash)


def positions_count(lines: Lines) -> Counts:
    """Positions including cash."""
    return lines.count(lines.counted)


def _gross(lines: Lines, where: Bools) -> Floats:
    return lines.total(np.abs(lines.value), where & ~np.isnan(lines.value) & ~lines.cash)


def _percent(part: Figure, whole: Floats) -> Figure:
    """Return `part` in percent of `whole`, unknown where that is not positive."""
    positive = part.known & (whole > 0)
    share = np.divide(part.amount, whole, out=np.zeros_like(whole), where=positive)
    doubt = 2 * part.error
    relative = np.divide(doubt, whole - doubt, out=np.full_like(whole, np.inf), where=whole > doubt)
    error = np.where(part.known & (whole >= -doubt), 100 * relative * (1 + np.abs(share)), 0.0)
    return Figure(100 * share, positive, error + 100 * np.abs(share) * 4 * _EPSILON)
