"""Portfolios and prices by the minute: written by the calculators, read for charts of the day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil
from uuid import UUID

from realtime.domain.account import UserId
from realtime.domain.instrument import InstrumentId
from realtime.store.pool import Connection, Pool

_KEPT_DAYS = 7
_MINUTES_OF_A_DAY = 16 * 60
"""From the pre-market's opening to the post-market's close."""
_PRICES_MAX = 20_000
_WRITE_VALUES = """
insert into intraday_values (user_id, trading_day, at, total_value)
select u.id, $1, $2, round((v.dollars / r.dollars)::numeric, 2)
from unnest($3::uuid[], $4::float8[]) as v (user_id, dollars)
join users u on u.id = v.user_id
join unnest($5::text[], $6::float8[]) as r (currency, dollars) on r.currency = u.currency
on conflict do nothing
"""
_WRITE_PRICES = """
insert into intraday_prices (instrument_id, trading_day, at, price)
select p.instrument_id, $1, $2, p.price from unnest($3::uuid[], $4::numeric[]) as p (instrument_id, price)
join instruments i on i.id = p.instrument_id
on conflict do nothing
"""
_FORGET = ("delete from intraday_values where trading_day < $1", "delete from intraday_prices where trading_day < $1")
_FORGET_USERS = "delete from intraday_values where trading_day = $1 and user_id = any($2)"
_VALUES = "select at, total_value from intraday_values where trading_day = $1 order by at"
_HELD = "select distinct instrument_id from holdings"
_PRICES = """
select distinct on (instrument_id, bucket) instrument_id::text, at, price,
    floor(extract(epoch from at) / $3) as bucket
from intraday_prices where instrument_id = any($1) and trading_day = $2
order by instrument_id, bucket, at desc
"""


@dataclass(frozen=True, slots=True)
class IntradayValue:
    """A portfolio's total at one moment of market time, in its user's currency."""

    at: datetime
    total_value: Decimal


@dataclass(frozen=True, slots=True)
class IntradayPrice:
    """An instrument's mark at one moment of market time, in its own currency."""

    at: datetime
    price: Decimal


async def write_values(
    pool: Pool,
    trading_day: date,
    at: datetime,
    dollars: Mapping[UserId, float],
    dollars_per_unit: Mapping[str, float],
) -> None:
    """Record portfolios' totals at a moment; whose currency has no rate gets no row. Twice is once."""
    await pool.execute(
        _WRITE_VALUES, trading_day, at, [UUID(user) for user in dollars], list(dollars.values()),
        list(dollars_per_unit), list(dollars_per_unit.values()),
    )  # fmt: skip


async def write_prices(pool: Pool, trading_day: date, at: datetime, prices: Mapping[InstrumentId, Decimal]) -> None:
    """Record marks at a moment. Twice is once: every calculator may."""
    await pool.execute(_WRITE_PRICES, trading_day, at, [UUID(each) for each in prices], list(prices.values()))


async def forget_old(pool: Pool, trading_day: date) -> None:
    """Drop what is older than a week."""
    for statement in _FORGET:
        await pool.execute(statement, trading_day - timedelta(days=_KEPT_DAYS))


async def forget_users(pool: Pool, trading_day: date, users: Iterable[UserId]) -> None:
    """Drop these users' totals of a day: they are those of other accounts than now, and no gain lies between them."""
    await pool.execute(_FORGET_USERS, trading_day, [UUID(user) for user in users])


async def values_of_day(connection: Connection, trading_day: date) -> list[IntradayValue]:
    """Return the bound user's totals of a trading day, oldest first."""
    rows = await connection.fetch(_VALUES, trading_day)
    return [IntradayValue(row["at"], row["total_value"]) for row in rows]


async def prices_of_day(connection: Connection, trading_day: date) -> dict[InstrumentId, Sequence[IntradayPrice]]:
    """Return the prices of what the bound user holds, oldest first.

    The more instruments, the fewer points each: the last one of so many minutes that at most 20,000 come together.
    """
    held = [row["instrument_id"] for row in await connection.fetch(_HELD)]
    bucket_s = 60 * ceil(max(1, len(held)) * _MINUTES_OF_A_DAY / _PRICES_MAX)
    found: dict[InstrumentId, list[IntradayPrice]] = {}
    for row in await connection.fetch(_PRICES, held, trading_day, bucket_s):
        found.setdefault(InstrumentId(row["instrument_id"]), []).append(IntradayPrice(row["at"], row["price"]))
    return dict(found)
