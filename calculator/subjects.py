"""What is valued for a watched user: his accounts and his portfolio (pure). Within `exact_arithmetic()`."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from calculator.lines import Line, account_lines
from calculator.marks import Marks
from calculator.measures import figures
from calculator.parts import Held, Part, is_repriced, part_of
from calculator.positions import position, repriced
from calculator.totals import Totals
from realtime.domain.account import AccountId, UserId
from realtime.domain.holding import AccountHoldings
from realtime.domain.instrument import InstrumentId
from realtime.domain.value import Figures, Position, Repriced
from realtime.store.holdings import UserHoldings


class Subject:
    """An account, or (without an account id) a user's portfolio, valued at the marks it was shown last.

    Attributes:
        held: By column; in an account each has one line, in a portfolio one for each account. What was sold out today
            is among them.
    """

    __slots__ = (
        "_account",
        "_as_of",
        "_institution",
        "_marks",
        "_parts",
        "_totals",
        "account_id",
        "currency",
        "held",
        "user_id",
    )

    def __init__(
        self,
        user_id: UserId,
        account_id: AccountId | None,
        institution: str | None,
        currency: str,
        as_of: datetime | None,
        held: Mapping[int, Held],
        marks: Marks,
        account: AccountHoldings | None = None,
    ) -> None:
        self.user_id = user_id
        self.account_id = account_id
        self.currency = currency
        self.held = held
        self._institution = institution
        self._as_of = as_of
        self._marks = marks
        self._account = account
        self._totals = Totals()
        self._parts: dict[int, Part] = {}
        for column, each in held.items():
            self._parts[column] = part = self._part(column, each)
            self._totals.add(column, each, part)

    def revalue(self, column: int) -> bool:
        """Value one of its instruments anew; return whether nothing but its price has moved."""
        held, before = self.held[column], self._parts[column]
        self._parts[column] = part = self._part(column, held)
        repriced = is_repriced(before, part)
        self._totals.replace(column, held, before, part, repriced=repriced)
        return repriced

    def position(self, column: int) -> Position:
        """Return the position in one of its instruments."""
        instrument = self._marks.instruments[column]
        return position(instrument, self.held[column], self._parts[column], self._institution, self.account_id)

    def repriced(self, column: int) -> Repriced:
        """Return what of that position its price moves."""
        return repriced(self.held[column], self._parts[column], self.account_id)

    def figures(self) -> Figures:
        """Return what it is worth."""
        return figures(self._totals, self.currency, self._marks.moment, self._as_of, self._account)

    def _part(self, column: int, held: Held) -> Part:
        marks, source = self._marks, self._marks.instruments[column].currency
        rate = marks.rates.rate(source, self.currency)
        stale_since = None if source == self.currency else marks.rates.stale_since(source, self.currency)
        return part_of(held, marks.marks[column], rate, stale_since)


UserLines = dict[AccountId, dict[int, Line]]
"""A user's lines by account, in the order of their ids, and column."""


def user_lines(user: UserHoldings, marks: Marks) -> UserLines:
    """Return all lines of a user; all his instruments have a column."""
    accounts = sorted(user.accounts, key=lambda account: account.account_id)
    return {
        account.account_id: account_lines(account, user.trades.get(account.account_id), marks) for account in accounts
    }


def subjects_of(
    user: UserHoldings, lines: UserLines, marks: Marks, subject_ids: Collection[AccountId | None]
) -> list[Subject]:
    """Return the subjects among a user's accounts and (None) his portfolio."""
    together: dict[int, list[Line]] = {}
    subjects = []
    accounts = {account.account_id: account for account in user.accounts}
    counted = {account.account_id for account in user.counted}
    for account_id, mine in lines.items():
        if account_id in counted:
            for column, line in mine.items():
                together.setdefault(column, []).append(line)
        if account_id in subject_ids:
            held = {column: Held.of((line,)) for column, line in mine.items()}
            subjects.append(_account_subject(accounts[account_id], held, marks))
    if None not in subject_ids:
        return subjects
    read_at = [account.as_of for account in user.counted if account.as_of is not None]
    whole = {column: Held.of(tuple(each)) for column, each in together.items()}
    subjects.append(Subject(user.user_id, None, None, user.currency, min(read_at, default=None), whole, marks))
    return subjects


def _account_subject(account: AccountHoldings, held: Mapping[int, Held], marks: Marks) -> Subject:
    return Subject(
        account.user_id,
        account.account_id,
        account.institution,
        account.currency,
        account.as_of,
        held,
        marks,
        account,
    )


def instrument_ids(users: Iterable[UserHoldings]) -> set[InstrumentId]:
    """Return which instruments these users hold, or traded today."""
    found = {row.instrument_id for user in users for account in user.accounts for row in account.holdings}
    return found | {trade.instrument_id for user in users for day in user.trades.values() for trade in day.trades}
