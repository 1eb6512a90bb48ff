"""Splits and dividends of instruments; written by the collector, read by the calculator."""

from collections.abc import Iterable
from datetime import date
from typing import assert_never
from uuid import UUID

from realtime.contract.names import EVERYBODY, HOLDINGS_CHANGED
from realtime.domain.corporate_action import CashDividend, CorporateAction, Split
from realtime.domain.instrument import InstrumentId
from realtime.store.pool import Pool

_WRITE = """
insert into corporate_actions as known (instrument_id, kind, ex_date, ratio, amount) values ($1, $2, $3, $4, $5)
on conflict (instrument_id, kind, ex_date) do update set ratio = excluded.ratio, amount = excluded.amount
where (known.ratio, known.amount) is distinct from (excluded.ratio, excluded.amount)
returning true
"""
_NOTIFY = "select pg_notify($1, $2)"
_READ = """
select instrument_id::text, kind, ex_date, ratio, amount from corporate_actions
where instrument_id = any($1) and ex_date >= $2 order by ex_date
"""


async def write_corporate_actions(pool: Pool, actions: Iterable[CorporateAction]) -> None:
    """Record announcements and tell whoever values holdings; one of the same instrument, kind and day is replaced."""
    async with pool.acquire() as connection, connection.transaction():
        news = [await connection.fetchval(_WRITE, *_row(action)) for action in actions]
        if any(news):
            await connection.execute(_NOTIFY, HOLDINGS_CHANGED, EVERYBODY)


async def read_corporate_actions(
    pool: Pool, instrument_ids: Iterable[InstrumentId], since: date
) -> list[CorporateAction]:
    """Return what takes effect on these instruments on `since` or later, by ex-date."""
    rows = await pool.fetch(_READ, [UUID(each) for each in instrument_ids], since)
    return [
        Split(InstrumentId(row["instrument_id"]), row["ex_date"], row["ratio"])
        if row["kind"] == "split"
        else CashDividend(InstrumentId(row["instrument_id"]), row["ex_date"], row["amount"])
        for row in rows
    ]


def _row(action: CorporateAction) -> tuple[object, ...]:
    match action:
        case Split(instrument_id, ex_date, ratio):
            return UUID(instrument_id), "split", ex_date, ratio, None
        case CashDividend(instrument_id, ex_date, amount):
            return UUID(instrument_id), "cash_dividend", ex_date, None, amount
        case _:
            assert_never(action)
