"""What is valued for a watched user: his accounts and his portfolio, with their exact quantities (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from calculator.book import COUNTED, UNCOSTED, Entries
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.holding import AccountHoldings
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.store.holdings import UserHoldings


@dataclass(frozen=True, slots=True)
class Line:
    """One account's holding of one instrument; `units` is quantity times multiplier; cash has no cost."""

    account: AccountId
    institution: str
    quantity: Decimal
    units: Decimal
    cost: Decimal | None


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """An account, or (without an account id) a user's portfolio.

    Attributes:
        lines: By column, ordered by account; an account has one line a column, a portfolio one for each account.
    """

    user_id: UserId
    account_id: AccountId | None
    institution: str | None
    currency: str
    as_of: datetime | None
    lines: Mapping[int, tuple[Line, ...]]

    def entries(self) -> Entries:
        """Return the row of the book for this subject."""
        column, units, cost, flags = [], [], [], []
        for key, lines in self.lines.items():
            first = COUNTED | UNCOSTED if any(line.cost is None for line in lines) else COUNTED
            for place, line in enumerate(lines):
                column.append(key)
                units.append(float(line.units))
                cost.append(np.nan if line.cost is None else float(line.cost))
                flags.append(first if place == 0 else 0)
        return Entries(
            np.array(column, np.int32),
            np.array(units, np.float64),
            np.array(cost, np.float64),
            np.array(flags, np.uint8),
        )


def subjects_of(
    user: UserHoldings, column_of: Mapping[InstrumentId, int], instruments: list[Instrument]
) -> tuple[Subject, ...]:
    """Return the subjects of a user's accounts, then that of his portfolio."""
    accounts = sorted(user.accounts, key=lambda account: account.account_id)
    lines = [_lines(account, column_of, instruments) for account in accounts]
    together: dict[int, tuple[Line, ...]] = {}
    for account_lines in lines:
        for column, line in account_lines.items():
            together[column] = (*together.get(column, ()), line)
    read_at = [account.as_of for account in accounts if account.as_of is not None]
    return (
        *(
            _account_subject(account, {column: (line,) for column, line in account_lines.items()})
            for account, account_lines in zip(accounts, lines, strict=True)
        ),
        Subject(user.user_id, None, None, user.currency, min(read_at, default=None), together),
    )


def _account_subject(account: AccountHoldings, lines: Mapping[int, tuple[Line, ...]]) -> Subject:
    return Subject(account.user_id, account.account_id, account.institution, account.currency, account.as_of, lines)


def _lines(
    account: AccountHoldings, column_of: Mapping[InstrumentId, int], instruments: list[Instrument]
) -> dict[int, Line]:
    lines = {}
    for holding in account.holdings:
        column = column_of[holding.instrument_id]
        instrument = instruments[column]
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
