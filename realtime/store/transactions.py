"""Investment transactions: upserted by the provider's id, so that a page read twice changes nothing."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from realtime.domain.account import AccountId, UserId
from realtime.domain.instrument import InstrumentId
from realtime.domain.transaction import DayTrade, DayTrades, InvestmentTransaction
from realtime.store.pool import Connection, Pool, rows_touched

_UPSERT = """
insert into investment_transactions as t (account_id, user_id, provider_transaction_id, instrument_id, kind, quantity,
    price, amount, fees, currency, trade_date, settlement_date, description)
select $1, $2, * from unnest($3::text[], $4::uuid[], $5::text[], $6::numeric[], $7::numeric[], $8::numeric[],
    $9::numeric[], $10::text[], $11::date[], $12::date[], $13::text[])
on conflict (account_id, provider_transaction_id) do update
set instrument_id = excluded.instrument_id, kind = excluded.kind, quantity = excluded.quantity,
    price = excluded.price, amount = excluded.amount, fees = excluded.fees, currency = excluded.currency,
    trade_date = excluded.trade_date, settlement_date = excluded.settlement_date,
    description = excluded.description
where (t.instrument_id, t.kind, t.quantity, t.price, t.amount, t.fees, t.currency, t.trade_date, t.settlement_date,
    t.description) is distinct from (excluded.instrument_id, excluded.kind, excluded.quantity, excluded.price,
    excluded.amount, excluded.fees, excluded.currency, excluded.trade_date, excluded.settlement_date,
    excluded.description)
"""
_FORGET = """
delete from investment_transactions
where account_id = $1 and trade_date >= $2 and provider_transaction_id <> all($3::text[])
"""
_READ_WITH_HOLDINGS = "15 minutes"
_TRADES = f"""
select a.user_id, a.public_id, a.last_synced_at is null or exists (
        select from sync_runs r where r.connection_id = a.connection_id and r.product = 'transactions'
        and r.outcome = 'complete' and r.finished_at >= a.last_synced_at - interval '{_READ_WITH_HOLDINGS}'
    ) as is_known, t.instrument_id, t.quantity, t.price, t.amount, t.currency
from accounts a
left join investment_transactions t on t.account_id = a.id and t.trade_date = $2 and t.kind in ('buy', 'sell')
    and t.instrument_id is not null and t.quantity <> 0
where a.is_active and a.user_id = any($1::uuid[])
order by a.public_id, t.provider_transaction_id
"""  # noqa: S608  # nothing of a caller's is in it
_NEWEST = "select max(trade_date) from investment_transactions where account_id = any($1::uuid[])"


async def upsert_transactions(
    connection: Connection, account: UUID, user_id: UserId, lines: Sequence[InvestmentTransaction]
) -> int:
    """Store transactions of one account; return how many are new or other than before. Ids must differ."""
    status = await connection.execute(
        _UPSERT,
        account,
        user_id,
        [line.id for line in lines],
        [line.instrument_id for line in lines],
        [line.kind.value for line in lines],
        [line.quantity for line in lines],
        [line.price for line in lines],
        [line.amount for line in lines],
        [line.fees for line in lines],
        [line.currency for line in lines],
        [line.trade_date for line in lines],
        [line.settlement_date for line in lines],
        [line.description for line in lines],
    )
    return rows_touched(status)


async def forget_others(
    connection: Connection, account: UUID, since: date, lines: Sequence[InvestmentTransaction]
) -> int:
    """Remove the account's transactions since a day but for these, all that the provider has; return how many.

    Ids change: when an account is linked again, and at SnapTrade when it imports anew.
    """
    return rows_touched(await connection.execute(_FORGET, account, since, [line.id for line in lines]))


async def newest_trade_date(connection: Connection | Pool, accounts: Sequence[UUID]) -> date | None:
    """Return the newest trade date stored for these accounts."""
    newest: date | None = await connection.fetchval(_NEWEST, list(accounts))
    return newest


async def day_trades(pool: Pool, user_ids: Iterable[UserId], day: date) -> dict[UserId, dict[AccountId, DayTrades]]:
    """Return what these users' active accounts bought and sold on a trading day.

    They count as known when a complete read of the connection's transactions ended no earlier than a quarter of an
    hour before the account's holdings were stored: both are read together, in any order.
    """
    accounts: dict[tuple[UserId, AccountId], tuple[bool, list[DayTrade]]] = {}
    for row in await pool.fetch(_TRADES, list(user_ids), day):
        key = UserId(str(row["user_id"])), AccountId(row["public_id"])
        _, trades = accounts.setdefault(key, (row["is_known"], []))
        if row["instrument_id"] is not None:
            trades.append(_trade(row))
    found: dict[UserId, dict[AccountId, DayTrades]] = {}
    for (user_id, account_id), (known, trades) in accounts.items():
        found.setdefault(user_id, {})[account_id] = DayTrades(day, known, tuple(trades))
    return found


def _trade(row: Any) -> DayTrade:
    return DayTrade(
        InstrumentId(str(row["instrument_id"])), row["quantity"], row["price"], row["amount"], row["currency"]
    )
