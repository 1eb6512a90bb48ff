"""What is compared when our total of an account meets its provider's, and what the newest comparison found."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from realtime.contract.names import HOLDINGS_CHANGED
from realtime.domain.asset_class import AssetClass
from realtime.domain.reconciliation import DriftCause, Reconciliation, Reported, ReportedLine
from realtime.store.pool import Connection, Pool

RatesOf = Mapping[str, Mapping[str, Decimal]]
"""By currency: units of it per unit of each currency whose rate is known."""

_SPLIT_WITHIN = timedelta(days=10)
_DEALT_WITHIN = timedelta(days=3)
"""Trades settle a business day after they are dealt; longer than over a weekend no institution takes to book them."""
_ACCOUNTS = """
select id, currency, provider_total, coalesce(holdings_as_of, now()) as read_at from accounts
where id = any($1::uuid[]) and is_active and holdings_version > 0 and provider_total is not null
"""
_LINES = """
select h.account_id, i.symbol, i.asset_class, i.currency, i.multiplier, h.quantity,
    case when i.asset_class = 'cash' then 1 else h.provider_price end as price,
    array(select s.ratio from corporate_actions s where s.instrument_id = i.id and s.kind = 'split'
        and s.ex_date between $2::date and $3::date) as splits
from holdings h join instruments i on i.id = h.instrument_id
where h.account_id = any($1::uuid[])
"""
_DEALT = """
select account_id, amount, currency, trade_date from investment_transactions
where account_id = any($1::uuid[]) and kind in ('buy', 'sell') and trade_date >= $2::date
"""
_KEEP = """
insert into reconciliations as known (account_id, user_id, currency, our_total, provider_total, drift, cause, marked,
    since)
select $1, user_id, $2, $3, $4, $5, $6, $7, $8 from accounts where id = $1
on conflict (account_id) do update
set currency = excluded.currency, our_total = excluded.our_total, provider_total = excluded.provider_total,
    drift = excluded.drift, cause = excluded.cause, marked = excluded.marked, since = excluded.since
where (known.currency, known.our_total, known.provider_total, known.drift, known.cause, known.marked)
    is distinct from (excluded.currency, excluded.our_total, excluded.provider_total, excluded.drift, excluded.cause,
    excluded.marked)
returning true
"""
_FORGET = "delete from reconciliations where account_id = any($1::uuid[])"
_TELL = """
select pg_notify($2, concat_ws(' ', user_id, public_id, holdings_version)) from accounts where id = $1
"""
_CURRENCIES = """
select distinct i.currency from holdings h join instruments i on i.id = h.instrument_id
where h.account_id = any($1::uuid[]) union select currency from accounts where id = any($1::uuid[])
"""


async def currencies_of(connection: Connection | Pool, accounts: Iterable[UUID]) -> set[str]:
    """Return which currencies these accounts and their holdings are in."""
    return {row["currency"] for row in await connection.fetch(_CURRENCIES, list(accounts))}


async def reported_of(connection: Connection | Pool, accounts: Iterable[UUID], rates: RatesOf) -> dict[UUID, Reported]:
    """Return what providers say of these accounts; those without holdings or a total of the provider's are missing."""
    rows = {row["id"]: row for row in await connection.fetch(_ACCOUNTS, list(accounts))}
    if not rows:
        return {}
    first = min(row["read_at"] for row in rows.values())
    last = max(row["read_at"] for row in rows.values())
    lines: dict[UUID, list[ReportedLine]] = {key: [] for key in rows}
    for row in await connection.fetch(_LINES, list(rows), first - _SPLIT_WITHIN, last + _SPLIT_WITHIN):
        lines[row["account_id"]].append(_line(row))
    dealt: dict[UUID, list[Decimal]] = {key: [] for key in rows}
    for row in await connection.fetch(_DEALT, list(rows), first - _DEALT_WITHIN):
        account = rows[row["account_id"]]
        rate = _to(account["currency"], rates).get(row["currency"])
        if rate is not None and row["trade_date"] >= (account["read_at"] - _DEALT_WITHIN).date():
            dealt[row["account_id"]].append(row["amount"] * rate)
    return {
        key: Reported(
            row["currency"],
            row["provider_total"],
            tuple(lines[key]),
            _to(row["currency"], rates),
            tuple(dealt[key]),
        )
        for key, row in rows.items()
    }


async def forget_reconciliations(connection: Connection, accounts: Iterable[UUID]) -> None:
    """Remove what was found of accounts that cannot be compared any more."""
    await connection.execute(_FORGET, list(accounts))


async def keep_reconciliation(connection: Connection, account: UUID, found: Reconciliation) -> bool:
    """Store an account's newest comparison, and tell the live stages on commit if it is news; return whether it is."""
    news = await connection.fetchval(
        _KEEP,
        account,
        found.currency,
        found.our_total,
        found.provider_total,
        found.drift,
        found.cause,
        found.marked,
        found.since,
    )
    if news:
        await connection.execute(_TELL, account, HOLDINGS_CHANGED)
    return bool(news)


def reconciliation_of(row: Mapping[str, Any]) -> Reconciliation | None:
    """Return the comparison in a row with columns `drift_…`; None when there is none."""
    since: datetime | None = row["drift_since"]
    if since is None:
        return None
    return Reconciliation(
        currency=row["drift_currency"],
        our_total=row["drift_our_total"],
        provider_total=row["drift_provider_total"],
        drift=row["drift_amount"],
        cause=None if row["drift_cause"] is None else DriftCause(row["drift_cause"]),
        marked=row["drift_marked"],
        since=since,
    )


RECONCILIATION = """
r.currency as drift_currency, r.our_total as drift_our_total, r.provider_total as drift_provider_total,
r.drift as drift_amount, r.cause as drift_cause, r.marked as drift_marked, r.since as drift_since
"""
"""Of `reconciliations r`, as `reconciliation_of` reads them."""


def _to(currency: str, rates: RatesOf) -> Mapping[str, Decimal]:
    return rates.get(currency, {currency: Decimal(1)})


def _line(row: Any) -> ReportedLine:
    return ReportedLine(
        symbol=row["symbol"],
        asset_class=AssetClass(row["asset_class"]),
        currency=row["currency"],
        multiplier=row["multiplier"],
        quantity=row["quantity"],
        price=row["price"],
        splits=tuple(row["splits"]),
    )
