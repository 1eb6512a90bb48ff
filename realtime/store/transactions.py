"""Investment transactions: upserted by the provider's id, so that a page read twice changes nothing."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from realtime.domain.account import UserId
from realtime.domain.transaction import InvestmentTransaction
from realtime.store.pool import Connection, Pool

_UPSERT = """
insert into investment_transactions (account_id, user_id, provider_transaction_id, instrument_id, kind, quantity,
    price, amount, fees, currency, trade_date, settlement_date, description)
select $1, $2, * from unnest($3::text[], $4::uuid[], $5::text[], $6::numeric[], $7::numeric[], $8::numeric[],
    $9::numeric[], $10::text[], $11::date[], $12::date[], $13::text[])
on conflict (account_id, provider_transaction_id) do update
set instrument_id = excluded.instrument_id, kind = excluded.kind, quantity = excluded.quantity,
    price = excluded.price, amount = excluded.amount, fees = excluded.fees, currency = excluded.currency,
    trade_date = excluded.trade_date, settlement_date = excluded.settlement_date,
    description = excluded.description
"""
_NEWEST = "select max(trade_date) from investment_transactions where account_id = any($1::uuid[])"


async def upsert_transactions(
    connection: Connection, account: UUID, user_id: UserId, lines: Sequence[InvestmentTransaction]
) -> None:
    """Store transactions of one account; a known one takes the new fields. Ids must differ from each other."""
    await connection.execute(
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


async def newest_trade_date(connection: Connection | Pool, accounts: Sequence[UUID]) -> date | None:
    """Return the newest trade date stored for these accounts."""
    newest: date | None = await connection.fetchval(_NEWEST, list(accounts))
    return newest
