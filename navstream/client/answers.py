"""What the REST API answers, with types: amounts as Decimals, None is unknown, never zero. Pure.

Fields as the API's own description has them (`GET /api/openapi.json`). Unknown fields of later servers are ignored.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from navstream.client.values import Reconciliation


class Config(msgspec.Struct, frozen=True):
    """What a client needs to know before it signs in."""

    websocket_url: str
    version: str
    providers: tuple[str, ...]


class SessionUser(msgspec.Struct, frozen=True):
    id: str
    name: str
    operator: bool


class Session(msgspec.Struct, frozen=True):
    """A bearer token, and whose it is."""

    token: str
    expires_at: datetime
    user: SessionUser

    def __repr__(self) -> str:
        return f"Session(user={self.user!r}, expires_at={self.expires_at.isoformat()})"


class Account(msgspec.Struct, frozen=True):
    """One account at an institution; `id` is its public id, as channels name it.

    Attributes:
        duplicate_of: The account that counts in totals in its place: both are one, reached through two providers.
        kept_apart_from: One that it would be taken for, did the user not say that they are two.
    """

    id: str
    name: str
    institution: str
    institution_id: str | None
    provider: str
    account_type: str
    subtype: str | None
    mask: str | None
    currency: str
    connection_id: str
    last_synced_at: datetime | None
    reconciliation: Reconciliation | None
    duplicate_of: str | None
    kept_apart_from: str | None


class Connection(msgspec.Struct, frozen=True):
    """A link to a provider and its health: `status` is active, reconnect_needed or error."""

    id: str
    provider: str
    institution: str
    status: str
    error_code: str | None
    error_message: str | None
    last_synced_at: datetime | None
    next_sync_at: datetime | None
    is_syncing: bool


class SyncLog(msgspec.Struct, frozen=True):
    """One refresh; `quarantined` is what was set aside, each with its reason."""

    id: str
    connection_id: str
    product: str
    trigger: str
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    outcome: str | None
    accounts_count: int | None
    holdings_count: int | None
    quarantined: tuple[dict[str, str | None], ...]
    error_code: str | None
    error_message: str | None


class AccountShare(msgspec.Struct, frozen=True):
    """One account's part in a position."""

    account_id: str
    quantity: Decimal
    market_value: Decimal | None
    institution: str


class PortfolioPosition(msgspec.Struct, frozen=True):
    """An instrument over all accounts; amounts in the user's currency, `price` in `currency`."""

    symbol: str
    name: str
    security_type: str
    total_quantity: Decimal
    total_market_value: Decimal | None
    total_cost_basis: Decimal | None
    average_cost_basis: Decimal | None
    unrealized_gain_loss: Decimal | None
    unrealized_gain_loss_percent: Decimal | None
    day_change: Decimal | None
    price: Decimal | None
    price_time: datetime | None
    price_source: str | None
    stale: bool
    currency: str
    unpriced_reason: str | None
    institutions: tuple[str, ...]
    accounts: tuple[AccountShare, ...]


class AccountBalance(msgspec.Struct, frozen=True):
    """An account with its live total, or without one with what the provider reported; in `currency`."""

    id: str
    provider: str
    provider_account_id: str
    account_type: str
    institution_name: str
    account_name: str
    balance: Decimal | None
    currency: str
    is_active: bool
    duplicate_of: str | None


class Transaction(msgspec.Struct, frozen=True):
    id: str
    account_id: str
    symbol: str | None
    type: str
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal
    currency: str
    date: date
    description: str


class Metadata(msgspec.Struct, frozen=True):
    """`last_updated` is market time; `live` whether a calculator keeps the values up to date."""

    last_updated: datetime
    live: bool
    currency: str
    providers: tuple[str, ...]
    account_count: int
    unpriced_count: int


class Portfolio(msgspec.Struct, frozen=True):
    """Holdings by instrument over all accounts, with live values; the 50 newest transactions."""

    accounts: tuple[AccountBalance, ...]
    positions: tuple[PortfolioPosition, ...]
    transactions: tuple[Transaction, ...]
    total_value: Decimal | None
    metadata: Metadata


class IntradayPoint(msgspec.Struct, frozen=True):
    """`time` is market time, seconds since 1970."""

    time: int
    value: Decimal


class Intraday(msgspec.Struct, frozen=True):
    """The total at each minute of the trading day, oldest first, without minutes of an unknown total.

    Attributes:
        opens_at: Of the regular session, market time, seconds since 1970.
        closes_at: Its close, early on a half day.
    """

    trading_day: date
    opens_at: int
    closes_at: int
    points: tuple[IntradayPoint, ...]
