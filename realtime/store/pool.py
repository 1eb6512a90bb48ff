"""The connection pool, the roles that row-level security binds, and connections that are bound to one user."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum

import asyncpg

from realtime.domain.account import UserId

Pool = asyncpg.Pool
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
DATABASE_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a database that does not answer, or not as it should, raises; the last one is a use of a connection whose end
was told and has not been noticed yet."""

_BIND_USER = "select set_config('role', $2, true), set_config('navstream.user_id', $1, true)"
_USER = "navstream_user"
_LINKER = "navstream_linker"


class Role(StrEnum):
    """What a pool's connections may do; see realtime/migrations/access.sql.

    Row-level security binds each of them, also when the login owns the tables.
    """

    NOBODY = "navstream_nobody"
    """Nothing, until `as_user`."""
    STAGE = "navstream_stage"
    """Read everybody's rows but no credentials; write what is derived from them."""
    SYNC = "navstream_sync"
    """Read and write everybody's rows and credentials."""


def rows_touched(status: str) -> int:
    """Return how many rows a statement touched, from its command tag: `INSERT 0 3`, `DELETE 3`."""
    return int(status.rpartition(" ")[2])


@asynccontextmanager
async def open_pool(
    url: str, role: Role | None = None, *, connections_max: int = 10, connections_min: int = 1
) -> AsyncIterator[Pool]:
    """Open a pool of connections in a role; without one they may what the login may.

    With no connection at the least it opens also while Postgres is down.
    """
    async with asyncpg.create_pool(
        url,
        min_size=connections_min,
        max_size=connections_max,
        command_timeout=60,
        server_settings={} if role is None else {"role": role.value},
    ) as pool:
        yield pool


@asynccontextmanager
async def borrowed(pool: Pool, within_s: float) -> AsyncIterator[Connection]:
    """Borrow a connection for work that must not wait for a server that hangs.

    Getting one takes so many seconds at most, and so does giving it back after the work was cancelled: asyncpg waits
    for the server to confirm a cancellation, for a minute unless told otherwise.
    """
    async with pool.acquire(timeout=within_s) as connection:
        yield connection


@asynccontextmanager
async def as_user(pool: Pool, user_id: UserId, *, with_credentials: bool = False) -> AsyncIterator[Connection]:
    """Open a transaction in which row-level security shows this user's rows alone.

    Credentials can be neither read nor written in it unless that is said, as linking needs it.
    """
    role = _LINKER if with_credentials else _USER
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_BIND_USER, user_id, role)
        yield connection
