"""What a provider is: five calls, and the neutral types they answer with.

A provider translates at once: what leaves its folder has canonical symbols, total cost bases, contracts for options,
signed quantities and aware times. Unknown is None. A record that cannot be read is set aside with its reason and the
rest is kept; a call that fails raises from `realtime.errors`, anything else is `UnexpectedAnswer`, a bug.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol, runtime_checkable

import msgspec
from pydantic import SecretStr

from realtime.domain.account import ProviderName
from realtime.domain.asset_class import AssetClass
from realtime.domain.transaction import BankTransaction, TransactionKind

Product = Literal["transactions", "investments", "liabilities"]


@dataclass(eq=False)
class UnexpectedAnswer(Exception):  # named for what it is, like all of ours
    """A provider said something that its documents do not allow, or refuses what we sent: a bug.

    Attributes:
        code: The provider's own error code or the HTTP status.
        detail: What it said, without secrets.
    """

    provider: ProviderName
    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.provider} answered {self.code}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Access:
    """What a call needs to reach one connection.

    Attributes:
        connection: The provider's id of it: Plaid's item, SnapTrade's authorization, Alpaca's account.
        user: The user's id at the provider, where it has one.
        credential: Access token, user secret or key pair; None where the firm's own keys serve.
    """

    connection: str
    user: str
    credential: SecretStr | None


@dataclass(frozen=True, slots=True)
class Institution:
    """The firm behind a connection; the id is the provider's."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that cannot be used, or a part of one.

    Attributes:
        alias: The provider's id of the instrument; None when not even that can be read.
        reason: Why, for a person.
        harmless: No holding is missing for it: only a part was left out, or other records say the same.
    """

    alias: str | None
    reason: str
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class ReportedAccount:
    """An account as its provider describes it.

    Attributes:
        id: The provider's.
        account_type: In Plaid's words: investment, depository, credit, loan, other.
        mask: Last digits of its number.
        currency: ISO 4217; None while the provider does not know it.
        total: The provider's own figure of what it is worth, in `currency`.
    """

    id: str
    name: str
    product: Product
    account_type: str
    subtype: str | None
    mask: str | None
    currency: str | None
    total: Decimal | None


class ReportedInstrument(msgspec.Struct, frozen=True, cache_hash=True):
    """An instrument as its provider describes it, canonically spelled.

    Attributes:
        alias: The provider's own id of it, stable where its ticker is not.
        symbol: See `realtime.domain.symbol`.
        listed: Traded where our market-data source quotes it.
    """

    alias: str
    symbol: str
    asset_class: AssetClass
    currency: str
    multiplier: Decimal
    name: str
    listed: bool
    figi: str | None = None
    isin: str | None = None
    cusip: str | None = None


class ProviderHolding(msgspec.Struct, frozen=True):
    """A holding as its provider reports it; amounts in the instrument's currency.

    Attributes:
        quantity: Signed, short negative; contracts for options; an amount for cash.
        cost_basis: Total, signed like the quantity.
        price: Per unit, of the underlying for options.
        price_time: Of the price; None when the provider does not say.
        value: The provider's own.
    """

    instrument: ReportedInstrument
    quantity: Decimal
    cost_basis: Decimal | None
    price: Decimal | None
    price_time: datetime | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountReport:
    """One account and what it holds.

    Attributes:
        holdings: All of them; None where the answer is not about holdings (a debt, or balances alone).
        as_of: When the provider read it at the institution.
        unusable: Why the holdings must not replace what is stored (an unfinished first sync, say); None when
            they may.
        total_only: The one holding is the account's total, for want of holdings: it replaces no other ones.
    """

    account: ReportedAccount
    holdings: tuple[ProviderHolding, ...] | None
    as_of: datetime | None
    set_aside: tuple[SetAside, ...] = ()
    unusable: str | None = None
    total_only: bool = False


@dataclass(frozen=True, slots=True)
class HoldingsReport:
    """A connection's answer.

    Attributes:
        set_aside: Accounts that cannot be read; while one of them is not harmless, no account counts as vanished.
        fetched_at: Wall time of the answer.
        has_bank_lines: The connection has bank transactions, which `BankProvider` reads.
    """

    institution: Institution | None
    accounts: tuple[AccountReport, ...]
    fetched_at: datetime
    set_aside: tuple[SetAside, ...] = ()
    has_bank_lines: bool = False


@dataclass(frozen=True, slots=True)
class ProviderTransaction:
    """A line of an investment account; fields as in `realtime.domain.transaction`."""

    account: str
    id: str
    instrument: ReportedInstrument | None
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
class TransactionsReport:
    transactions: tuple[ProviderTransaction, ...]
    set_aside: tuple[SetAside, ...] = ()


@dataclass(frozen=True, slots=True)
class BankChanges:
    """What changed in a connection's bank accounts between two cursors.

    Attributes:
        lines: New and changed ones, each once, in their newest form.
        removed: Ids of lines that are no more; one that is pending no longer among them.
        cursor: Where the next reading begins; to be stored together with the lines.
        since: Where this one began; None: these are all lines that there are.
        complete: The provider has read the whole history; until then older lines are still to come.
    """

    lines: tuple[BankTransaction, ...]
    removed: frozenset[str]
    cursor: str
    since: str | None
    complete: bool
    set_aside: tuple[SetAside, ...] = ()


@dataclass(frozen=True, slots=True)
class Performance:
    """A provider's own figures for one account.

    Attributes:
        returns_pct: Period (`1D 1W 1M 3M YTD 1Y ALL`) to percent, 5.25 is 5.25 %.
    """

    account: str
    returns_pct: dict[str, Decimal]


class Provider(Protocol):
    """The interface of every provider. `account` limits an answer to one, by the provider's id.

    Raises:
        RetryLater: It is busy or down, or has not finished its own first sync.
        ReconnectNeeded: The user must sign in again.
        Unsupported: The institution or plan cannot do this.
        Misconfigured: Our keys are refused.
        UnexpectedAnswer: A bug.
    """

    @property
    def name(self) -> ProviderName: ...

    async def accounts(self, access: Access) -> Sequence[ReportedAccount]:
        """Return the accounts, with balances as the provider knows them."""

    async def positions(self, access: Access, account: str | None = None) -> HoldingsReport:
        """Return the accounts and what they hold."""

    async def transactions(self, access: Access, since: date, account: str | None = None) -> TransactionsReport:
        """Return the investment transactions dealt on or after a day."""

    async def performance(self, access: Access, account: str | None = None) -> Sequence[Performance]:
        """Return the provider's own return figures."""

    async def refresh(self, access: Access) -> None:
        """Ask the provider to read the institution now; the news comes later, by webhook or the next call."""

    async def remove(self, access: Access) -> None:
        """End the connection at the provider."""

    async def close(self) -> None:
        """Give sockets back."""


@runtime_checkable
class BankProvider(Protocol):
    """A provider that knows bank transactions too; raises what `Provider` raises."""

    async def bank_changes(self, access: Access, cursor: str | None) -> BankChanges:
        """Return what changed since a cursor; everything without one."""
