"""The whole book: every account of our partitions, in floats, for aggregates (pure)."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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
_SPLIT_REMEMBERED = timedelta(days=7)


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


class Totals(NamedTuple):
    """What portfolios' totals are made of; nothing in it changes, so that a thread may work on it.

    Attributes:
        still: The book.
        price: Dollars per unit, 0 where unpriced; shape (columns,).
        is_split: 1 where a split took effect in the last days, else 0: some units may be from before it.
        owner: Number of each row's user; shape (rows,).
        users: Users by number; None for who holds nothing any more.
    """

    still: Still
    price: Floats
    is_split: Floats
    owner: npt.NDArray[np.int64]
    users: tuple[UserId | None, ...]

    def run(self, only: Collection[UserId] | None = None) -> dict[UserId, float]:
        """Return each user's total in dollars, cash included, the unpriced left out.

        Whoever holds something that was split is left out: the book does not know whether his units are new.
        """
        count = len(self.users)
        totals = np.bincount(self.owner, self.still.market_values(self.price), count)
        unsure = np.bincount(self.owner, np.abs(self.still.market_values(self.is_split)), count)
        return {
            user: float(totals[number])
            for number, user in enumerate(self.users)
            if user is not None and not unsure[number] and (only is None or user in only)
        }


class Aggregates(NamedTuple):
    """All accounts together, cash included, in dollars; the unpriced is left out."""

    total_value: float
    day_change: float
    cost_basis: float


class Owners(NamedTuple):
    """Whose the rows of a book are.

    Attributes:
        rows: Of each user's accounts.
        numbers: Of users, in the order of their first rows.
        owner: Number of each row's user.
    """

    rows: dict[UserId, dict[AccountId, int]]
    numbers: dict[UserId, int]
    owner: list[int]

    @classmethod
    def of(cls, accounts: Iterable[StoredAccount]) -> "Owners":
        """Give each of these accounts a row, in their order."""
        owners = cls({}, {}, [])
        for row, account in enumerate(accounts):
            owners.rows.setdefault(account.user_id, {})[account.id] = row
            owners.owner.append(owners.numbers.setdefault(account.user_id, len(owners.numbers)))
        return owners


class WholeBook:
    """A row for each account that counts; a user's accounts are adjacent as loaded.

    Attributes:
        accounts_count: Accounts in it.
        regrouped: Users who have other accounts than before, until whoever minds takes them out.
    """

    def __init__(self, marks: Marks) -> None:
        self.accounts_count = 0
        self.regrouped: set[UserId] = set()
        self._marks = marks
        self._book = Book()
        self._rows: dict[UserId, dict[AccountId, int]] = {}
        self._numbers: dict[UserId, int] = {}
        self._owner: list[int] = []

    @property
    def users_count(self) -> int:
        return len(self._rows)

    @property
    def positions_count(self) -> int:
        return self._book.entries_count

    def load(self, base: Base, owners: "Owners") -> None:
        """Take a base, whose rows are these, in the place of everything."""
        self._book = Book(base)
        self._rows, self._numbers, self._owner = owners
        self.accounts_count = base.rows_count

    def put_user(self, holdings: UserHoldings) -> None:
        """Replace a user's rows; all his instruments have a column."""
        before = self._rows.pop(holdings.user_id, {})
        if set(before) != {account.account_id for account in holdings.counted}:
            self.regrouped.add(holdings.user_id)
        self.accounts_count += len(holdings.counted) - len(before)
        after: dict[AccountId, int] = {}
        for account in holdings.counted:
            entries = self._entries(account)
            row = before.pop(account.account_id, None)
            if row is None:
                row = self._book.add_row(entries)
                self._own(row, holdings.user_id)
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

    def totals(self) -> Totals:
        """Return what all portfolios' totals now are made of."""
        marks = self._marks
        rates = self.dollar_rates()
        price = np.array([0.0 if mark.price is None else float(mark.price) for mark in marks.marks])
        rate = np.array([rates.get(instrument.currency, 0.0) for instrument in marks.instruments])
        since = marks.moment.now - _SPLIT_REMEMBERED
        is_split = np.array([float(marks.split_since(column, since) is not None) for column in range(len(price))])
        owner = np.array(self._owner, np.int64)
        users = tuple(user if user in self._rows else None for user in self._numbers)
        return Totals(self._book.still(len(price)), price * rate, is_split, owner, users)

    def dollar_rates(self) -> dict[str, float]:
        """Return dollars per unit of each currency that has a known rate."""
        found = {currency: self._marks.rates.rate(currency, _DOLLAR) for currency in self._currencies()}
        return {currency: float(rate) for currency, rate in found.items() if rate is not None}

    def _currencies(self) -> set[str]:
        return {instrument.currency for instrument in self._marks.instruments} | {_DOLLAR}

    def _own(self, row: int, user_id: UserId) -> None:
        number = self._numbers.setdefault(user_id, len(self._numbers))
        self._owner.extend([number] * (row + 1 - len(self._owner)))
        self._owner[row] = number

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
