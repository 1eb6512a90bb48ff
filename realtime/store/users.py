"""Users, and the secret that SnapTrade gives each of them (encrypted by the caller)."""

from realtime.domain.account import UserId
from realtime.store.instruments import ensure_currencies
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool

_INSERT = "insert into users (id, name, currency) values ($1, $2, $3)"
_BY_NAME = "select id from users where name = $1 order by created_at limit 1"
_SECRET = "select snaptrade_user_secret from users where id = $1"  # noqa: S105  # a column's name
_LOCKED_SECRET = f"{_SECRET} for update"
_KEEP_SECRET = "update users set snaptrade_user_secret = $2 where id = $1"  # noqa: S105


async def create_user(pool: Pool, name: str, currency: str = "USD") -> UserId:
    """Add a user who wants his totals in this currency (ISO 4217); return his id."""
    key = new_key()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_INSERT, key, name, currency)
        await ensure_currencies(connection, [currency])
    return UserId(str(key))


async def user_by_name(pool: Pool, name: str) -> UserId | None:
    """Return the first user of that name."""
    key = await pool.fetchval(_BY_NAME, name)
    return None if key is None else UserId(str(key))


async def snaptrade_secret(connection: Connection | Pool, user_id: UserId) -> bytes | None:
    """Return the user's encrypted secret; None before he is registered."""
    stored: bytes | None = await connection.fetchval(_SECRET, user_id)
    return stored


async def lock_snaptrade_secret(connection: Connection, user_id: UserId) -> bytes | None:
    """Return the secret and let nobody else register the user until the transaction ends."""
    stored: bytes | None = await connection.fetchval(_LOCKED_SECRET, user_id)
    return stored


async def keep_snaptrade_secret(connection: Connection | Pool, user_id: UserId, secret: bytes) -> None:
    """Store the encrypted secret."""
    await connection.execute(_KEEP_SECRET, user_id, secret)
