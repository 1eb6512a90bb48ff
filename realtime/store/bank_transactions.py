"""Bank transactions and the cursor up to which they were read: always written together."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from realtime.domain.account import ConnectionId, UserId
from realtime.domain.transaction import BankTransaction
from realtime.store.pool import Connection, Pool, rows_touched

_CURSOR = "select cursor from bank_cursors where connection_id = $1"
_KEEP_CURSOR = """
insert into bank_cursors (connection_id, user_id, cursor, is_complete) values ($1, $2, $3, $4)
on conflict (connection_id) do update
set cursor = excluded.cursor, is_complete = excluded.is_complete, read_at = now()
"""
_UPSERT = """
with told as (
    select t.*, a.id as account_id
    from unnest($3::text[], $4::text[], $5::numeric[], $6::text[], $7::date[], $8::text[], $9::text[], $10::text[],
        $11::text[], $12::boolean[]) as t (account, id, amount, currency, posted_date, name, merchant, category,
        category_detail, is_pending)
    left join accounts a on a.connection_id = $1 and a.provider_account_id = t.account
), changed as (
    insert into bank_transactions as b (connection_id, user_id, provider_account_id, account_id,
        provider_transaction_id, amount, currency, posted_date, name, merchant, category, category_detail, is_pending)
    select $1, $2, account, account_id, id, amount, currency, posted_date, name, merchant, category, category_detail,
        is_pending from told
    on conflict (connection_id, provider_transaction_id) do update
    set provider_account_id = excluded.provider_account_id, account_id = excluded.account_id,
        amount = excluded.amount, currency = excluded.currency, posted_date = excluded.posted_date,
        name = excluded.name, merchant = excluded.merchant, category = excluded.category,
        category_detail = excluded.category_detail, is_pending = excluded.is_pending
    where (b.account_id, b.amount, b.currency, b.posted_date, b.name, b.merchant, b.category, b.category_detail,
        b.is_pending) is distinct from (excluded.account_id, excluded.amount, excluded.currency,
        excluded.posted_date, excluded.name, excluded.merchant, excluded.category, excluded.category_detail,
        excluded.is_pending)
    returning 1
)
select (select count(*) from changed) as changed, array(
    select distinct account from told where account_id is null order by account) as unknown_accounts
"""
_REMOVE = "delete from bank_transactions where connection_id = $1 and provider_transaction_id = any($2::text[])"
_KEEP_ONLY = """
delete from bank_transactions where connection_id = $1 and not provider_transaction_id = any($2::text[])
"""
_ADOPT = """
update bank_transactions b set account_id = a.id from accounts a
where b.connection_id = $1 and b.account_id is null
    and a.connection_id = b.connection_id and a.provider_account_id = b.provider_account_id
"""
_FORGET_OLDER_IDS = """
with mine as (
    select account_id, min(posted_date) as first_date from bank_transactions
    where connection_id = $1 and account_id is not null group by account_id
)
delete from bank_transactions b using mine
where b.account_id = mine.account_id and b.connection_id <> $1 and ($2 or b.posted_date >= mine.first_date)
"""


class Stored(NamedTuple):
    """What storing changed.

    Attributes:
        changes_count: Rows that are new, other than before, or gone.
        unknown_accounts: The provider's ids of accounts that are not stored yet; their lines wait for them.
    """

    changes_count: int
    unknown_accounts: tuple[str, ...]


async def bank_cursor(connection: Connection | Pool, connection_id: ConnectionId) -> str | None:
    """Return up to where a connection was read; None before the first time."""
    cursor: str | None = await connection.fetchval(_CURSOR, connection_id)
    return cursor


async def store_bank_changes(
    connection: Connection,
    connection_id: ConnectionId,
    user_id: UserId,
    lines: Sequence[BankTransaction],
    *,
    removed: Collection[str],
    cursor: str,
    whole: bool,
    complete: bool,
) -> Stored:
    """Store what changed, and the cursor with it; call it within a transaction.

    A posted line takes the place of its pending one. Lines that an account brought along from an older connection
    under other ids make room for the same ones under these.

    Args:
        connection: In whose transaction.
        connection_id: Which was read.
        user_id: Whose it is.
        lines: New and changed ones; ids must differ.
        removed: Ids of lines that are no more.
        cursor: Where the next reading begins.
        whole: `lines` are all that there are: others of this connection are no more.
        complete: The provider has read the whole history.
    """
    row = await connection.fetchrow(_UPSERT, connection_id, user_id, *_columns(lines))
    assert row is not None
    posted = {line.pending_id for line in lines} - {None}
    changes_count = row["changed"] + rows_touched(await connection.execute(_REMOVE, connection_id, [*removed, *posted]))
    if whole and complete:
        kept = [line.id for line in lines]
        changes_count += rows_touched(await connection.execute(_KEEP_ONLY, connection_id, kept))
    changes_count += rows_touched(await connection.execute(_ADOPT, connection_id))
    changes_count += rows_touched(await connection.execute(_FORGET_OLDER_IDS, connection_id, complete))
    await connection.execute(_KEEP_CURSOR, connection_id, user_id, cursor, complete)
    return Stored(changes_count, tuple(row["unknown_accounts"]))


def _columns(lines: Sequence[BankTransaction]) -> list[list[Any]]:
    return [
        [line.account for line in lines],
        [line.id for line in lines],
        [line.amount for line in lines],
        [line.currency for line in lines],
        [line.posted_date for line in lines],
        [line.name for line in lines],
        [line.merchant for line in lines],
        [line.category for line in lines],
        [line.category_detail for line in lines],
        [line.pending for line in lines],
    ]
