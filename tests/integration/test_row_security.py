"""Row-level security, over whatever tables the database's catalogue names: a new table is covered by existing."""

from base64 import b64decode
from collections.abc import AsyncIterator
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import pytest

from realtime.domain.account import UserId
from realtime.embedded import EmbeddedPostgres
from realtime.errors import Misconfigured
from realtime.store.migrate import migrate
from realtime.store.pool import Connection, Pool, Role, as_user, open_pool
from realtime.store.service_login import scram_verifier
from tests.support.any_rows import fill_tables, tables_of_users

ADA, GRACE = UserId(str(uuid4())), UserId(str(uuid4()))
PASSWORD = "a secret/of $ tests"
NOBODYS = {
    "alerts",
    "corporate_actions",
    "institutions",
    "instrument_aliases",
    "instrument_prices",
    "instruments",
    "intraday_prices",
    "schema_migrations",
}
"""Tables in which no row is a user's. A new table is guarded by its user_id, or it is named here."""
_UNGUARDED = """
select c.relname from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not (c.relrowsecurity
    and exists (select from pg_policy where polrelid = c.oid and 'navstream_user'::regrole = any(polroles))
    and exists (select from pg_policy where polrelid = c.oid and 'navstream_stage'::regrole = any(polroles)))
"""
_VIEWS_OF_THE_OWNER = """
select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'
    and not coalesce('security_invoker=true' = any(reloptions), false)
"""
_KEPT_PASSWORD = "select rolpassword from pg_authid where rolname = 'navstream_of_tests'"
_MAY = "select has_any_column_privilege(current_user, $1::text, $2::text)"


@pytest.fixture
async def filled(owner_pool: Pool) -> AsyncIterator[dict[str, str]]:
    """A row of Ada's in every table of users; whose rows are whose, by table."""
    async with owner_pool.acquire() as owner:
        await fill_tables(owner, ADA)
        yield await tables_of_users(owner)


async def unguarded(pool: Pool) -> set[str]:
    return {row["relname"] for row in await pool.fetch(_UNGUARDED)}


async def count(connection: Connection, table: str, owner: str) -> int:
    """Return how many rows show; of a table that must not be read none does."""
    if not await connection.fetchval(_MAY, table, "select"):
        return 0
    found: int = await connection.fetchval(f"select count({owner}) from {table}")
    return found


async def test_every_table_is_guarded_or_nobodys(owner_pool: Pool) -> None:
    """Ensure that a new table has its policies, and each view looks with the eyes of who asks."""
    assert await unguarded(owner_pool) == NOBODYS
    assert await owner_pool.fetch(_VIEWS_OF_THE_OWNER) == []


async def test_a_table_without_a_policy_is_found_and_guarded(postgres_dsn: str, owner_pool: Pool) -> None:
    """Ensure that the test above can fail, and that the next run of the migrations guards what was forgotten."""
    await owner_pool.execute("create table notes (id int primary key, user_id uuid not null)")
    assert await unguarded(owner_pool) == NOBODYS | {"notes"}
    await migrate(postgres_dsn)
    assert await unguarded(owner_pool) == NOBODYS


async def test_without_a_user_no_row_shows(filled: dict[str, str], owner_pool: Pool, api_pool: Pool) -> None:
    """Ensure that an unset user id is nobody, in every table and in each role of the API's."""
    for table, owner in filled.items():
        for role in ("navstream_nobody", "navstream_user", "navstream_linker"):
            async with api_pool.acquire() as connection, connection.transaction():
                await connection.execute(f"set local role {role}")
                assert await count(connection, table, owner) == 0, (table, role)
        assert await owner_pool.fetchval(f"select count(*) from {table}") == 1


async def test_the_wrong_user_sees_and_changes_nothing(filled: dict[str, str], api_pool: Pool) -> None:
    """Ensure, for every table and right, that another user's row is not there; and that one's own is."""
    seen = set()
    for table, owner in filled.items():
        async with as_user(api_pool, ADA, with_credentials=True) as connection:
            if await count(connection, table, owner) == 1:
                seen.add(table)
        async with as_user(api_pool, GRACE, with_credentials=True) as connection:
            assert await count(connection, table, owner) == 0
            for right, statement in {
                "update": f"update {table} set {owner} = {owner}",
                "delete": f"delete from {table}",
            }.items():
                if await connection.fetchval("select has_table_privilege($1::text, $2::text)", table, right):
                    assert (await connection.execute(statement)).endswith(" 0"), (table, right)
    assert seen >= {"users", "connections", "accounts", "holdings", "audit_log", "jobs", "sync_runs"}


async def test_nobody_writes_a_row_for_the_wrong_user(filled: dict[str, str], api_pool: Pool) -> None:
    """Ensure, for every table that a user may add to, that the row must be his own."""
    for table, owner in filled.items():
        async with as_user(api_pool, GRACE, with_credentials=True) as connection:
            if await connection.fetchval("select has_table_privilege($1::text, 'insert')", table):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    async with connection.transaction():
                        await connection.execute(f"insert into {table} ({owner}) values ($1)", ADA)


@pytest.mark.parametrize(
    "statement",
    [
        "select credential from connections",
        "select snaptrade_user_secret from users",
        "update connections set status = 'active'",
        "delete from holdings",
        "update accounts set is_active = false",
        "delete from users",
        "delete from schema_migrations",
    ],
)
async def test_stages_that_only_read_have_no_credentials(stage_pool: Pool, statement: str) -> None:
    """Ensure that collector, calculator, broadcaster and monitor neither read a credential nor write holdings."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await stage_pool.execute(statement)


@pytest.mark.parametrize("statement", ["update audit_log set actor = 'x'", "delete from audit_log"])
async def test_the_audit_log_is_append_only(
    filled: dict[str, str], pool: Pool, stage_pool: Pool, owner_pool: Pool, statement: str
) -> None:
    """Ensure that no service changes the log, and that the owner would have to take the trigger away first."""
    assert "audit_log" in filled
    for each in (pool, stage_pool, owner_pool):
        async with each.acquire() as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner_pool.execute("truncate audit_log")


async def test_the_services_login_is_bound(postgres_dsn: str, owner_pool: Pool) -> None:
    """Ensure that the login which `navstream migrate` makes works, owns nothing, and is nobody by itself."""
    service_url = postgres_dsn.replace("//postgres:", f"//navstream_of_tests:{quote(PASSWORD, safe='')}", 1)
    await migrate(postgres_dsn, service_url)
    await migrate(postgres_dsn, service_url)
    kept = await owner_pool.fetchval(_KEPT_PASSWORD)
    await owner_pool.execute(f"alter role navstream_of_tests password '{PASSWORD}'")
    by_postgres = await owner_pool.fetchval(_KEPT_PASSWORD)
    assert kept != by_postgres, "the salt is new each time"
    for stored in (kept, by_postgres):
        assert scram_verifier(PASSWORD, b64decode(stored.split(":")[1].split("$")[0])) == stored
    async with open_pool(service_url) as bare:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bare.fetch("select from users")
    async with open_pool(service_url, Role.SYNC) as sync:
        assert await sync.fetch("select * from connections") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sync.execute("set role postgres")


async def test_a_login_that_is_not_bound_is_refused(postgres_dsn: str) -> None:
    """Ensure that the services are not sent to Postgres as its superuser."""
    with pytest.raises(Misconfigured, match="NAVSTREAM_SERVICE_DATABASE_URL"):
        await migrate(postgres_dsn, postgres_dsn)


async def test_an_owner_who_is_no_superuser_is_enough(postgres_server: EmbeddedPostgres) -> None:
    """Ensure that a login which may create roles, as hosted databases give it, migrates and works with one URL or two.

    The roles belong to the whole server, and to whom made them: here to the superuser, who hands them on.
    """
    admin = await asyncpg.connect(postgres_server.url)
    roles = "navstream_nobody, navstream_user, navstream_linker, navstream_stage, navstream_sync"
    await admin.execute("create role landlord login createrole")
    await admin.execute(f"grant {roles} to landlord with admin option, inherit false, set false")
    await admin.execute("create database hosted owner landlord")
    url = postgres_server.url.replace("//postgres:", "//landlord:", 1).replace("/postgres?", "/hosted?")
    service_url = url.replace("//landlord:", "//tenant:secret", 1)
    await migrate(url, service_url)
    for address in (url, service_url):
        for role in Role:
            async with open_pool(address, role) as pool, as_user(pool, ADA) as connection:
                assert await connection.fetch("select id from users") == []
    await admin.execute("drop database hosted with (force)")
    await admin.close()
