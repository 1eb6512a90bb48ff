"""Migrations: plain SQL files, numbered, forward only, each in its own transaction."""

from hashlib import sha256
from importlib.resources import files

import asyncpg

from realtime.errors import Misconfigured

_LOCK = 0x6E617673
_CREATE_TABLE = """
create table if not exists schema_migrations (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
)
"""
_APPLIED = "select number, checksum from schema_migrations"
_RECORD = "insert into schema_migrations (number, name, checksum) values ($1, $2, $3)"


async def migrate(url: str) -> list[str]:
    """Bring the schema up to date; return the names of the migrations that were applied.

    Safe to call from several processes at once.

    Raises:
        Misconfigured: A migration that was applied before has been changed since.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(_CREATE_TABLE)
        applied = {row["number"]: row["checksum"] for row in await connection.fetch(_APPLIED)}
        return [name for name, sql in _migrations() if await _apply(connection, name, sql, applied.get(_number(name)))]
    finally:
        await connection.close()


async def unapplied(connection: asyncpg.Connection) -> list[str]:
    """Return the names of the migrations that a database lacks; changes nothing.

    Raises:
        Misconfigured: It has one that this release has in another version.
    """
    if await connection.fetchval("select to_regclass('schema_migrations')") is None:
        return [name for name, _ in _migrations()]
    applied = {row["number"]: row["checksum"] for row in await connection.fetch(_APPLIED)}
    return [name for name, sql in _migrations() if not _is_applied(name, sql, applied.get(_number(name)))]


def _migrations() -> list[tuple[str, str]]:
    folder = files("realtime") / "migrations"
    return sorted((file.name, file.read_text()) for file in folder.iterdir() if file.name.endswith(".sql"))


def _number(name: str) -> int:
    return int(name.partition("_")[0])


async def _apply(connection: asyncpg.Connection, name: str, sql: str, applied_checksum: str | None) -> bool:
    if _is_applied(name, sql, applied_checksum):
        return False
    async with connection.transaction():
        await connection.execute(sql)
        await connection.execute(_RECORD, _number(name), name, _checksum(sql))
    return True


def _is_applied(name: str, sql: str, applied_checksum: str | None) -> bool:
    if applied_checksum not in {None, _checksum(sql)}:
        raise Misconfigured((f"migration {name} was applied in another version; migrations never change",))
    return applied_checksum is not None


def _checksum(sql: str) -> str:
    return sha256(sql.encode()).hexdigest()
