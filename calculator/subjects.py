"""What is valued for a watched user: his accounts and his portfolio (pure). Within `exact_arithmetic()`."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from calculator.marks import Marks
from calculator.measures import figures
from calculator.parts import Held, Line, Part, part_of
from calculator.positions import position
from calculator.totals import Totals
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.holding import AccountHoldings
from realtime.domain.instrument import InstrumentId
from realtime.domain.value import Figures, Position
from realtime.store.holdings import UserHoldings


class Subject:
    """An account, or (without an account id) a user's portfolio, valued at the marks it was shown last.

    Attributes:
        held: By column; in an account each has one line, in a portfolio one for each account.
    """

    __slots__ = ("_as_of", "_institution", "_marks", "_parts", "_totals", "account_id", "currency", "held", "user_id")

    def __init__(
        self,
        user_id: UserId,
        account_id: AccountId | None,
        institution: str | None,
        currency: str,
        as_of: datetime | None,
        held: Mapping[int, Held],
        marks: Marks,
    ) -> None:
        self.user_id = user_id
        self.account_id = account_id
        self.currency = currency
        self.held = held
        self._institution = institution
        self._as_of = as_of
        self._marks = marks
        self._totals = Totals()
        self._parts: dict[int, Part] = {}
        for column, each in held.items():
            self._parts[column] = part = self._part(column, each)
            self._totals.add(column, each, part)

    def revalue(self, column: int) -> None:
        """Value one of its instruments anew."""
        held = self.held[column]
        part = self._part(column, held)
        self._totals.replace(column, held, self._parts[column], part)
        self._parts[column] = part

    def position(self, column: int) -> Position:
        """Return the position in one of its instruments."""
        instrument = self._marks.instruments[column]
        return position(instrument, self.held[column], self._parts[column], self._institution, self.account_id)

    def figures(self) -> Figures:
        """Return what it is worth."""
        return figures(self._totals, self.currency, str(self._marks.moment.session), self._as_of)

    def _part(self, column: int, held: Held) -> Part:
        marks = self._marks
        return part_of(held, marks.marks[column], marks.rates.rate(marks.instruments[column].currency, self.currency))


def subjects_of(user: UserHoldings, marks: Marks, subject_ids: Collection[AccountId | None]) -> list[Subject]:
    """Return the subjects among a user's accounts and (None) his portfolio; all his instruments have a column."""
    together: dict[int, list[Line]] = {}
    subjects = []
    for account in sorted(user.accounts, key=lambda account: account.account_id):
        lines = account_lines(account, marks)
        for column, line in lines.items():
            together.setdefault(column, []).append(line)
        if account.account_id in subject_ids:
            held = {column: _held(column, [line], marks) for column, line in lines.items()}
            subjects.append(_account_subject(account, held, marks))
    if None not in subject_ids:
        return subjects
    read_at = [account.as_of for account in user.accounts if account.as_of is not None]
    whole = {column: _held(column, lines, marks) for column, lines in together.items()}
    subjects.append(Subject(user.user_id, None, None, user.currency, min(read_at, default=None), whole, marks))
    return subjects


def _account_subject(account: AccountHoldings, held: Mapping[int, Held], marks: Marks) -> Subject:
    return Subject(
        account.user_id, account.account_id, account.institution, account.currency, account.as_of, held, marks
    )


def account_lines(account: AccountHoldings, marks: Marks) -> dict[int, Line]:
    """Return an account's holdings by column."""
    lines = {}
    for holding in account.holdings:
        column = marks.column_of[holding.instrument_id]
        instrument = marks.instruments[column]
        lines[column] = Line(
            account.account_id,
            account.institution,
            holding.quantity,
            holding.quantity * instrument.multiplier,
            None if instrument.asset_class is AssetClass.CASH else holding.cost_basis,
        )
    return lines


def instrument_ids(users: Iterable[UserHoldings]) -> set[InstrumentId]:
    """Return which instruments these users hold."""
    return {row.instrument_id for user in users for account in user.accounts for row in account.holdings}


def _held(column: int, lines: list[Line], marks: Marks) -> Held:
    return Held.of(tuple(lines), is_cash=marks.instruments[column].asset_class is AssetClass.CASH)
