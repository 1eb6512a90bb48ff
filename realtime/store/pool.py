"""The connection pool, and connections that are bound to one user by row-level security."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from realtime.domain.account import UserId

Pool = asyncpg.Pool
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

_BIND_USER = "select set_config('role', 'navstream_user', true), set_config('navstream.user_id', $1, true)"


@asynccontextmanager
async def open_pool(url: str, *, connections_max: int = 10, connections_min: int = 1) -> AsyncIterator[Pool]:
    """Open a pool of connections that see every row; for the stages.

    With no connection at the least it opens also while Postgres is down.
    """
    async with asyncpg.create_pool(url, min_size=connections_min, max_size=connections_max, command_timeout=60) as pool:
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
async def as_user(pool: Pool, user_id: UserId) -> AsyncIterator[Connection]:
    """Open a transaction in which row-level security shows this user's rows alone; for the API."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_BIND_USER, user_id)
        yield connection
