"""The aggregated portfolio in the shape that the mission's author asked for. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, PlainSerializer

from realtime.contract.messages import SubjectState
from realtime.domain.account import AccountId
from realtime.domain.value import Position
from realtime.store.portfolio import LinkedAccount, ReportedTransaction

Number = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""A JSON number; exact for every amount below ten trillion."""


class Contribution(BaseModel):
    account_id: str
    quantity: Number
    market_value: Number | None
    institution: str


class AggregatedPosition(BaseModel):
    """An instrument over all accounts, amounts in the user's currency; null is unknown, never zero."""

    symbol: str
    name: str
    security_type: str
    total_quantity: Number
    total_market_value: Number | None
    total_cost_basis: Number | None
    average_cost_basis: Number | None
    unrealized_gain_loss: Number | None
    unrealized_gain_loss_percent: Number | None
    day_change: Number | None
    price: Number | None = Field(description="In `currency`.")
    price_time: datetime | None
    price_source: str | None
    stale: bool
    currency: str
    unpriced_reason: str | None
    institutions: list[str]
    accounts: list[Contribution]


class AggregatedAccount(BaseModel):
    id: str
    provider: str
    provider_account_id: str
    account_type: str
    institution_name: str
    account_name: str
    balance: Number | None = Field(description="Live total; without one, what the provider reported. In `currency`.")
    currency: str
    is_active: bool
    duplicate_of: str | None = Field(description="The account that counts in totals in its place.")


class AggregatedTransaction(BaseModel):
    id: str
    account_id: str
    symbol: str | None
    type: str
    quantity: Number | None
    price: Number | None
    amount: Number
    currency: str
    date: date
    description: str


class Metadata(BaseModel):
    """`last_updated` is market time; `live` whether a calculator keeps the values up to date."""

    last_updated: datetime
    live: bool
    currency: str
    providers: list[str]
    account_count: int
    unpriced_count: int


class AggregatedPortfolio(BaseModel):
    accounts: list[AggregatedAccount]
    positions: list[AggregatedPosition]
    transactions: list[AggregatedTransaction] = Field(description="The 50 newest.")
    total_value: Number
    metadata: Metadata


def aggregated(
    portfolio: SubjectState,
    account_states: Mapping[AccountId, SubjectState],
    accounts: Iterable[LinkedAccount],
    transactions: Iterable[ReportedTransaction],
    *,
    live: bool,
) -> AggregatedPortfolio:
    """Put a user's values, accounts and newest transactions together; positions by value, unpriced ones last."""
    linked = list(accounts)
    return AggregatedPortfolio(
        accounts=[_account(account, account_states.get(account.id)) for account in linked],
        positions=[_position(position) for position in sorted(portfolio.positions.values(), key=_by_value)],
        transactions=[transaction_shown(transaction) for transaction in transactions],
        total_value=portfolio.figures.total_value,
        metadata=Metadata(
            last_updated=portfolio.as_of,
            live=live,
            currency=portfolio.figures.currency,
            providers=sorted({account.provider for account in linked}),
            account_count=sum(account.duplicate_of is None for account in linked),
            unpriced_count=portfolio.figures.unpriced_count,
        ),
    )


def _by_value(position: Position) -> tuple[bool, Decimal, str]:
    value = position.market_value
    return value is None, Decimal(0) if value is None else -value, position.symbol


def _account(account: LinkedAccount, state: SubjectState | None) -> AggregatedAccount:
    return AggregatedAccount(
        id=account.id,
        provider=account.provider,
        provider_account_id=account.provider_account_id,
        account_type=account.account_type,
        institution_name=account.institution,
        account_name=account.name,
        balance=account.provider_total if state is None else state.figures.total_value,
        currency=account.currency if state is None else state.figures.currency,
        is_active=True,
        duplicate_of=account.duplicate_of,
    )


def _position(position: Position) -> AggregatedPosition:
    return AggregatedPosition(
        symbol=position.symbol,
        name=position.name,
        security_type=position.asset_class.value,
        total_quantity=position.quantity,
        total_market_value=position.market_value,
        total_cost_basis=position.cost_basis,
        average_cost_basis=position.average_cost,
        unrealized_gain_loss=position.unrealized_gain,
        unrealized_gain_loss_percent=position.unrealized_gain_pct,
        day_change=position.day_change,
        price=position.price,
        price_time=position.price_time,
        price_source=None if position.price_source is None else position.price_source.value,
        stale=position.stale,
        currency=position.currency,
        unpriced_reason=position.unpriced_reason,
        institutions=sorted({part.institution for part in position.contributions}),
        accounts=[
            Contribution(
                account_id=part.account,
                quantity=part.quantity,
                market_value=part.market_value,
                institution=part.institution,
            )
            for part in position.contributions
        ],
    )


def transaction_shown(transaction: ReportedTransaction) -> AggregatedTransaction:
    """Return a transaction in the shape that was asked for."""
    return AggregatedTransaction(
        id=transaction.id,
        account_id=transaction.account_id,
        symbol=transaction.symbol,
        type=transaction.kind,
        quantity=transaction.quantity,
        price=transaction.price,
        amount=transaction.amount,
        currency=transaction.currency,
        date=transaction.trade_date,
        description=transaction.description,
    )
