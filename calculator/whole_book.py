"""The whole book: every account of our partitions, in floats, for aggregates (pure)."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from calculator.book import Base, Book, Entries, Floats, compacted
from calculator.marks import Marks
from calculator.subjects import subjects_of
from realtime.domain.account import AccountId, UserId
from realtime.store.book import StoredAccount
from realtime.store.holdings import UserHoldings

_COMPACT_FROM = 1_000
_COMPACT_SHARE = 50


class Compaction(NamedTuple):
    """What a new base is made of; nothing in it changes, so that a thread may make it."""

    base: Base
    replaced: dict[int, Entries]
    rows_count: int
    columns_count: int

    def run(self) -> Base:
        """Return the new base."""
        return compacted(self.base, self.replaced, self.rows_count, self.columns_count)


class Valuation(NamedTuple):
    """What the rows' values are made of; nothing in it changes, so that a thread may multiply.

    Attributes:
        price: Dollars per unit, 0 where unpriced; shape (columns,) or longer.
    """

    base: Base
    price: Floats

    def run(self) -> Floats:
        """Return the base's product."""
        return self.base.product(self.price)


class WholeBook:
    """A row for each account; a user's accounts are adjacent as loaded.

    Attributes:
        accounts_count: Accounts in it.
    """

    def __init__(self, marks: Marks) -> None:
        self.accounts_count = 0
        self._marks = marks
        self._book = Book()
        self._rows: dict[UserId, dict[AccountId, int]] = {}

    @property
    def positions_count(self) -> int:
        return self._book.entries_count

    def load(self, base: Base, accounts: Iterable[StoredAccount]) -> None:
        """Take a base with a row for each of these accounts, in their order, in the place of everything."""
        self._book = Book(base)
        self._rows = {}
        for row, account in enumerate(accounts):
            self._rows.setdefault(account.user_id, {})[account.id] = row
        self.accounts_count = base.rows_count

    def put_user(self, holdings: UserHoldings) -> None:
        """Replace a user's rows; all his instruments have a column."""
        before = self._rows.pop(holdings.user_id, {})
        after: dict[AccountId, int] = {}
        self.accounts_count += len(holdings.accounts) - len(before)
        for subject in subjects_of(holdings, self._marks.column_of, self._marks.instruments):
            if subject.account_id is None:
                continue
            row = before.pop(subject.account_id, None)
            if row is None:
                row = self._book.add_row(subject.entries())
            else:
                self._book.replace_row(row, subject.entries())
            after[subject.account_id] = row
        for row in before.values():
            self._book.remove_row(row)
        if after:
            self._rows[holdings.user_id] = after

    def valuation(self) -> Valuation:
        """Return what a valuation of every row is made of."""
        marks = self._marks
        dollars = marks.rates.table[:, marks.rates.code("USD")][marks.currency]
        return Valuation(self._book.base, np.nan_to_num(marks.price * dollars))

    def market_values(self, valuation: Valuation, product: Floats) -> Floats:
        """Return each row's value in dollars, cash included, shape (rows,); the unpriced is left out."""
        return self._book.over_product(valuation.base, product, valuation.price)

    def compaction(self) -> Compaction | None:
        """Return what a new base would be made of; None while too few rows were replaced to be worth it."""
        if self._book.replaced_count <= max(_COMPACT_FROM, self._book.rows_count // _COMPACT_SHARE):
            return None
        return Compaction(self._book.base, self._book.overlay(), self._book.rows_count, len(self._marks.instruments))

    def adopt(self, base: Base, compaction: Compaction) -> None:
        """Take a new base, unless everything was loaded anew meanwhile."""
        if self._book.base is compaction.base:
            self._book.adopt(base, compaction.replaced)
