"""A row of a user's in every table of users, made from the database's own catalogue, whatever tables there are."""

from realtime.domain.account import UserId
from realtime.store.pool import Connection

_DROP_CHECKS = """
select format('alter table %I drop constraint %I', c.relname, k.conname) from pg_constraint k
join pg_class c on c.oid = k.conrelid where c.relnamespace = 'public'::regnamespace and k.contype = 'c'
"""
_USERS_TABLES = """
select c.relname as name, case c.relname when 'users' then 'id' else 'user_id' end as owner
from pg_class c join pg_attribute k on k.attrelid = c.oid
    and k.attname = case c.relname when 'users' then 'id' else 'user_id' end
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1
"""
_NEEDED = """
select a.attname, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a
where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull and not a.atthasdef
    and a.attidentity = '' and a.attname <> $2
"""
_ANY = {
    "uuid": "gen_random_uuid()",
    "text": "'x'",
    "bytea": "'x'",
    "boolean": "true",
    "date": "current_date",
    "jsonb": "'{}'",
    "timestamp with time zone": "now()",
}


async def tables_of_users(owner: Connection) -> dict[str, str]:
    """Return the column that says whose a row is, by table."""
    return {row["name"]: row["owner"] for row in await owner.fetch(_USERS_TABLES)}


async def fill_tables(owner: Connection, user_id: UserId) -> None:
    """Put a row of this user's into every table that has users.

    What such a row says is nonsense: foreign keys are not looked at, and checks are dropped from the test's database.
    """
    await owner.execute("set session_replication_role = replica")
    for row in await owner.fetch(_DROP_CHECKS):
        await owner.execute(row[0])
    for table, column in (await tables_of_users(owner)).items():
        needed = {row["attname"]: _ANY.get(row["type"], "1") for row in await owner.fetch(_NEEDED, table, column)}
        names, values = ", ".join(needed), ", ".join(needed.values())
        comma = ", " if needed else ""
        await owner.execute(f"insert into {table} ({column}{comma}{names}) values ($1{comma}{values})", user_id)
    await owner.execute("reset session_replication_role")
