"""Connections: a user's links to providers, how they are, and what is due for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from realtime.domain.account import ConnectionId, ConnectionStatus, ProviderName, UserId
from realtime.errors import BadRequest
from realtime.store.accounts import deactivate_accounts
from realtime.store.duplicates import decide_duplicates, hold_accounts
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool

_ADD = """
insert into connections (id, user_id, provider, provider_connection_id, credential, access)
values ($1, $2, $3, $4, $5, $6)
on conflict (provider, provider_connection_id) do update
set credential = excluded.credential, access = excluded.access, status = 'active', error_code = null,
    error_message = null
where connections.user_id = excluded.user_id
returning id
"""
_COLUMNS = """
c.id, c.user_id, c.provider, c.provider_connection_id, c.institution_id, c.status,
case when c.provider = 'snaptrade' then u.snaptrade_user_secret else c.credential end as credential
"""
_BY_ID = f"select {_COLUMNS} from connections c join users u on u.id = c.user_id where c.id = $1"  # noqa: S608
_OF_USER = f"""
select {_COLUMNS} from connections c join users u on u.id = c.user_id
where c.user_id = $1 and c.status <> 'removed' order by c.created_at
"""  # noqa: S608
_NAME_INSTITUTION = """
insert into institutions (id, name) values ($1, $2)
on conflict (id) do update set name = excluded.name where institutions.name <> excluded.name
"""
_SET_INSTITUTION = "update connections set institution_id = $2 where id = $1 and institution_id is distinct from $2"
_SYNCED = """
update connections
set last_synced_at = now(),
    status = case when $2 or status <> 'reconnect_needed' then 'active' else status end,
    error_code = case when status = 'active' or (status = 'reconnect_needed' and not $2) then error_code end,
    error_message = case when status = 'active' or (status = 'reconnect_needed' and not $2) then error_message end
where id = $1 and status <> 'removed'
"""
_FAILED = """
update connections set status = $2, error_code = $3, error_message = $4 where id = $1 and status <> 'removed'
"""
_REPAIRED = """
update connections set status = 'active', error_code = null, error_message = null where id = $1 and status <> 'removed'
"""
_REMOVED = "update connections set status = 'removed', credential = null where id = $1"
_OWNER = "select user_id from connections where id = $1"
_LOCK = "select status from connections where id = $1 for update"
_LOCKED_CREDENTIAL = "select credential from connections where id = $1 and status <> 'removed' for update"
_LINKED = """
select id from connections where provider = $1 and provider_connection_id = $2 and status <> 'removed'
"""
_KEEP_CREDENTIAL = "update connections set credential = $2 where id = $1 and status <> 'removed'"
_ACCOUNTS = "select id from accounts where connection_id = $1 and is_active"
_LAST_RUNS = """
select c.id, c.user_id, c.provider,
    greatest(max(r.started_at) filter (where r.product = 'holdings'), (
        select max(now()) from jobs j
        where j.connection_id = c.id and j.state in ('queued', 'running') and j.kind = 'holdings')) as holdings_at,
    greatest(max(r.started_at) filter (where r.product in ('holdings', 'balances')), (
        select max(now()) from jobs j
        where j.connection_id = c.id and j.state in ('queued', 'running') and j.kind in ('holdings', 'balances')
    )) as balances_at
from connections c
left join sync_runs r on r.connection_id = c.id and r.started_at > now() - interval '3 days'
where c.status in ('active', 'error')
group by c.id
"""


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection as stored; `credential` is encrypted (of SnapTrade it is the user's secret)."""

    id: ConnectionId
    user_id: UserId
    provider: ProviderName
    provider_connection_id: str
    institution_id: str | None
    status: ConnectionStatus
    credential: bytes | None


@dataclass(frozen=True, slots=True)
class LastRuns:
    """When a connection's last sync runs began, now for one that is queued; None when none was for three days."""

    connection_id: ConnectionId
    user_id: UserId
    provider: ProviderName
    holdings_at: datetime | None
    balances_at: datetime | None


async def add_connection(
    connection: Connection,
    *,
    user_id: UserId,
    provider: ProviderName,
    provider_connection_id: str,
    credential: bytes | None,
    access: str = "read",
) -> ConnectionId:
    """Store a connection with its encrypted credential; the same one again takes the new credential.

    Raises:
        BadRequest: Another user has this connection.
    """
    try:
        key = await connection.fetchval(
            _ADD, new_key(), user_id, provider.value, provider_connection_id, credential, access
        )
    except asyncpg.InsufficientPrivilegeError:  # row-level security: the row that is there is somebody else's
        key = None
    if key is None:
        raise BadRequest("connection_taken", "This connection belongs to another user.")
    return ConnectionId(str(key))


async def is_linked(connection: Connection, provider: ProviderName, provider_connection_id: str) -> bool:
    """Return whether a connection is stored already, as far as row-level security shows it, and not removed."""
    return await connection.fetchval(_LINKED, provider.value, provider_connection_id) is not None


async def connection_by_id(connection: Connection | Pool, connection_id: ConnectionId) -> StoredConnection | None:
    """Return a connection, whatever its status."""
    row = await connection.fetchrow(_BY_ID, connection_id)
    return None if row is None else _stored(row)


async def connections_of_user(connection: Connection | Pool, user_id: UserId) -> list[StoredConnection]:
    """Return the user's connections that are not removed, oldest first."""
    return [_stored(row) for row in await connection.fetch(_OF_USER, user_id)]


async def set_institution(connection: Connection, connection_id: ConnectionId, institution_id: str, name: str) -> None:
    """Say which firm is behind a connection."""
    await connection.execute(_NAME_INSTITUTION, institution_id, name)
    await connection.execute(_SET_INSTITUTION, connection_id, institution_id)


async def mark_synced(connection: Connection, connection_id: ConnectionId, *, is_proof: bool) -> None:
    """Record that something of the connection was read.

    Args:
        connection: In whose transaction.
        connection_id: Of what.
        is_proof: It shows that the user need not sign in again; a broken login may still answer with old data.
    """
    await connection.execute(_SYNCED, connection_id, is_proof)


async def mark_repaired(connection: Connection | Pool, connection_id: ConnectionId) -> None:
    """Record that whatever was wrong with the connection, or was announced to be, is over."""
    await connection.execute(_REPAIRED, connection_id)


async def mark_failed(
    connection: Connection | Pool, connection_id: ConnectionId, status: ConnectionStatus, code: str, message: str
) -> None:
    """Record why the connection does not work, or (active) soon will not; nothing that it holds changes."""
    await connection.execute(_FAILED, connection_id, status.value, code, message)


async def mark_removed(connection: Connection, connection_id: ConnectionId) -> None:
    """End a connection: its accounts become inactive, its credential is forgotten. Call it within a transaction.

    Accounts that did not count because one of its accounts did count from now on.
    """
    user_id = await connection.fetchval(_OWNER, connection_id)
    await hold_accounts(connection, user_id)
    await connection.execute(_REMOVED, connection_id)
    await deactivate_accounts(connection, [row["id"] for row in await connection.fetch(_ACCOUNTS, connection_id)])
    await decide_duplicates(connection, user_id)


async def lock_connection(connection: Connection, connection_id: ConnectionId) -> ConnectionStatus | None:
    """Return how a connection is, which nobody else changes until the transaction ends; None for an unknown one."""
    status = await connection.fetchval(_LOCK, connection_id)
    return None if status is None else ConnectionStatus(status)


async def lock_credential(connection: Connection, connection_id: ConnectionId) -> bytes | None:
    """Return the encrypted credential, which nobody else changes until the transaction ends; None without one."""
    stored: bytes | None = await connection.fetchval(_LOCKED_CREDENTIAL, connection_id)
    return stored


async def keep_credential(connection: Connection | Pool, connection_id: ConnectionId, credential: bytes) -> None:
    """Store an encrypted credential, unless the connection was removed."""
    await connection.execute(_KEEP_CREDENTIAL, connection_id, credential)


async def last_runs(connection: Connection | Pool) -> list[LastRuns]:
    """Return when each connection that can be refreshed was last."""
    return [
        LastRuns(
            ConnectionId(str(row["id"])),
            UserId(str(row["user_id"])),
            ProviderName(row["provider"]),
            row["holdings_at"],
            row["balances_at"],
        )
        for row in await connection.fetch(_LAST_RUNS)
    ]


def _stored(row: Any) -> StoredConnection:
    key: UUID = row["id"]
    return StoredConnection(
        id=ConnectionId(str(key)),
        user_id=UserId(str(row["user_id"])),
        provider=ProviderName(row["provider"]),
        provider_connection_id=row["provider_connection_id"],
        institution_id=row["institution_id"],
        status=ConnectionStatus(row["status"]),
        credential=row["credential"],
    )
