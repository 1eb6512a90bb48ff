"""The watched users' subjects: what a change of prices or holdings makes of them, as updates (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from calculator.book import COUNTED, Book, Rows, Selection, compacted
from calculator.exact import exact_arithmetic
from calculator.figures import figures
from calculator.marks import Marks, Moved
from calculator.positions import position
from calculator.subjects import Subject, subjects_of
from realtime.contract.messages import ValueUpdate
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.domain.value import Position
from realtime.store.holdings import UserHoldings

_COMPACT_FROM = 64
_COMPACT_SHARE = 4
"""A new base is made when more rows than this, and more than one in so many, lie over the old one."""


@dataclass(frozen=True, slots=True)
class _User:
    holdings: UserHoldings
    scales: tuple[tuple[Decimal, AssetClass], ...]
    rows: tuple[int, ...]


class Watched:
    """A row of the book for each account and portfolio that somebody watches."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._book = Book()
        self._users: dict[UserId, _User] = {}
        self._subjects: dict[int, Subject] = {}
        self._rows_of_currency: dict[str, set[int]] = {}

    @property
    def user_ids(self) -> frozenset[UserId]:
        return frozenset(self._users)

    @property
    def positions_count(self) -> int:
        return sum(len(subject.lines) for subject in self._subjects.values())

    def account_ids(self, user_id: UserId) -> frozenset[AccountId]:
        """Return which of a user's accounts are valued."""
        user = self._users.get(user_id)
        return frozenset(account.account_id for account in user.holdings.accounts) if user else frozenset()

    def put_user(self, holdings: UserHoldings) -> bool:
        """Take a user's holdings in the place of older ones; return False when they are what is known already.

        All his instruments have a column.
        """
        user = self._users.get(holdings.user_id)
        scales = self._scales(holdings)
        if user is not None and user.holdings == holdings and user.scales == scales:
            return False
        self.remove_user(holdings.user_id)
        subjects = subjects_of(holdings, self._marks.column_of, self._marks.instruments)
        rows = tuple(self._add(subject) for subject in subjects)
        self._users[holdings.user_id] = _User(holdings, scales, rows)
        self._compact_when_due()
        return True

    def remove_user(self, user_id: UserId) -> None:
        """Forget a user, if he is known."""
        user = self._users.pop(user_id, None)
        for row in user.rows if user else ():
            self._rows_of_currency[self._subjects.pop(row).currency].discard(row)
            self._book.remove_row(row)

    def value(self, moved: Moved, full: Iterable[UserId] = (), *, everybody: bool = False) -> list[ValueUpdate]:
        """Return the new state of the subjects that a change touches.

        Args:
            moved: Marks and rates that are other than before.
            full: Users of whom every subject is returned with all its positions.
            everybody: Return the figures of untouched subjects too: the market session is in all of them.
        """
        columns = moved.columns | self._columns_priced_in(moved.currencies)
        full_rows = {row for user_id in full if user_id in self._users for row in self._users[user_id].rows}
        for currency in moved.currencies:
            full_rows |= self._rows_of_currency.get(currency, set())
        if everybody:
            rows = np.array(sorted(self._subjects), np.int64)
        else:
            touched = self._book.touched(columns) if columns else np.empty(0, np.int64)
            rows = np.union1d(touched, np.array(sorted(full_rows), np.int64)) if full_rows else touched
        return self._updates(rows, columns, full_rows) if len(rows) else []

    def _updates(self, rows: Rows, columns: set[int], full_rows: set[int]) -> list[ValueUpdate]:
        selection = self._book.select(rows)
        subjects = [self._subjects[row] for row in rows.tolist()]
        with exact_arithmetic():
            values = figures(subjects, selection, self._marks)
            moved = self._moved_columns(selection, columns)
            return [
                ValueUpdate(
                    user_id=subject.user_id,
                    account_id=subject.account_id,
                    figures=row_figures,
                    full=row in full_rows,
                    positions=self._positions(subject, subject.lines if row in full_rows else moved[place]),
                )
                for place, (row, subject, row_figures) in enumerate(zip(rows.tolist(), subjects, values, strict=True))
            ]

    def _positions(self, subject: Subject, columns: Iterable[int]) -> dict[InstrumentId, Position]:
        return {self._marks.instruments[column].id: position(subject, column, self._marks) for column in columns}

    def _moved_columns(self, selection: Selection, columns: set[int]) -> list[list[int]]:
        """Return for each selected row the moved columns it has an entry in."""
        moved: list[list[int]] = [[] for _ in selection.rows]
        is_moved = np.zeros(len(self._marks.price), np.bool_)
        is_moved[list(columns)] = True
        entries = selection.entries
        at = np.flatnonzero(is_moved[entries.column] & ((entries.flags & COUNTED) != 0))
        for place, column in zip(selection.place[at].tolist(), entries.column[at].tolist(), strict=True):
            moved[place].append(column)
        return moved

    def _columns_priced_in(self, currencies: set[str]) -> set[int]:
        if not currencies:
            return set()
        return {
            column for column, instrument in enumerate(self._marks.instruments) if instrument.currency in currencies
        }

    def _scales(self, holdings: UserHoldings) -> tuple[tuple[Decimal, AssetClass], ...]:
        """Return what else the rows are made of: each holding's multiplier and class."""
        held = (row for account in holdings.accounts for row in account.holdings)
        instruments = (self._marks.instruments[self._marks.column_of[row.instrument_id]] for row in held)
        return tuple((instrument.multiplier, instrument.asset_class) for instrument in instruments)

    def _add(self, subject: Subject) -> int:
        row = self._book.add_row(subject.entries())
        self._subjects[row] = subject
        self._rows_of_currency.setdefault(subject.currency, set()).add(row)
        return row

    def _compact_when_due(self) -> None:
        over = self._book.overlay()
        if len(over) > max(_COMPACT_FROM, self._book.rows_count // _COMPACT_SHARE):
            columns_count = len(self._marks.instruments)
            self._book.adopt(compacted(self._book.base, over, self._book.rows_count, columns_count), over)
