"""The day so far: written by the minute, read by its owner alone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.domain.instrument import InstrumentId
from realtime.market_hours import market_hours_around
from realtime.store.intraday import forget_old, prices_of_day, write_prices, write_values
from realtime.store.pool import Pool, as_user
from tests.integration.test_api import add_person, api, files
from tests.support.api import Api

__all__ = ["api", "files"]
OPEN = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
DAY = date(2026, 11, 20)


async def _instrument(pool: Pool, symbol: str, holder: str | None = None) -> InstrumentId:
    key = uuid4()
    await pool.execute(
        """insert into instruments (id, symbol, asset_class, currency, name, listed)
           values ($1, $2, 'equity', 'USD', $2, true)""", key, symbol,
    )  # fmt: skip
    if holder is not None:
        await pool.execute(
            """insert into holdings (account_id, user_id, instrument_id, quantity)
               select id, user_id, $2, 1 from accounts where public_id = $1""", holder, key,
        )  # fmt: skip
    return InstrumentId(str(key))


async def test_the_day_is_its_users_alone(api: Api, pool: Pool) -> None:
    """Ensure the API gives a user his own totals of the current trading day, in his currency, once each, in order."""
    ada, bob = await add_person(pool, "Ada"), await add_person(pool, "Bob")
    await pool.execute("update users set currency = 'EUR' where name = 'Ada'")
    now = WallClock().now().replace(second=0, microsecond=0)
    trading_day = market_hours_around(now).trading_day(now)
    day = trading_day.date
    rates = {"USD": 1.0, "EUR": 1.25}
    for minute, total in ((1, 500.0), (0, 250.006), (0, 999.0)):
        at = now + timedelta(minutes=minute)
        await write_values(pool, day, at, {ada.user_id: total, bob.user_id: 7.0, UserId(str(uuid4())): 1.0}, rates)
    await write_values(pool, day - timedelta(days=1), now, {ada.user_id: 1.0}, rates)
    await write_values(pool, day, now + timedelta(minutes=2), {ada.user_id: 1.0}, {"USD": 1.0})
    answer = await api.get("/api/portfolio/intraday", ada.user_id)
    start = int(now.timestamp())
    assert answer == {
        "trading_day": str(day),
        "opens_at": int(trading_day.open.timestamp()),
        "closes_at": int(trading_day.close.timestamp()),
        "points": [{"time": start, "value": 200.0}, {"time": start + 60, "value": 400.0}],
    }
    assert [point["value"] for point in (await api.get("/api/portfolio/intraday", bob.user_id))["points"]] == [7, 7]


async def test_prices_are_those_of_what_is_held(api: Api, pool: Pool) -> None:
    """Ensure a user gets the points of his holdings, and of nothing else."""
    ada = await add_person(pool, "Ada")
    held, other = await _instrument(pool, "AAPL", ada.account_id), await _instrument(pool, "MSFT")
    now = WallClock().now().replace(second=0, microsecond=0)
    day = market_hours_around(now).trading_day(now).date
    await write_prices(
        pool, day, now, {held: Decimal("200.5"), other: Decimal(1), InstrumentId(str(uuid4())): Decimal(1)}
    )
    answer = await api.get("/api/prices/intraday", ada.user_id)
    assert answer["points"] == {held: [{"time": int(now.timestamp()), "value": 200.5}]}


async def test_many_holdings_have_fewer_points_each(pool: Pool) -> None:
    """Ensure the answer stays small: of each span of minutes the last price stands for it."""
    ada = await add_person(pool, "Ada")
    held = [await _instrument(pool, f"T{number}", ada.account_id) for number in range(50)]
    for minute in range(6):
        prices = dict.fromkeys(held, Decimal(minute + 1))
        await write_prices(pool, DAY, OPEN + timedelta(minutes=minute), prices)
    async with as_user(pool, ada.user_id) as connection:
        points = (await prices_of_day(connection, DAY))[held[0]]
    assert [int(point.price) for point in points] == [3, 6]


async def test_a_week_is_kept(pool: Pool) -> None:
    """Ensure both tables forget what is older."""
    ada = await add_person(pool, "Ada")
    held = await _instrument(pool, "AAPL")
    for days in (0, 7, 8):
        day = DAY - timedelta(days=days)
        await write_values(pool, day, OPEN, {ada.user_id: 1.0}, {"USD": 1.0})
        await write_prices(pool, day, OPEN, {held: Decimal(1)})
    await forget_old(pool, DAY)
    for table in ("intraday_values", "intraday_prices"):
        assert await pool.fetchval(f"select count(*) from {table}") == 2, table
