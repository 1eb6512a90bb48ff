"""The whole book: every account of our partitions, in floats, for aggregates (pure)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from calculator.book import Base, Book, Entries, Floats, Still
from calculator.lines import account_lines
from calculator.marks import Marks
from calculator.parts import exact_arithmetic
from realtime.domain.account import AccountId, UserId
from realtime.domain.holding import AccountHoldings
from realtime.store.book import StoredAccount
from realtime.store.holdings import UserHoldings

_COMPACT_FROM = 1_000
_COMPACT_SHARE = 50
_DOLLAR = "USD"


class Valuation(NamedTuple):
    """What the rows' values are made of; nothing in it changes, so that a thread may work on it.

    Attributes:
        price: Dollars per unit, 0 where unpriced; shape (columns,), as the others.
        change: Dollars per unit since the previous close, 0 where unknown.
        rate: Dollars per unit of each instrument's currency, 0 where unknown.
    """

    still: Still
    price: Floats
    change: Floats
    rate: Floats

    def run(self) -> "Aggregates":
        """Value every account and add up."""
        values = self.still.market_values(self.price)
        return Aggregates(
            float(values.sum()),
            float(self.still.market_values(self.change).sum()),
            float(self.still.cost_bases(self.rate).sum()),
        )


class Aggregates(NamedTuple):
    """All accounts together, cash included, in dollars; the unpriced is left out."""

    total_value: float
    day_change: float
    cost_basis: float


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
        self.accounts_count += len(holdings.accounts) - len(before)
        after: dict[AccountId, int] = {}
        for account in holdings.accounts:
            entries = self._entries(account)
            row = before.pop(account.account_id, None)
            if row is None:
                row = self._book.add_row(entries)
            else:
                self._book.replace_row(row, entries)
            after[account.account_id] = row
        for row in before.values():
            self._book.remove_row(row)
        if after:
            self._rows[holdings.user_id] = after

    def valuation(self) -> Valuation:
        """Return what a valuation of every account now is made of."""
        marks = self._marks
        rates = [marks.rates.rate(instrument.currency, _DOLLAR) for instrument in marks.instruments]
        rate = np.array([0.0 if each is None else float(each) for each in rates])
        price = np.array([0.0 if mark.price is None else float(mark.price) for mark in marks.marks])
        change = np.array(
            [
                0.0 if mark.price is None or mark.previous_close is None else float(mark.price - mark.previous_close)
                for mark in marks.marks
            ]
        )
        return Valuation(self._book.still(len(price)), price * rate, change * rate, rate)

    def compaction(self) -> Still | None:
        """Return the book to compact; None while too few rows were replaced to be worth it."""
        if self._book.replaced_count <= max(_COMPACT_FROM, self._book.rows_count // _COMPACT_SHARE):
            return None
        return self._book.still(len(self._marks.instruments))

    def adopt(self, compacted: Base, still: Still) -> bool:
        """Take a compacted base, unless everything was loaded anew meanwhile."""
        return self._book.adopt(compacted, still)

    def _entries(self, account: AccountHoldings) -> Entries:
        with exact_arithmetic():
            lines = account_lines(account, None, self._marks)
        return Entries(
            np.fromiter(lines, np.int32, len(lines)),
            np.array([float(line.units) for line in lines.values()]),
            np.array([float(line.cost or Decimal(0)) for line in lines.values()]),
        )
