"""Instruments and the newest prices that providers gave for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.store.pool import Connection, Pool

_COLUMNS = "i.id, i.symbol, i.asset_class, i.currency, i.multiplier, i.name, i.listed"
_BY_ID = f"select {_COLUMNS} from instruments i where i.id = any($1::uuid[])"  # noqa: S608  # a constant
_HELD = f"""
select {_COLUMNS} from instruments i
where exists (
    select from holdings h join accounts a on a.id = h.account_id
    where h.instrument_id = i.id and a.is_active
)
"""  # noqa: S608  # a constant
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
group by i.id, p.price
"""
_PROVIDER_PRICES = """
select instrument_id, price, price_time, provider from instrument_prices where instrument_id = any($1::uuid[])
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


async def currency_instruments(connection: Connection | Pool, currencies: Iterable[str]) -> list[Instrument]:
    """Return the cash instruments (CUR:XXX) of these currencies and of those that users and accounts are in."""
    return [_instrument(row) for row in await connection.fetch(_CURRENCIES, list(currencies))]


async def held_values(connection: Connection | Pool) -> dict[InstrumentId, Decimal]:
    """Return the value all active accounts hold of each instrument, signs dropped, at the newest provider price.

    In the instrument's currency; instruments without a provider price are missing.
    """
    return {InstrumentId(str(row["id"])): row["value"] for row in await connection.fetch(_HELD_VALUES)}


async def provider_prices(connection: Connection | Pool, ids: Iterable[InstrumentId]) -> list[ProviderPrice]:
    """Return the newest provider price of each of these instruments that has one."""
    return [
        ProviderPrice(InstrumentId(str(row["instrument_id"])), row["price"], row["price_time"], row["provider"])
        for row in await connection.fetch(_PROVIDER_PRICES, list(ids))
    ]


def _instrument(row: Any) -> Instrument:
    return Instrument(
        id=InstrumentId(str(row["id"])),
        symbol=row["symbol"],
        asset_class=AssetClass(row["asset_class"]),
        currency=row["currency"],
        multiplier=row["multiplier"],
        name=row["name"],
        listed=row["listed"],
    )
