"""The book: a sparse matrix, rows (accounts, portfolios) by columns (instruments), of signed units (pure).

The base is compressed by row, with an index by column beside it: 25 bytes an entry. A replaced row lies over the base
until `compacted` makes a new one, so that a change costs its own row alone. Whole-book products go over the base in
one pass; a batch that moves few columns asks `touched` and `select` for just their rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]
Starts = npt.NDArray[np.int32] | npt.NDArray[np.int64]

COUNTED = np.uint8(1)
"""Flag of the first entry of an instrument in its row; a portfolio's row has one entry for each account."""
UNCOSTED = np.uint8(2)
"""Flag beside COUNTED: for some entry of the instrument in this row no cost basis is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Positions of a row; vectors of shape (entries,).

    Attributes:
        column: Of the instrument.
        units: Quantity times multiplier, short negative.
        cost: Cost basis in the instrument's currency, signed like the quantity; NaN when unknown.
        flags: COUNTED and UNCOSTED.
    """

    column: Indices
    units: Floats
    cost: Floats
    flags: Flags

    def __len__(self) -> int:
        return len(self.column)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Entries of some rows; `place` says for each entry which of `rows` it belongs to."""

    rows: Rows
    place: Rows
    entries: Entries


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """The compressed part: entries ordered by row, as a matrix of units too (the same memory), and by column.

    Attributes:
        start: Index of the first entry of each row; shape (rows + 1,).
        column_start: Index in `column_rows` of the first row of each column; shape (columns + 1,).
    """

    entries: Entries
    start: Starts
    matrix: "csr_array[np.float64, tuple[int, int]]"
    column_start: Starts
    column_rows: Indices

    @classmethod
    def of(cls, entries: Entries, start: Rows, columns_count: int) -> "Base":
        """Index entries that are ordered by row."""
        shape = (len(start) - 1, columns_count)
        narrow = start.astype(np.int32) if len(entries) < np.iinfo(np.int32).max else start
        by_row = csr_array((entries.units, entries.column, narrow), shape=shape)
        by_column = csr_array((entries.flags, entries.column, narrow), shape=shape).tocsc()
        return cls(entries, narrow, by_row, by_column.indptr, by_column.indices)

    def product(self, price: Floats) -> Floats:
        """Return each row's sum of units times price; one pass over the memory, without the interpreter's lock."""
        return np.asarray(self.matrix @ price[: self.matrix.shape[1]])

    @property
    def rows_count(self) -> int:
        return len(self.start) - 1

    @property
    def nbytes(self) -> int:
        vectors = (self.entries.column, self.entries.units, self.entries.cost, self.entries.flags)
        return sum(v.nbytes for v in (*vectors, self.start, self.column_start, self.column_rows))


_NO_ENTRIES = Entries(np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0, np.uint8))
_EMPTY = Base.of(_NO_ENTRIES, np.zeros(1, np.int64), 1)


class Book:
    """Rows that are replaced one at a time while the whole is read at every batch."""

    def __init__(self, base: Base = _EMPTY) -> None:
        self._base = base
        self._over: dict[int, Entries] = {}
        self._over_rows: dict[int, set[int]] = {}
        self._covered = np.zeros(base.rows_count, np.bool_)
        self._rows_count = base.rows_count
        self._free: list[int] = []

    @property
    def rows_count(self) -> int:
        return self._rows_count

    @property
    def entries_count(self) -> int:
        covered = np.flatnonzero(self._covered)
        lengths = self._base.start[covered + 1] - self._base.start[covered]
        return len(self._base.entries) - int(lengths.sum()) + sum(map(len, self._over.values()))

    @property
    def replaced_count(self) -> int:
        """Rows that lie over the base."""
        return len(self._over)

    @property
    def base(self) -> Base:
        return self._base

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
        for column in self._over[row].column.tolist() if row in self._over else ():
            self._over_rows[column].discard(row)
        self._over[row] = entries
        for column in entries.column.tolist():
            self._over_rows.setdefault(column, set()).add(row)
        if row < len(self._covered):
            self._covered[row] = True

    def remove_row(self, row: int) -> None:
        """Empty a row; its number will be given again."""
        self.replace_row(row, _NO_ENTRIES)
        self._free.append(row)

    def touched(self, columns: Iterable[int]) -> Rows:
        """Return the rows that have an entry in any of these columns, ascending."""
        wanted = list(columns)
        over: set[int] = set().union(*(self._over_rows.get(column, ()) for column in wanted))
        starts = self._base.column_start
        parts = [
            self._base.column_rows[starts[column] : starts[column + 1]]
            for column in wanted
            if column + 1 < len(starts) and starts[column] != starts[column + 1]
        ]
        if not parts:
            return np.array(sorted(over), dtype=np.int64)
        base = np.concatenate(parts)
        base = base[~self._covered[base]]
        return np.unique(np.concatenate((base, np.fromiter(over, np.int64, len(over)))).astype(np.int64))

    def select(self, rows: Rows) -> Selection:
        """Return all entries of these rows; those of one row are adjacent."""
        over = [(place, self._over[row]) for place, row in enumerate(rows.tolist()) if row in self._over]
        in_base = np.ones(len(rows), np.bool_)
        in_base[[place for place, _ in over]] = False
        base_places = np.flatnonzero(in_base)
        starts = self._base.start[rows[base_places]].astype(np.int64)
        lengths = self._base.start[rows[base_places] + 1] - starts
        at = _ranges(starts, lengths)
        base, parts = self._base.entries, [entries for _, entries in over]
        over_places = np.array([place for place, _ in over], dtype=np.int64)
        return Selection(
            rows=rows,
            place=np.concatenate(
                (np.repeat(base_places, lengths), np.repeat(over_places, [len(entries) for entries in parts]))
            ),
            entries=Entries(
                np.concatenate([base.column[at], *(entries.column for entries in parts)]),
                np.concatenate([base.units[at], *(entries.units for entries in parts)]),
                np.concatenate([base.cost[at], *(entries.cost for entries in parts)]),
                np.concatenate([base.flags[at], *(entries.flags for entries in parts)]),
            ),
        )

    def market_values(self, price: Floats) -> Floats:
        """Return each row's sum of units times price, shape (rows,).

        Args:
            price: Per column, in one currency, 0 where unpriced; shape (columns,) or longer.
        """
        return self.over_product(self._base, self._base.product(price), price)

    def over_product(self, base: Base, product: Floats, price: Floats) -> Floats:
        """Complete a base's product, made elsewhere, with what was replaced meanwhile, as `market_values` does."""
        if base is not self._base:
            return self.market_values(price)
        values = np.zeros(self._rows_count)
        values[: base.rows_count] = product
        for row, entries in self._over.items():
            values[row] = entries.units @ price[entries.column]
        return values

    def overlay(self) -> dict[int, Entries]:
        """Return a copy of the replaced rows, for `compacted`."""
        return dict(self._over)

    def adopt(self, base: Base, merged: Mapping[int, Entries]) -> None:
        """Take a new base that `compacted` made from the old one and these replaced rows."""
        left = {row: entries for row, entries in self._over.items() if merged.get(row) is not entries}
        self._base, self._over, self._over_rows = base, {}, {}
        self._covered = np.zeros(base.rows_count, np.bool_)
        for row, entries in left.items():
            self.replace_row(row, entries)


def compacted(base: Base, over: Mapping[int, Entries], rows_count: int, columns_count: int) -> Base:
    """Return a base with the replaced rows in place; reads nothing that changes, so it may run in a thread."""
    lengths = np.zeros(rows_count, np.int64)
    lengths[: base.rows_count] = np.diff(base.start)
    for row, entries in over.items():
        lengths[row] = len(entries)
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    total = int(start[-1])
    merged = Entries(np.empty(total, np.int32), np.empty(total), np.empty(total), np.empty(total, np.uint8))
    row_from = 0
    for row in (*sorted(over), rows_count):
        first, last = min(row_from, base.rows_count), min(row, base.rows_count)
        _copy(base.entries, int(base.start[first]), int(base.start[last]), merged, int(start[row_from]))
        if row in over:
            _copy(over[row], 0, len(over[row]), merged, int(start[row]))
        row_from = row + 1
    return Base.of(merged, start, columns_count)


def _copy(source: Entries, first: int, last: int, target: Entries, at: int) -> None:
    size = last - first
    target.column[at : at + size] = source.column[first:last]
    target.units[at : at + size] = source.units[first:last]
    target.cost[at : at + size] = source.cost[first:last]
    target.flags[at : at + size] = source.flags[first:last]


def _ranges(starts: Rows, lengths: Rows) -> Rows:
    """Return start, start + 1 … for each start, `lengths` of them, one after another."""
    ends: Rows = np.cumsum(lengths)
    offsets: Rows = np.repeat(starts - (ends - lengths), lengths)
    return offsets + np.arange(len(offsets))
