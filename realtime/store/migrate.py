"""Migrations: plain SQL files, numbered, forward only, each in its own transaction; then who may do what."""

from hashlib import sha256
from importlib.resources import files

import asyncpg

from realtime.errors import Misconfigured
from realtime.store.service_login import ensure_service_login

_LOCK = 0x6E617673
_ACCESS = "access.sql"
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


async def migrate(url: str, service_url: str | None = None) -> list[str]:
    """Bring the schema and everybody's rights up to date; return the names of the migrations that were applied.

    Safe to call from several processes at once.

    Args:
        url: As the tables' owner.
        service_url: As whom the services connect; the login is made, or gets its password anew.

    Raises:
        Misconfigured: A migration that was applied before has been changed since, or the services' login is one that
            row-level security would not bind.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(_CREATE_TABLE)
        applied = {row["number"]: row["checksum"] for row in await connection.fetch(_APPLIED)}
        fresh = [name for name, sql in _migrations() if await _apply(connection, name, sql, applied.get(_number(name)))]
        async with connection.transaction():
            await connection.execute((files("realtime") / "migrations" / _ACCESS).read_text())
            if service_url is not None:
                await ensure_service_login(connection, service_url)
    finally:
        await connection.close()
    return fresh


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
    return sorted((file.name, file.read_text()) for file in folder.iterdir() if file.name[0].isdigit())


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
