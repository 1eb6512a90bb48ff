"""Accounts that are one account: found, said by the user, and kept up to date as connections break and heal."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from realtime.contract.names import HOLDINGS_CHANGED
from realtime.domain.account import AccountId, ProviderName, UserId
from realtime.domain.duplicate import Amount, Appearance, Pair, comparable, duplicates, found_pairs, pair_of
from realtime.errors import BadRequest
from realtime.store.pool import Connection

_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended($1, 35))"
_ACCOUNTS = """
select a.id, a.provider, coalesce(n.name, a.provider) as institution, a.mask, c.status = 'active' as is_working,
    a.duplicate_of
from accounts a
join connections c on c.id = a.connection_id
left join institutions n on n.id = c.institution_id
where a.user_id = $1 and a.is_active and a.holdings_version > 0
order by a.id
"""
_PAIRS = "select one, other, found, is_same from account_pairs where user_id = $1"
_HELD = """
select h.account_id, case when i.asset_class = 'cash' or (i.asset_class = 'mutual_fund' and h.provider_price = 1)
        then 'CUR:' || i.currency else i.id::text end as name,
    sum(h.quantity) as quantity, sum(h.provider_value) as value
from holdings h join instruments i on i.id = h.instrument_id
where h.account_id = any($1::uuid[])
group by 1, 2
"""
_FOUND = """
insert into account_pairs (user_id, one, other, found) values ($1, $2, $3, true)
on conflict (one, other) do update set found = true
"""
_SAY = """
insert into account_pairs (user_id, one, other, is_same) values ($1, $2, $3, $4)
on conflict (one, other) do update set is_same = excluded.is_same
"""
_UNSAY = """
update account_pairs set is_same = null
where is_same is false and (one, other) in (
    select least(a.id, $1), greatest(a.id, $1) from accounts a, accounts o
    where o.id = $2 and coalesce(a.duplicate_of, a.id) = coalesce(o.duplicate_of, o.id))
"""
_SET = """
update accounts set duplicate_of = $2 where id = $1
returning pg_notify($3, concat_ws(' ', user_id, public_id, holdings_version))
"""
_KEY = "select id from accounts where public_id = $1 and is_active and user_id = $2"


async def hold_accounts(connection: Connection, user_id: UserId) -> None:
    """Let nobody else decide which of a user's accounts count until the transaction ends.

    Call it before anything else of the user's is locked: whoever decides changes any of his accounts.
    """
    await connection.execute(_ONE_AT_A_TIME, str(user_id))


async def decide_duplicates(connection: Connection, user_id: UserId) -> None:
    """Find which of a user's accounts are one account, and let one of each count; the live stages hear on commit.

    Call it within a transaction that holds his accounts. Whoever comes second waits until the first has committed.
    """
    rows = await connection.fetch(_ACCOUNTS, user_id)
    if len(rows) < 2 and not any(row["duplicate_of"] for row in rows):
        return
    accounts = [_appearance(row) for row in rows]
    known = {pair_of(row["one"], row["other"]): row for row in await connection.fetch(_PAIRS, user_id)}
    same = [pair for pair, row in known.items() if row["is_same"] or (row["is_same"] is None and row["found"])]
    other = [pair for pair, row in known.items() if row["is_same"] is False]
    found = await _new_pairs(connection, accounts, same, other)
    await connection.executemany(_FOUND, [(user_id, *pair) for pair in found])
    wanted = duplicates(accounts, (*same, *found), other)
    for row in rows:
        if row["duplicate_of"] != wanted.get(row["id"]):
            await connection.execute(_SET, row["id"], wanted.get(row["id"]), HOLDINGS_CHANGED)


async def say_same(connection: Connection, user_id: UserId, account: AccountId, same_as: AccountId | None) -> None:
    """Keep a user's word that an account is another one of his, or (None) that it is an account of its own.

    Call it within a transaction that holds his accounts.

    Raises:
        LookupError: He has no such account.
        BadRequest: An account cannot be itself.
    """
    key = await _key(connection, user_id, account)
    if same_as is not None:
        other = await _key(connection, user_id, same_as)
        if other == key:
            raise BadRequest("same_account", "An account is itself: name another one.")
        await connection.execute(_UNSAY, key, other)
        await connection.execute(_SAY, user_id, *pair_of(key, other), True)
    else:
        for row in await connection.fetch(_PAIRS, user_id):
            if key in {row["one"], row["other"]} and row["is_same"] is not False:
                await connection.execute(_SAY, user_id, row["one"], row["other"], False)
    await decide_duplicates(connection, user_id)


async def _new_pairs(
    connection: Connection, accounts: list[Appearance], same: Collection[Pair], other: Collection[Pair]
) -> list[Pair]:
    keys = {key for pair in comparable(accounts) if pair not in same and pair not in other for key in pair}
    if not keys:
        return []
    held: dict[UUID, dict[str, Amount]] = {}
    for row in await connection.fetch(_HELD, list(keys)):
        held.setdefault(row["account_id"], {})[row["name"]] = Amount(row["quantity"], row["value"])
    return found_pairs(accounts, held, same, other)


async def _key(connection: Connection, user_id: UserId, account: AccountId) -> UUID:
    key: UUID | None = await connection.fetchval(_KEY, account, user_id)
    if key is None:
        raise LookupError(account)
    return key


def _appearance(row: Any) -> Appearance:
    return Appearance(row["id"], ProviderName(row["provider"]), row["institution"], row["mask"], row["is_working"])
