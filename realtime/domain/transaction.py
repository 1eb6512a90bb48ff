"""What happened in an account: trades and cash flows at brokers, payments at banks."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from realtime.domain.instrument import InstrumentId


class TransactionKind(StrEnum):
    BUY = "buy"
    SELL = "sell"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    FEE = "fee"
    TAX = "tax"
    SPLIT = "split"
    TRANSFER = "transfer"
    OTHER = "other"


FLOWS = frozenset({TransactionKind.DEPOSIT, TransactionKind.WITHDRAWAL})
"""Kinds that move the user's own money in or out: never a gain."""


@dataclass(frozen=True, slots=True)
class InvestmentTransaction:
    """A line of an investment account.

    Attributes:
        id: The provider's own, unique in the account.
        instrument_id: None for cash alone.
        quantity: Signed: bought positive, sold negative; contracts for options; None or 0 for cash alone.
        price: Per unit, per unit of the underlying for options.
        amount: Change of the account's cash in `currency`: negative for a purchase.
        trade_date: When dealt; providers that only know the settlement give that.
    """

    id: str
    instrument_id: InstrumentId | None
    kind: TransactionKind
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal
    fees: Decimal | None
    currency: str
    trade_date: date
    settlement_date: date | None
    description: str


@dataclass(frozen=True, slots=True)
class DayTrade:
    """A purchase or sale of the current trading day; fields as in `InvestmentTransaction`."""

    instrument_id: InstrumentId
    quantity: Decimal
    price: Decimal | None
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class DayTrades:
    """What an account bought and sold on one trading day.

    Attributes:
        known: Whether the transactions were read no earlier than the holdings.
    """

    day: date
    known: bool
    trades: tuple[DayTrade, ...]


@dataclass(frozen=True, slots=True)
class BankTransaction:
    """A line of a bank, card or loan account.

    Attributes:
        account: The provider's id of the account.
        id: The provider's own; a line that is posted gets another one than it had while pending.
        pending_id: Which one it had.
        amount: Change of what is in the account, in `currency`: negative for money spent.
        posted_date: When posted; of a pending one, when it is expected to be or was made.
        category, category_detail: The provider's own words, broad and narrow.
    """

    account: str
    id: str
    pending_id: str | None
    amount: Decimal
    currency: str
    posted_date: date
    name: str
    merchant: str | None
    category: str | None
    category_detail: str | None
    pending: bool
