"""Answers to writes by their Idempotency-Key, kept for a day. Read and written as the user."""

from dataclasses import dataclass

from realtime.domain.account import UserId
from realtime.store.pool import Connection, Pool

_KEPT = "24 hours"
_ABANDONED_AFTER = "2 minutes"
_CLAIM = f"""
insert into idempotency_keys as k (user_id, key, fingerprint) select id, $2, $3 from users where id = $1
on conflict (user_id, key) do update
set fingerprint = excluded.fingerprint, created_at = now(), status = null, content_type = null, body = null
where k.created_at < now() - interval '{_KEPT}'
    or (k.status is null and k.created_at < now() - interval '{_ABANDONED_AFTER}')
returning key
"""  # noqa: S608  # nothing of a caller's is in it
_KNOWN = "select fingerprint, status, content_type, body from idempotency_keys where user_id = $1 and key = $2"
_KEEP = "update idempotency_keys set status = $3, content_type = $4, body = $5 where user_id = $1 and key = $2"
_RELEASE = "delete from idempotency_keys where user_id = $1 and key = $2 and status is null"
_PRUNE = f"delete from idempotency_keys where created_at < now() - interval '{_KEPT}'"  # noqa: S608


@dataclass(frozen=True, slots=True)
class KnownRequest:
    """A request that came before with the same key; `status` is None while it is under way.

    Attributes:
        body: Encrypted.
    """

    fingerprint: bytes
    status: int | None
    content_type: str | None
    body: bytes | None


async def claim_key(connection: Connection, user_id: UserId, key: str, fingerprint: bytes) -> KnownRequest | None:
    """Take a key for a request; return the one that has it instead, if there is one.

    A key that was never answered is free again after two minutes: whoever took it is gone.
    """
    if await connection.fetchval(_CLAIM, user_id, key, fingerprint) is not None:
        return None
    row = await connection.fetchrow(_KNOWN, user_id, key)
    return None if row is None else KnownRequest(**row)


async def keep_answer(
    connection: Connection, user_id: UserId, key: str, status: int, content_type: str | None, body: bytes
) -> None:
    """Keep what was answered, encrypted."""
    await connection.execute(_KEEP, user_id, key, status, content_type, body)


async def release_key(connection: Connection, user_id: UserId, key: str) -> None:
    """Let the key be used again: the request was not carried out."""
    await connection.execute(_RELEASE, user_id, key)


async def prune_keys(pool: Pool) -> None:
    """Forget keys of more than a day ago."""
    await pool.execute(_PRUNE)
