"""Stored credentials by the key that encrypted them: are all keys there, and which ones are still needed?"""

from collections.abc import Callable
from typing import NamedTuple

from realtime.crypto import CredentialCipher, missing_keys
from realtime.store.pool import Pool

_BATCH = 100


class _Column(NamedTuple):
    """Where something encrypted is, and how its key is read."""

    table: str
    encrypted: str
    key: str


_COLUMNS = (
    _Column("connections", "credential", "credential_key"),
    _Column("users", "snaptrade_user_secret", "snaptrade_user_secret_key"),
)
_ANSWERS = _Column("idempotency_keys", "body", "encode(substring(body from 1 for 8), 'escape')")
"""Kept for a day, and given up when their key is gone: no stage refuses to start for them."""
_COUNTS = " union all ".join(
    f"select {each.key} as key, count(*) from {each.table} where {each.key} is not null group by 1"  # noqa: S608
    for each in _COLUMNS
)
_OTHERS = """
select ctid, {0.encrypted} from {0.table} where {0.encrypted} is not null and {0.key} is distinct from $1
limit $2 for update
"""
_REPLACE = "update {0.table} set {0.encrypted} = $2 where ctid = $1"


async def credentials_by_key(pool: Pool) -> dict[str, int]:
    """Return how many credentials are stored under each key's name; those from before keys had names do not count."""
    counts: dict[str, int] = {}
    for row in await pool.fetch(_COUNTS):
        counts[row["key"]] = counts.get(row["key"], 0) + row["count"]
    return counts


async def check_keys(pool: Pool, cipher: CredentialCipher) -> None:
    """Make sure that the settings have every key under which a credential is stored; for the start of a stage.

    Raises:
        Misconfigured: Names those that are missing.
    """
    missing = sorted((await credentials_by_key(pool)).keys() - set(cipher.key_ids))
    if missing:
        raise missing_keys(missing)


async def reencrypt_batches(
    pool: Pool, cipher: CredentialCipher, told: Callable[[int], None], batch: int = _BATCH
) -> int:
    """Store all that is encrypted under the first key, a batch a transaction, beside the stages; return how much.

    Killed in between, the next call does the rest. A rotation of a credential at its provider waits for the batch that
    has its row, or the batch for it.

    Args:
        pool: In the role of the sync stage.
        cipher: With the new key first and the old ones behind it.
        told: Called after each batch with the count so far.
        batch: Rows a transaction.

    Raises:
        Misconfigured: A credential is stored under a key that is not set; those before it are done.
    """
    count = 0
    for column in (*_COLUMNS, _ANSWERS):
        while done := await _reencrypt(pool, cipher, column, batch):
            count += done
            told(count)
    return count


async def _reencrypt(pool: Pool, cipher: CredentialCipher, column: _Column, batch: int) -> int:
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(_OTHERS.format(column), cipher.key_ids[0], batch)
        await connection.executemany(_REPLACE.format(column), [(key, cipher.reencrypt(stored)) for key, stored in rows])
    return len(rows)
