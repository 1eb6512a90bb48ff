"""A calculator writes the day down, also of users whom nobody watches."""

from decimal import Decimal

import pytest

from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.asset_class import AssetClass
from realtime.settings import Settings
from realtime.store.pool import Pool
from tests.integration.test_calculator import NOON, PREVIOUS_DAY, Desk, price
from tests.support.books import add_account, add_instrument, add_user, hold
from tests.support.waiting import wait_until

_A_MINUTE_A_SECOND = 60


@pytest.fixture
def desk(bus: Bus, pool: Pool, postgres_dsn: str, redis_url: str) -> Desk:
    settings = Settings(
        database_url=postgres_dsn,
        redis_url=redis_url,
        market_origin=NOON,
        wall_origin=WallClock().now(),
        market_speed=_A_MINUTE_A_SECOND,
    )
    return Desk(bus, pool, settings, redis_url)


async def test_each_minute_has_everybodys_total_and_what_moved(desk: Desk) -> None:
    """Ensure totals over all accounts in the user's currency, minute by minute, and a price only when it moved."""
    ada = await add_user(desk.pool, "CAD")
    first, second = await add_account(desk.pool, ada), await add_account(desk.pool, ada)
    stock = await add_instrument(desk.pool, "AAPL")
    dollars = await add_instrument(desk.pool, "CUR:USD", AssetClass.CASH)
    canadian = await add_instrument(desk.pool, "CUR:CAD", AssetClass.CASH, currency="CAD")
    await hold(desk.pool, first, {stock: "10", dollars: "-250.55"})
    await hold(desk.pool, second, {canadian: "1000"})
    await desk.send(price(stock, "101.37"), price(canadian, "0.5", close=None))
    totals = "select at, total_value from intraday_values where user_id = $1::uuid order by at"
    prices = "select price from intraday_prices where instrument_id = $1::uuid order by at"

    async def written(count: int) -> bool:
        return len(await desk.pool.fetch(totals, ada)) >= count

    async def only(total: str) -> bool:
        return {row["total_value"] for row in await desk.pool.fetch(totals, ada)} == {Decimal(total)}

    async with desk.calculator():
        await wait_until(lambda: written(2), what="two minutes")
        await desk.send(price(stock, "102.37", seconds=1))
        before = len(await desk.pool.fetch(totals, ada))
        await wait_until(lambda: written(before + 2), what="two more")
        rows = await desk.pool.fetch(totals, ada)
        await hold(desk.pool, await add_account(desk.pool, ada), {dollars: "100"})
        await wait_until(lambda: only("2746.30"), what="a day that begins anew")
    assert rows[0]["total_value"] == Decimal("2526.30")  # (10 * 101.37 - 250.55) / 0.5 + 1000
    assert rows[-1]["total_value"] == Decimal("2546.30")
    assert all(row["at"].second == 0 for row in rows)
    assert [row["price"] for row in await desk.pool.fetch(prices, stock)] == [Decimal("101.37"), Decimal("102.37")]
    assert (await desk.pool.fetchval("select min(trading_day) from intraday_values")) > PREVIOUS_DAY
