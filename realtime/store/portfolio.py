"""What a user sees of himself: profile, accounts, connections, transactions. Read as that user."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from realtime.domain.account import AccountId, ConnectionId, UserId
from realtime.domain.reconciliation import Reconciliation
from realtime.errors import RetryLater
from realtime.store.jobs import OUTAGE
from realtime.store.pool import Connection, Pool, as_user
from realtime.store.reconciliations import RECONCILIATION, reconciliation_of

_PROFILE = "select id, name, currency from users where id = $1::uuid"
_ACCOUNTS = f"""
select a.public_id as id, a.name, coalesce(n.name, initcap(a.provider)) as institution, c.institution_id, a.provider,
    a.provider_account_id, a.account_type, a.subtype, a.mask, a.currency, a.connection_id, a.provider_total,
    a.last_synced_at, a.holdings_as_of, w.public_id as duplicate_of, {RECONCILIATION},
    (select p.public_id from account_pairs x join accounts p on p.id in (x.one, x.other) and p.id <> a.id
        where a.id in (x.one, x.other) and x.is_same is false and p.is_active
        order by x.found desc limit 1) as kept_apart_from
from accounts a
join connections c on c.id = a.connection_id
left join institutions n on n.id = c.institution_id
left join accounts w on w.id = a.duplicate_of
left join reconciliations r on r.account_id = a.id
where a.is_active
order by institution, a.name, a.public_id
"""  # noqa: S608  # nothing of a caller's is in it
_CONNECTIONS = """
select c.id, c.provider, coalesce(n.name, initcap(c.provider)) as institution, c.status, c.error_code, c.error_message,
    c.last_synced_at,
    (select min(j.due_at) from jobs j where j.connection_id = c.id and j.state = 'queued') as queued_for,
    exists (select from jobs j where j.connection_id = c.id and (j.state = 'running'
        or (j.state = 'queued' and j.due_at <= now()))) as is_syncing
from connections c
left join institutions n on n.id = c.institution_id
where c.status <> 'removed'
order by institution, c.created_at, c.id
"""
_CONNECTION_OF_ACCOUNT = "select connection_id from accounts where public_id = $1 and is_active"
_ACTIVE_CONNECTIONS = "select id from connections where status <> 'removed' order by created_at, id"


@dataclass(frozen=True, slots=True)
class UserProfile:
    """A user; `currency` is the one that he wants totals in."""

    id: UserId
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """An active account as it was linked.

    Attributes:
        provider_total: What the provider itself said that the account is worth, account currency.
        holdings_as_of: When the provider read the holdings at the institution.
        duplicate_of: The account that counts in its place, for it is the same one; None for an account that counts.
        kept_apart_from: An account that it would be taken for, did the user not say that they are two.
        reconciliation: Its total beside the provider's; None when the provider reports none.
    """

    id: AccountId
    name: str
    institution: str
    institution_id: str | None
    provider: str
    provider_account_id: str
    account_type: str
    subtype: str | None
    mask: str | None
    currency: str
    connection_id: ConnectionId
    provider_total: Decimal | None
    last_synced_at: datetime | None
    holdings_as_of: datetime | None = None
    duplicate_of: AccountId | None = None
    kept_apart_from: AccountId | None = None
    reconciliation: Reconciliation | None = None


@dataclass(frozen=True, slots=True)
class LinkedConnection:
    """A link to a provider; `queued_for` is when a queued refresh becomes due; syncing is it under way or due."""

    id: ConnectionId
    provider: str
    institution: str
    status: str
    error_code: str | None
    error_message: str | None
    last_synced_at: datetime | None
    queued_for: datetime | None
    is_syncing: bool


@dataclass(frozen=True, slots=True)
class ReportedTransaction:
    """A line of an investment account; `amount` is the change of its cash in `currency`."""

    id: str
    account_id: AccountId
    symbol: str | None
    kind: str
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal
    currency: str
    trade_date: date
    description: str


@asynccontextmanager
async def open_as(pool: Pool, user_id: UserId, *, with_credentials: bool = False) -> AsyncIterator[Connection]:
    """Open a transaction that sees this user's rows alone; his credentials only if that is said.

    Raises:
        RetryLater: The database does not answer.
    """
    try:
        async with as_user(pool, user_id, with_credentials=with_credentials) as connection:
            yield connection
    except OUTAGE as error:
        raise RetryLater(f"database unreachable: {type(error).__name__}", after_s=1.0) from error


async def answers(pool: Pool) -> None:
    """Ask the database for a sign of life.

    Raises:
        RetryLater: It gives none.
    """
    try:
        await pool.fetchval("select 1")
    except OUTAGE as error:
        raise RetryLater(f"database unreachable: {type(error).__name__}", after_s=1.0) from error


async def user_profile(pool: Pool, user_id: UserId) -> UserProfile | None:
    """Return the user; None when there is no such user (any more)."""
    async with open_as(pool, user_id) as connection:
        row = await connection.fetchrow(_PROFILE, user_id)
    return None if row is None else UserProfile(UserId(str(row["id"])), row["name"], row["currency"])


async def linked_accounts(pool: Pool, user_id: UserId) -> list[LinkedAccount]:
    """Return the user's active accounts, by institution and name."""
    async with open_as(pool, user_id) as connection:
        rows = await connection.fetch(_ACCOUNTS)
    return [_linked_account(row) for row in rows]


async def linked_connections(pool: Pool, user_id: UserId) -> list[LinkedConnection]:
    """Return the user's connections that are not removed, by institution."""
    async with open_as(pool, user_id) as connection:
        rows = await connection.fetch(_CONNECTIONS)
    return [LinkedConnection(**{**row, "id": ConnectionId(str(row["id"]))}) for row in rows]


async def connections_of(connection: Connection, account_id: AccountId | None) -> list[ConnectionId]:
    """Return the connections to refresh: those of the user to whom `connection` is bound, or of one account of his."""
    rows = (
        await connection.fetch(_ACTIVE_CONNECTIONS)
        if account_id is None
        else await connection.fetch(_CONNECTION_OF_ACCOUNT, account_id)
    )
    return [ConnectionId(str(row[0])) for row in rows]


def _linked_account(row: Any) -> LinkedAccount:
    fields = {name: value for name, value in row.items() if not name.startswith("drift_")}
    fields["connection_id"] = ConnectionId(str(row["connection_id"]))
    return LinkedAccount(**fields, reconciliation=reconciliation_of(row))
