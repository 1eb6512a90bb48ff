"""Instruments and the newest prices that providers gave for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from realtime.domain.account import UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.security_id import SecurityIds
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool

_COLUMNS = "i.id, i.symbol, i.asset_class, i.currency, i.multiplier, i.name, i.listed, i.figi, i.isin, i.cusip"
_BY_ID = f"select {_COLUMNS} from instruments i where i.id = any($1::uuid[])"  # noqa: S608  # a constant
_FROM_HELD = """
from instruments i
cross join lateral (
    select from holdings h join accounts a on a.id = h.account_id
    where h.instrument_id = i.id and a.is_active
    limit 1
) holding
"""
"""One look into an index for each instrument; `exists` would read every holding."""
_HELD = f"select {_COLUMNS} {_FROM_HELD}"
_HELD_STATE = f"""
select count(*), sum(hashtextextended(concat_ws(' ', i.id, i.symbol, i.asset_class, i.currency, i.listed), 0)::numeric)
{_FROM_HELD}
"""
_CURRENCIES = f"""
select {_COLUMNS} from instruments i
where i.asset_class = 'cash' and i.symbol = 'CUR:' || i.currency and (
    i.currency = any($1::text[])
    or i.currency in (select currency from users union select currency from accounts where is_active)
)
"""  # noqa: S608  # a constant
_HELD_VALUES = """
select i.id, sum(abs(h.quantity)) * i.multiplier * p.price as value
from holdings h
join accounts a on a.id = h.account_id and a.is_active
join instruments i on i.id = h.instrument_id
join instrument_prices p on p.instrument_id = i.id
where $1::uuid[] is null or h.user_id = any($1)
group by i.id, p.price
"""
_PROVIDER_PRICES = """
select instrument_id, price, price_time, provider from instrument_prices where instrument_id = any($1::uuid[])
"""
_BY_ALIAS = f"""
select t.alias as key, {_COLUMNS} from instrument_aliases t join instruments i on i.id = t.instrument_id
where t.provider = $1 and t.alias = any($2::text[])
"""  # noqa: S608  # a constant
_BY_IDS_OR_SYMBOL = f"""
select {_COLUMNS} from instruments i
where i.id = any(
    select id from instruments where figi = any($1::text[])
    union select id from instruments where isin = any($2::text[])
    union select id from instruments where cusip = any($3::text[])
    union select id from instruments
        join unnest($4::text[], $5::text[]) as wanted (symbol, currency) using (symbol, currency)
)
order by i.created_at, i.id
"""  # noqa: S608  # a constant
_INSERT = """
insert into instruments (id, symbol, asset_class, currency, multiplier, name, listed, figi, isin, cusip)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::text[], $7::boolean[],
    $8::text[], $9::text[], $10::text[])
on conflict (symbol, currency) do nothing
"""
_INSERT_ALIASES = """
insert into instrument_aliases (provider, alias, instrument_id)
select $1, * from unnest($2::text[], $3::uuid[])
on conflict (provider, alias) do update set instrument_id = excluded.instrument_id
where instrument_aliases.instrument_id <> excluded.instrument_id
"""
_IMPROVE = """
update instruments
set name = case when name = symbol then $2 else name end,
    asset_class = case
        when asset_class = 'other' or (asset_class = 'equity' and $3 = 'etf') then $3 else asset_class
    end,
    listed = listed or $4,
    figi = coalesce(figi, $5),
    isin = coalesce(isin, $6),
    cusip = coalesce(cusip, $7)
where id = $1 and (
    (name = symbol and $2 <> symbol) or (asset_class = 'other' and $3 <> 'other')
    or (asset_class = 'equity' and $3 = 'etf') or ($4 and not listed) or (figi is null and $5::text is not null)
    or (isin is null and $6::text is not null) or (cusip is null and $7::text is not null)
)
"""
_RAISE_PRICES = """
insert into instrument_prices (instrument_id, price, price_time, provider)
select * from unnest($1::uuid[], $2::numeric[], $3::timestamptz[], $4::text[])
on conflict (instrument_id) do update
set price = excluded.price, price_time = excluded.price_time, provider = excluded.provider
where excluded.price_time >= instrument_prices.price_time
    and (excluded.price, excluded.price_time) is distinct from (instrument_prices.price, instrument_prices.price_time)
"""


@dataclass(frozen=True, slots=True)
class ProviderPrice:
    """The newest price that a provider reported for an instrument, in the instrument's currency."""

    instrument_id: InstrumentId
    price: Decimal
    time: datetime
    provider: str


async def instruments_by_id(connection: Connection | Pool, ids: Iterable[InstrumentId]) -> list[Instrument]:
    """Return the instruments with these ids; unknown ones are missing."""
    return [_instrument(row) for row in await connection.fetch(_BY_ID, list(ids))]


async def held_instruments(connection: Connection | Pool) -> list[Instrument]:
    """Return every instrument that some active account holds."""
    return [_instrument(row) for row in await connection.fetch(_HELD)]


async def held_state(connection: Connection | Pool) -> tuple[int, Decimal | None]:
    """Return what differs when `held_instruments` does, in what the market side of them is; made by the database."""
    row = await connection.fetchrow(_HELD_STATE)
    assert row is not None
    return row[0], row[1]


async def currency_instruments(connection: Connection | Pool, currencies: Iterable[str]) -> list[Instrument]:
    """Return the cash instruments (CUR:XXX) of these currencies and of those that users and accounts are in."""
    return [_instrument(row) for row in await connection.fetch(_CURRENCIES, list(currencies))]


async def held_values(
    connection: Connection | Pool, user_ids: Iterable[UserId] | None = None
) -> dict[InstrumentId, Decimal]:
    """Return the value that active accounts hold of each instrument, signs dropped, at the newest provider price.

    In the instrument's currency; instruments without a provider price are missing.

    Args:
        connection: Where to ask.
        user_ids: Whose accounts; None for everybody's.
    """
    rows = await connection.fetch(_HELD_VALUES, None if user_ids is None else list(user_ids))
    return {InstrumentId(str(row["id"])): row["value"] for row in rows}


async def provider_prices(connection: Connection | Pool, ids: Iterable[InstrumentId]) -> list[ProviderPrice]:
    """Return the newest provider price of each of these instruments that has one."""
    return [
        ProviderPrice(InstrumentId(str(row["instrument_id"])), row["price"], row["price_time"], row["provider"])
        for row in await connection.fetch(_PROVIDER_PRICES, list(ids))
    ]


async def instruments_by_alias(connection: Connection, provider: str, aliases: Iterable[str]) -> dict[str, Instrument]:
    """Return the instruments that a provider's ids stand for, by these ids."""
    return {row["key"]: _instrument(row) for row in await connection.fetch(_BY_ALIAS, provider, list(aliases))}


async def instruments_like(
    connection: Connection, ids: Iterable[SecurityIds], symbols: Iterable[tuple[str, str]]
) -> list[Instrument]:
    """Return the instruments that share an identifier or canonical symbol and currency, oldest first."""
    wanted, pairs = list(ids), list(symbols)
    rows = await connection.fetch(
        _BY_IDS_OR_SYMBOL,
        [one.figi for one in wanted if one.figi is not None],
        [one.isin for one in wanted if one.isin is not None],
        [one.cusip for one in wanted if one.cusip is not None],
        [symbol for symbol, _ in pairs],
        [currency for _, currency in pairs],
    )
    return [_instrument(row) for row in rows]


async def insert_instruments(connection: Connection, new: Iterable[Instrument]) -> None:
    """Store instruments whose symbol and currency are not yet taken.

    In the order of their symbols, so that two syncs wait for each other instead of deadlocking.
    """
    rows = sorted(new, key=lambda row: (row.symbol, row.currency))
    await connection.execute(
        _INSERT,
        [row.id for row in rows],
        [row.symbol for row in rows],
        [row.asset_class.value for row in rows],
        [row.currency for row in rows],
        [row.multiplier for row in rows],
        [row.name for row in rows],
        [row.listed for row in rows],
        [row.ids.figi for row in rows],
        [row.ids.isin for row in rows],
        [row.ids.cusip for row in rows],
    )


async def insert_aliases(connection: Connection, provider: str, aliases: Mapping[str, InstrumentId]) -> None:
    """Remember which instruments a provider's ids stand for."""
    names = sorted(aliases)
    await connection.execute(_INSERT_ALIASES, provider, names, [aliases[name] for name in names])


async def improve_instruments(connection: Connection, better: Iterable[Instrument]) -> None:
    """Fill in what the stored instruments lack: a name, identifiers, the class of an unknown kind, a US listing."""
    for row in sorted(better, key=lambda row: row.id):
        await connection.execute(
            _IMPROVE, row.id, row.name, row.asset_class.value, row.listed, row.ids.figi, row.ids.isin, row.ids.cusip
        )


async def ensure_currencies(connection: Connection, currencies: Iterable[str]) -> None:
    """Make sure that money of these currencies (ISO 4217) is an instrument, CUR:XXX."""
    await insert_instruments(
        connection,
        [
            Instrument(
                id=InstrumentId(str(new_key())),
                symbol=f"CUR:{currency}",
                asset_class=AssetClass.CASH,
                currency=currency,
                multiplier=Decimal(1),
                name=currency,
                listed=False,
            )
            for currency in set(currencies)
        ],
    )


async def raise_prices(connection: Connection, prices: Iterable[ProviderPrice]) -> None:
    """Store provider prices, each unless a newer one is known."""
    newest: dict[InstrumentId, ProviderPrice] = {}
    for price in prices:
        known = newest.get(price.instrument_id)
        if known is None or price.time >= known.time:
            newest[price.instrument_id] = price
    rows = [newest[key] for key in sorted(newest)]
    await connection.execute(
        _RAISE_PRICES,
        [row.instrument_id for row in rows],
        [row.price for row in rows],
        [row.time for row in rows],
        [row.provider for row in rows],
    )


def _instrument(row: Any) -> Instrument:
    return Instrument(
        id=InstrumentId(str(row["id"])),
        symbol=row["symbol"],
        asset_class=AssetClass(row["asset_class"]),
        currency=row["currency"],
        multiplier=row["multiplier"],
        name=row["name"],
        listed=row["listed"],
        ids=SecurityIds(row["figi"], row["isin"], row["cusip"]),
    )
