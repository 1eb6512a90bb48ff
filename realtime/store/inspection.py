"""What a database server is and holds, for whoever looks a set-up over; changes nothing."""

from dataclasses import dataclass
from time import perf_counter

import asyncpg

from realtime.errors import Misconfigured, RetryLater
from realtime.store.migrate import unapplied

_VERSION = """
select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major
"""
_TAKE_ROLE = """
select set_config('role', rolname, false) from pg_roles
where rolname = 'navstream_sync' and pg_has_role(current_user, oid, 'member')
"""
_CREDENTIALS = """
select credential from connections where credential is not null and status <> 'removed' order by id desc limit $1
"""
_IS_EMPTY = "select to_regclass('schema_migrations') is null"
_TIMEOUT_S = 5.0
_SAMPLE = 100
_TRIES = 5


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """One look at a database.

    Attributes:
        answer_ms: How long the simplest query takes, there and back; the best of a few.
        is_empty: No migration was ever applied to it.
        unapplied: Migrations that this release has and the database has not, by name.
        credentials: The newest stored ones, encrypted; at most 100, none while migrations are missing.
    """

    version: str
    major: int
    answer_ms: float
    is_empty: bool
    unapplied: tuple[str, ...]
    credentials: tuple[bytes, ...]


async def inspect_database(url: str) -> DatabaseFacts:
    """Return what a database is and holds.

    Raises:
        RetryLater: It does not answer.
        Misconfigured: It refuses the user, has no such database, or another release's migrations.
    """
    try:
        connection = await asyncpg.connect(url, timeout=_TIMEOUT_S, command_timeout=_TIMEOUT_S)
    except asyncpg.InvalidAuthorizationSpecificationError:
        raise Misconfigured(("NAVSTREAM_DATABASE_URL: Postgres refuses its user or password",)) from None
    except asyncpg.InvalidCatalogNameError:
        raise Misconfigured(("NAVSTREAM_DATABASE_URL: Postgres has no database of that name",)) from None
    except ValueError:
        raise Misconfigured(("NAVSTREAM_DATABASE_URL: no address of a Postgres",)) from None
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise RetryLater(f"Postgres does not answer ({type(error).__name__})") from error
    try:
        [server] = await connection.fetch(_VERSION)
        await connection.execute(_TAKE_ROLE)
        answer_ms = min([await _answer_ms(connection) for _ in range(_TRIES)])
        missing = tuple(await unapplied(connection))
        is_empty = await connection.fetchval(_IS_EMPTY)
        rows = [] if missing else await connection.fetch(_CREDENTIALS, _SAMPLE)
        credentials = tuple(row["credential"] for row in rows)
        return DatabaseFacts(server["version"], server["major"], answer_ms, is_empty, missing, credentials)
    finally:
        await connection.close()


async def _answer_ms(connection: asyncpg.Connection) -> float:
    asked_at = perf_counter()
    await connection.fetchval("select 1")
    return (perf_counter() - asked_at) * 1000
