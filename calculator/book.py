"""The book: a sparse matrix, rows (accounts) by columns (instruments), of signed units and of cost bases (pure).

The base is compressed by row: 20 bytes an entry. A replaced row lies over the base until `Still.compacted` makes a new
one, so that a change costs its own row alone. Sums over all rows go over the base in one pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]
Starts = npt.NDArray[np.int64]
Matrix = csr_array[np.float64, tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Positions; vectors of shape (entries,).

    Attributes:
        column: Of the instrument.
        units: Quantity times multiplier, short negative.
        cost: Cost basis in the instrument's currency, signed like the quantity; 0 when unknown.
    """

    column: Indices
    units: Floats
    cost: Floats

    def __len__(self) -> int:
        return len(self.column)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """Entries ordered by row, and two matrices over the same memory.

    Attributes:
        start: Index of the first entry of each row; shape (rows + 1,).
    """

    entries: Entries
    start: Starts
    units: Matrix
    cost: Matrix

    @classmethod
    def of(cls, entries: Entries, start: Starts, columns_count: int) -> "Base":
        """Build the matrices; `start` in 32 bits where that is enough, as scipy wants one type for both indices."""
        shape = (len(start) - 1, columns_count)
        places = start.astype(np.int32) if len(entries) < np.iinfo(np.int32).max else start
        units = csr_array((entries.units, entries.column, places), shape=shape)
        cost = csr_array((entries.cost, entries.column, places), shape=shape)
        return cls(entries, start, units, cost)

    @classmethod
    def of_rows(cls, rows: Sequence[Entries], columns_count: int) -> "Base":
        """Put rows one after another."""
        lengths = np.array([len(entries) for entries in rows], np.int64)
        return cls.of(
            Entries(
                np.concatenate([_NO_ENTRIES.column, *(entries.column for entries in rows)]),
                np.concatenate([_NO_ENTRIES.units, *(entries.units for entries in rows)]),
                np.concatenate([_NO_ENTRIES.cost, *(entries.cost for entries in rows)]),
            ),
            np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))),
            columns_count,
        )

    @property
    def rows_count(self) -> int:
        return len(self.start) - 1

    @property
    def nbytes(self) -> int:
        entries = self.entries
        vectors = (entries.column, entries.units, entries.cost, self.start, self.units.indptr)
        return sum(vector.nbytes for vector in vectors)


_NO_ENTRIES = Entries(np.empty(0, np.int32), np.empty(0), np.empty(0))
_EMPTY = Base.of(_NO_ENTRIES, np.zeros(1, np.int64), 1)


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """The book as it is at one moment; nothing in it changes, so that a thread may work on it."""

    base: Base
    replaced: Mapping[int, Entries]
    rows_count: int
    columns_count: int

    def market_values(self, price: Floats) -> Floats:
        """Return each row's sum of units times price, shape (rows,).

        Args:
            price: Per column, in one currency, 0 where unpriced; shape (columns,).
        """
        values = self._spread(_product(self.base.units, price))
        values[self._rows()] = _product(self._over().units, price)
        return values

    def cost_bases(self, rate: Floats) -> Floats:
        """Return each row's sum of known cost bases times the rate of their currency, per column; shape (rows,)."""
        values = self._spread(_product(self.base.cost, rate))
        values[self._rows()] = _product(self._over().cost, rate)
        return values

    def compacted(self) -> Base:
        """Return a base with the replaced rows in their places."""
        base, rows_count = self.base, self.rows_count
        lengths = np.zeros(rows_count, np.int64)
        lengths[: base.rows_count] = np.diff(base.start)
        lengths[self._rows()] = [len(entries) for entries in self.replaced.values()]
        start = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        total = int(start[-1])
        merged = Entries(np.empty(total, np.int32), np.empty(total), np.empty(total))
        first_kept = 0
        for row in (*sorted(self.replaced), rows_count):
            first, last = min(first_kept, base.rows_count), min(row, base.rows_count)
            _copy(base.entries, int(base.start[first]), int(base.start[last]), merged, int(start[first_kept]))
            if row in self.replaced:
                entries = self.replaced[row]
                _copy(entries, 0, len(entries), merged, int(start[row]))
            first_kept = row + 1
        return Base.of(merged, start, self.columns_count)

    def _rows(self) -> npt.NDArray[np.int64]:
        return np.fromiter(self.replaced, np.int64, len(self.replaced))

    def _over(self) -> Base:
        return Base.of_rows(list(self.replaced.values()), self.columns_count)

    def _spread(self, values: Floats) -> Floats:
        spread = np.zeros(self.rows_count)
        spread[: len(values)] = values
        return spread


class Book:
    """Rows that are replaced one at a time, any time."""

    def __init__(self, base: Base = _EMPTY) -> None:
        self._base = base
        self._replaced: dict[int, Entries] = {}
        self._rows_count = base.rows_count
        self._free: list[int] = []

    @property
    def rows_count(self) -> int:
        return self._rows_count

    @property
    def replaced_count(self) -> int:
        """Rows that lie over the base."""
        return len(self._replaced)

    @property
    def entries_count(self) -> int:
        covered = np.array([row for row in self._replaced if row < self._base.rows_count], np.int64)
        hidden = int((self._base.start[covered + 1] - self._base.start[covered]).sum())
        return len(self._base.entries) - hidden + sum(map(len, self._replaced.values()))

    def add_row(self, entries: Entries) -> int:
        """Put in a row and return its number."""
        if self._free:
            row = self._free.pop()
        else:
            row = self._rows_count
            self._rows_count += 1
        self.replace_row(row, entries)
        return row

    def replace_row(self, row: int, entries: Entries) -> None:
        """Put other entries in the place of a row's."""
        self._replaced[row] = entries

    def remove_row(self, row: int) -> None:
        """Empty a row; its number will be given again."""
        self.replace_row(row, _NO_ENTRIES)
        self._free.append(row)

    def still(self, columns_count: int) -> Still:
        """Return the book as it is now."""
        return Still(self._base, dict(self._replaced), self._rows_count, columns_count)

    def adopt(self, compacted: Base, still: Still) -> bool:
        """Take a base compacted from what the book was; return False when it has got another one meanwhile."""
        if self._base is not still.base:
            return False
        self._base = compacted
        self._replaced = {
            row: entries for row, entries in self._replaced.items() if still.replaced.get(row) is not entries
        }
        return True


def _product(matrix: Matrix, vector: Floats) -> Floats:
    """Multiply; columns that came after the matrix was made hold nothing in it."""
    return np.asarray(matrix @ vector[: matrix.shape[1]])


def _copy(source: Entries, first: int, last: int, target: Entries, at: int) -> None:
    size = last - first
    target.column[at : at + size] = source.column[first:last]
    target.units[at : at + size] = source.units[first:last]
    target.cost[at : at + size] = source.cost[first:last]
