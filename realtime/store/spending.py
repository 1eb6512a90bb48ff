"""What came in and went out of a user's bank, card and loan accounts, and his portfolio's mode. Read as that user.

The rules are the database's own functions (docs/decisions/0162).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from realtime.domain.account import UserId
from realtime.store.pool import Connection

_BALANCES = "select currency, balance, owed, unknown_count from get_user_total_balance($1)"
_FLOWS = """
select currency, i.amount as income, s.amount as spending
from get_user_income($1, $2, $3) i full join get_user_spending($1, $2, $3) s using (currency) order by currency
"""
_CATEGORIES = "select * from get_user_spending_by_category($1, $2, $3)"
_COUNT = "select coalesce(get_user_transaction_count($1, $2, $3), 0)"
_MODE = "select get_user_portfolio_mode($1, $2, $3) as mode, get_user_aggregation_provider($1) as provider"


@dataclass(frozen=True, slots=True)
class Balance:
    """What is in the bank accounts of one currency, and what is owed; None when there is none or one is unknown."""

    currency: str
    balance: Decimal | None
    owed: Decimal | None
    unknown_count: int


@dataclass(frozen=True, slots=True)
class Flows:
    """Both positive; None when nothing of the kind happened."""

    currency: str
    income: Decimal | None
    spending: Decimal | None


@dataclass(frozen=True, slots=True)
class CategorySpending:
    category: str
    currency: str
    amount: Decimal
    transaction_count: int


@dataclass(frozen=True, slots=True)
class Spending:
    balances: Sequence[Balance]
    flows: Sequence[Flows]
    categories: Sequence[CategorySpending]
    transaction_count: int


@dataclass(frozen=True, slots=True)
class PortfolioMode:
    """`mode` as the database names it; `provider` is the aggregator that is relied on, None without one."""

    mode: str
    provider: str | None


async def spending_of(connection: Connection, user_id: UserId, first_date: date, last_date: date) -> Spending:
    """Return the bound user's balances now, and what came in and went out on both days and between."""
    user, days = UUID(user_id), (first_date, last_date)
    return Spending(
        [Balance(**row) for row in await connection.fetch(_BALANCES, user)],
        [Flows(**row) for row in await connection.fetch(_FLOWS, user, *days)],
        [CategorySpending(**row) for row in await connection.fetch(_CATEGORIES, user, *days)],
        await connection.fetchval(_COUNT, user, *days),
    )


async def portfolio_mode(
    connection: Connection, user_id: UserId, *, brokerage: bool, aggregation: bool
) -> PortfolioMode:
    """Return the bound user's mode, narrowed to what his flags allow."""
    row = await connection.fetchrow(_MODE, UUID(user_id), brokerage, aggregation)
    assert row is not None
    return PortfolioMode(row["mode"] or "none", row["provider"] if aggregation else None)
