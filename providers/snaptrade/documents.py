"""SnapTrade's answers, as far as we read them; amounts are exact decimals, sent as text or as numbers.

The lists stay raw: each record is decoded by itself. Fields with a default may be missing or null.
Source: SDK 13.0.49.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec


class Brokerage(msgspec.Struct, frozen=True):
    slug: str
    name: str
    display_name: str | None = None


class Authorization(msgspec.Struct, frozen=True):
    id: str = ""
    disabled: bool = False
    type: str | None = None
    brokerage: Brokerage | None = None


class HoldingsStatus(msgspec.Struct, frozen=True):
    initial_sync_completed: bool | None = None
    last_successful_sync: str | None = None
    holdings_unavailable: bool | None = None


class SyncStatus(msgspec.Struct, frozen=True):
    holdings: HoldingsStatus | None = None


class Money(msgspec.Struct, frozen=True):
    amount: Decimal | None = None
    currency: str | None = None


class AccountBalance(msgspec.Struct, frozen=True):
    total: Money | None = None


class Account(msgspec.Struct, frozen=True):
    id: str
    name: str | None = None
    number: str | None = None
    institution_name: str | None = None
    sync_status: SyncStatus | None = None
    balance: AccountBalance | None = None
    status: str | None = None
    raw_type: str | None = None
    account_category: str | None = None


class Currency(msgspec.Struct, frozen=True):
    code: str


class Balance(msgspec.Struct, frozen=True):
    currency: Currency | None = None
    cash: Decimal | None = None


class Figi(msgspec.Struct, frozen=True):
    figi_code: str | None = None


class Instrument(msgspec.Struct, frozen=True):
    kind: str
    symbol: str
    id: str | None = None
    raw_symbol: str | None = None
    description: str | None = None
    currency: str | None = None
    exchange: str | None = None
    figi_instrument: Figi | None = None
    multiplier: Decimal | None = None


class Position(msgspec.Struct, frozen=True):
    instrument: Instrument
    units: Decimal | None = None
    price: Decimal | None = None
    cost_basis: Decimal | None = None
    currency: str | None = None
    cash_equivalent: bool | None = None


class Freshness(msgspec.Struct, frozen=True):
    as_of: datetime | None = None


class PositionsAnswer(msgspec.Struct, frozen=True):
    results: list[msgspec.Raw]
    data_freshness: msgspec.Raw = msgspec.Raw(b"{}")


class Exchange(msgspec.Struct, frozen=True):
    code: str | None = None
    mic_code: str | None = None


class SymbolType(msgspec.Struct, frozen=True):
    code: str | None = None


class UniversalSymbol(msgspec.Struct, frozen=True):
    id: str
    symbol: str
    raw_symbol: str | None = None
    description: str | None = None
    currency: Currency | None = None
    exchange: Exchange | None = None
    type: SymbolType | None = None
    figi_code: str | None = None


class OptionSymbol(msgspec.Struct, frozen=True):
    id: str
    ticker: str
    is_mini_option: bool | None = None


class Activity(msgspec.Struct, frozen=True):
    id: str
    type: str
    trade_date: datetime | None = None
    settlement_date: datetime | None = None
    symbol: UniversalSymbol | None = None
    option_symbol: OptionSymbol | None = None
    currency: Currency | None = None
    units: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    fee: Decimal | None = None
    description: str | None = None


class ActivitiesAnswer(msgspec.Struct, frozen=True):
    data: list[msgspec.Raw]
    pagination: Any = None

    @property
    def total(self) -> int | None:
        """How many there are on all pages; None when the answer does not say."""
        total = self.pagination.get("total") if isinstance(self.pagination, dict) else None
        return total if isinstance(total, int) else None


class Return(msgspec.Struct, frozen=True):
    timeframe: str
    return_percent: Decimal | None = None


class ReturnsAnswer(msgspec.Struct, frozen=True):
    data: list[Return]


class RegisteredUser(msgspec.Struct, frozen=True, rename="camel"):
    user_id: str
    user_secret: str


class LoginLink(msgspec.Struct, frozen=True):
    redirect_uri: str = msgspec.field(name="redirectURI")
    session_id: str | None = msgspec.field(name="sessionId", default=None)


class ErrorAnswer(msgspec.Struct, frozen=True):
    """An error's body; the documents and the service spell its fields differently."""

    detail: Any = None
    code: Any = None
    default_detail: Any = None
    default_code: Any = None
    error: Any = None


class RecordIds(msgspec.Struct, frozen=True):
    """What can be salvaged of a position that does not decode."""

    instrument: Any = None
    cash_equivalent: Any = None

    @property
    def alias(self) -> str | None:
        alias = self.instrument.get("id") if isinstance(self.instrument, dict) else None
        return alias if isinstance(alias, str) else None
