"""Alpaca's records, as far as we read them; numbers come as text. Fields with a default may be missing or null."""

import datetime as dt
from decimal import Decimal

import msgspec


class TradeAccount(msgspec.Struct, frozen=True):
    id: str
    account_number: str | None = None
    currency: str | None = None
    cash: Decimal | None = None
    equity: Decimal | None = None
    multiplier: Decimal | None = None


class FirmAccount(msgspec.Struct, frozen=True):
    """An account in the firm's list."""

    id: str
    account_number: str
    status: str
    created_at: str


class Position(msgspec.Struct, frozen=True):
    symbol: str
    asset_class: str
    qty: Decimal
    asset_id: str | None = None
    side: str | None = None
    exchange: str | None = None
    cost_basis: Decimal | None = None
    current_price: Decimal | None = None
    market_value: Decimal | None = None


class Activity(msgspec.Struct, frozen=True):
    """A fill (`transaction_time`, `price`, `qty`, `side`, `symbol`) or any other (`date`, `net_amount`)."""

    id: str
    activity_type: str
    transaction_time: dt.datetime | None = None
    date: dt.date | None = None
    net_amount: Decimal | None = None
    symbol: str | None = None
    side: str | None = None
    qty: Decimal | None = None
    price: Decimal | None = None
    description: str | None = None


class History(msgspec.Struct, frozen=True):
    profit_loss_pct: list[Decimal | None]


class Keys(msgspec.Struct, frozen=True):
    """The credential of a trading account, as we store it."""

    key_id: str
    secret_key: str


class RecordIds(msgspec.Struct, frozen=True):
    """What can be salvaged of a position that does not decode."""

    asset_id: str | None = None
