"""Accounts: found by a sync, kept when they vanish."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from realtime.contract.names import HOLDINGS_CHANGED
from realtime.domain.account import AccountId, ConnectionId, ConnectionStatus, ProviderName, UserId, account_id
from realtime.domain.instrument import InstrumentId
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool

_COLUMNS = """
a.id, a.public_id, a.provider_account_id, a.currency, a.provider_total, a.is_active, a.holdings_version, a.mask,
a.name, a.subtype
"""
_OF_CONNECTION = f"select {_COLUMNS} from accounts a where a.connection_id = $1 order by a.created_at, a.id"  # noqa: S608
_OF_OLDER = f"""
select {_COLUMNS}, c.id as connection_id, c.status from connections c join accounts a on a.connection_id = c.id
where (c.user_id, c.provider) = (select user_id, provider from connections where id = $1)
    and c.institution_id = $2 and c.id < $1
order by c.id, a.created_at, a.id
"""  # noqa: S608
_INSERT = """
insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, product, account_type,
    subtype, name, mask, currency, provider_total)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_UPDATE = """
update accounts
set product = $2, account_type = $3, subtype = $4, name = $5, mask = $6, currency = coalesce($7, currency),
    provider_total = $8, is_active = true, provider_account_id = $9, connection_id = $10
where id = $1
"""
_BANK_ACCOUNTS = """
select public_id from accounts
where connection_id = $1 and is_active and product in ('transactions', 'liabilities') order by public_id
"""
_DEACTIVATE = """
with gone as (
    update accounts set is_active = false, holdings_version = holdings_version + 1
    where id = any($1::uuid[]) and is_active returning user_id, public_id, holdings_version
)
select pg_notify($2, concat_ws(' ', user_id, public_id, holdings_version)) from gone
"""
_HELD = """
select h.account_id, h.instrument_id, h.quantity, h.cost_basis, h.provider_value, h.provider_price, i.currency
from holdings h join instruments i on i.id = h.instrument_id
where h.account_id = any($1::uuid[])
"""


class Fingerprint(NamedTuple):
    """What stays the same of an account when its login is linked again and it gets a new id."""

    mask: str | None
    name: str
    subtype: str | None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a provider says of an account; `currency` None keeps the stored one."""

    provider_account_id: str
    name: str
    product: str
    account_type: str
    subtype: str | None
    mask: str | None
    currency: str | None
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account as stored; version 0 means that its holdings were never read."""

    key: UUID
    id: AccountId
    provider_account_id: str
    currency: str
    total: Decimal | None
    active: bool
    holdings_version: int
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class OlderConnection:
    """An earlier connection of the same user to the same institution through the same provider."""

    id: ConnectionId
    status: ConnectionStatus
    accounts: tuple[StoredAccount, ...]


class StoredHolding(msgspec.Struct, frozen=True):
    """A holding as stored; `value`, `cost_basis` and the provider's `price` in `currency`, the instrument's."""

    instrument_id: InstrumentId
    quantity: Decimal
    cost_basis: Decimal | None
    value: Decimal | None
    currency: str
    price: Decimal | None = None


async def accounts_of_connection(connection: Connection | Pool, connection_id: ConnectionId) -> list[StoredAccount]:
    """Return all accounts of a connection, inactive ones too."""
    return [_stored(row) for row in await connection.fetch(_OF_CONNECTION, connection_id)]


async def bank_accounts_of_connection(connection: Connection | Pool, connection_id: ConnectionId) -> list[AccountId]:
    """Return the active bank, card and loan accounts of a connection."""
    return [AccountId(row["public_id"]) for row in await connection.fetch(_BANK_ACCOUNTS, connection_id)]


async def accounts_of_older_connections(
    connection: Connection | Pool, connection_id: ConnectionId, institution_id: str
) -> list[OlderConnection]:
    """Return the user's earlier connections to an institution, removed ones too, with all of their accounts."""
    found: dict[ConnectionId, OlderConnection] = {}
    for row in await connection.fetch(_OF_OLDER, connection_id, institution_id):
        key = ConnectionId(str(row["connection_id"]))
        known = found.get(key) or OlderConnection(key, ConnectionStatus(row["status"]), ())
        found[key] = replace(known, accounts=(*known.accounts, _stored(row)))
    return list(found.values())


async def holdings_by_account(
    connection: Connection | Pool, accounts: Iterable[UUID]
) -> dict[UUID, list[StoredHolding]]:
    """Return what accounts hold, by account."""
    held: dict[UUID, list[StoredHolding]] = {}
    for row in await connection.fetch(_HELD, list(accounts)):
        held.setdefault(row["account_id"], []).append(
            StoredHolding(
                InstrumentId(str(row["instrument_id"])),
                row["quantity"],
                row["cost_basis"],
                row["provider_value"],
                row["currency"],
                row["provider_price"],
            )
        )
    return held


async def add_account(
    connection: Connection, user_id: UserId, connection_id: ConnectionId, provider: ProviderName, facts: AccountFacts
) -> UUID:
    """Store a new account, whose currency must be known; return its key."""
    key = new_key()
    await connection.execute(
        _INSERT,
        key,
        account_id(provider, key.hex),
        user_id,
        connection_id,
        provider.value,
        facts.provider_account_id,
        facts.product,
        facts.account_type,
        facts.subtype,
        facts.name,
        facts.mask,
        facts.currency,
        facts.total,
    )
    return key


async def update_account(connection: Connection, key: UUID, connection_id: ConnectionId, facts: AccountFacts) -> None:
    """Store what is new about an account; it is active again, and of this connection."""
    await connection.execute(
        _UPDATE,
        key,
        facts.product,
        facts.account_type,
        facts.subtype,
        facts.name,
        facts.mask,
        facts.currency,
        facts.total,
        facts.provider_account_id,
        connection_id,
    )


async def deactivate_accounts(connection: Connection, keys: Iterable[UUID]) -> None:
    """Keep accounts that vanished without showing them; the live stages hear of it on commit."""
    await connection.execute(_DEACTIVATE, list(keys), HOLDINGS_CHANGED)


def _stored(row: Any) -> StoredAccount:
    return StoredAccount(
        key=row["id"],
        id=AccountId(row["public_id"]),
        provider_account_id=row["provider_account_id"],
        currency=row["currency"],
        total=row["provider_total"],
        active=row["is_active"],
        holdings_version=row["holdings_version"],
        fingerprint=Fingerprint(row["mask"], row["name"], row["subtype"]),
    )
