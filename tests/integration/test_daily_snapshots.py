"""A calculator writes every portfolio down at the close, also of users whom nobody watches."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from calculator.daily import closed_day
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.domain.asset_class import AssetClass
from realtime.settings import Settings
from realtime.store.pool import Pool, as_user
from tests.integration.test_calculator import NOON, Desk, price
from tests.support.books import add_account, add_instrument, add_user, hold
from tests.support.waiting import wait_until

CLOSE = datetime(2026, 11, 20, 21, tzinfo=UTC)
DAY = date(2026, 11, 20)


def desk_at(at: datetime, bus: Bus, pool: Pool, dsn: str, redis_url: str) -> Desk:
    settings = Settings(database_url=dsn, redis_url=redis_url, market_origin=at, wall_origin=WallClock().now())
    return Desk(bus, pool, settings, redis_url)


async def stored(pool: Pool, user: UserId) -> list[Any]:
    return list(await pool.fetch("select * from user_portfolio_snapshots where user_id = $1::uuid", user))


async def two_users(desk: Desk) -> tuple[UserId, UserId]:
    """Ada, in Canadian dollars, with two accounts, one of another provider; and Grace with something unpriced."""
    ada, grace = await add_user(desk.pool, "CAD"), await add_user(desk.pool)
    first, second = await add_account(desk.pool, ada), await add_account(desk.pool, ada)
    await desk.pool.execute(
        "update accounts set provider = 'alpaca', public_id = 'alpaca_x' where public_id = $1", second.id
    )
    stock = await add_instrument(desk.pool, "AAPL")
    odd = await add_instrument(desk.pool, "ODD")
    dollars = await add_instrument(desk.pool, "CUR:USD", AssetClass.CASH)
    canadian = await add_instrument(desk.pool, "CUR:CAD", AssetClass.CASH, currency="CAD")
    await hold(desk.pool, first, {stock: "10", dollars: "-250.55"}, {stock: "900"})
    await hold(desk.pool, second, {canadian: "1000"})
    await hold(desk.pool, await add_account(desk.pool, grace), {odd: "3", dollars: "100"})
    await desk.send(price(stock, "101.37"), price(canadian, "0.5", close=None))
    return ada, grace


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (CLOSE, None),
        (CLOSE + timedelta(seconds=60), DAY),
        (CLOSE + timedelta(hours=4, seconds=-1), DAY),
        (CLOSE + timedelta(hours=4), None),
        (NOON, None),
        (datetime(2026, 11, 21, 21, 5, tzinfo=UTC), None),  # a Saturday
        (datetime(2026, 11, 27, 18, 5, tzinfo=UTC), date(2026, 11, 27)),  # a half day: 13:05 in New York
        (datetime(2026, 7, 1, 20, 5, tzinfo=UTC), date(2026, 7, 1)),  # 16:05 in summer
    ],
)
def test_day_is_closed_after_new_yorks_close(now: datetime, day: date | None) -> None:
    """Ensure that snapshots are of the hours after the close, on half days, in summer, and never of a weekend."""
    assert closed_day(now) == day


async def test_portfolios_are_written_once_at_the_close(
    bus: Bus, pool: Pool, postgres_dsn: str, redis_url: str
) -> None:
    """Ensure value, cost, gain and each provider's part in the user's currency, once, for its user alone."""
    desk = desk_at(CLOSE + timedelta(minutes=2), bus, pool, postgres_dsn, redis_url)
    ada, grace = await two_users(desk)

    async def both() -> bool:
        return bool(await stored(pool, ada) and await stored(pool, grace))

    async with desk.calculator():
        await wait_until(both, what="snapshots")
    [row] = await stored(pool, ada)
    assert (row["snapshot_date"], row["currency"], row["account_count"], row["unpriced_count"]) == (DAY, "CAD", 2, 0)
    assert row["total_value"] == Decimal("2526.30")  # (10 * 101.37 - 250.55) / 0.5 + 1000
    assert (row["total_cost_basis"], row["unrealized_gain_loss"]) == (Decimal(1800), Decimal("227.40"))
    assert row["unrealized_gain_loss_percent"] == Decimal("12.6333")
    assert orjson.loads(row["provider_breakdown"]) == {
        "plaid": {"value": "1526.30", "account_count": 1},
        "alpaca": {"value": "1000.00", "account_count": 1},
    }
    [row] = await stored(pool, grace)
    assert (row["total_value"], row["unpriced_count"]) == (Decimal(100), 1)
    assert (row["total_cost_basis"], row["unrealized_gain_loss"]) == (None, None)
    await pool.execute("update user_portfolio_snapshots set total_value = 1 where user_id = $1::uuid", ada)
    await pool.execute("delete from user_portfolio_snapshots where user_id = $1::uuid", grace)
    async with desk.calculator():
        await wait_until(lambda: stored(pool, grace), what="the missing snapshot")
    assert [row["total_value"] for row in await stored(pool, ada)] == [Decimal(1)]


async def test_snapshot_is_its_users_alone(bus: Bus, pool: Pool, api_pool: Pool, postgres_dsn: str) -> None:
    """Ensure that a wrong user, and nobody, sees none."""
    ada, grace = await add_user(pool), await add_user(pool)
    await pool.execute(
        "insert into user_portfolio_snapshots values ($1::uuid, $2, 'USD', 1, 1, 0, 0, 1, 0, '{}', now())", ada, DAY
    )
    query = "select * from user_portfolio_snapshots"
    async with as_user(api_pool, ada) as connection:
        assert len(await connection.fetch(query)) == 1
    async with as_user(api_pool, grace) as connection:
        assert await connection.fetch(query) == []
    async with api_pool.acquire() as connection, connection.transaction():
        await connection.execute("set local role navstream_user")
        assert await connection.fetch(query) == []
