"""A calculator that is killed: clients see that their values stand still until another has valued them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from realtime.bus.client import Bus
from realtime.bus.prices import write_batch
from realtime.clock import WallClock
from realtime.contract.messages import PriceBatch
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource
from realtime.store.pool import Pool
from tests.support.books import add_account, add_instrument, add_user, hold
from tests.support.broadcasting import broadcaster_at, token_for
from tests.support.waiting import wait_until
from tests.support.watching import Watched, watching

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
NOTICED_WITHIN_S = 5.0
STARTED_WITHIN_S = 30.0


@contextmanager
def calculator(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a calculator that is killed at the end, as by a power cut."""
    process = subprocess.Popen([sys.executable, "-m", "calculator"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def price(instrument: InstrumentId, amount: str, second: int) -> PriceBatch:
    made_at = NOON + timedelta(seconds=second)
    new = Price(instrument, Decimal(amount), made_at, PriceSource.TRADE, 0, Decimal(10), NOON.date(), 1)
    return PriceBatch((new,), second)


async def portfolio(client: Watched, within_s: float, **fields: Any) -> None:
    """Wait until the client's portfolio has these fields."""

    def has() -> bool:
        state = client.state("portfolio")
        return all(state.get(name) == value for name, value in fields.items())

    await wait_until(has, within_s, f"a portfolio with {fields}")


async def test_values_without_a_calculator_say_so(pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str) -> None:
    """Within seconds of a kill -9, with the last values, also for newcomers; until the next one's values."""
    user_id = await add_user(pool)
    account = await add_account(pool, user_id)
    stock = await add_instrument(pool, "AAPL")
    await hold(pool, account, {stock: "10"})
    clock = {"market_origin": NOON, "wall_origin": WallClock().now()}
    environment = {
        "NAVSTREAM_DATABASE_URL": postgres_dsn,
        "NAVSTREAM_REDIS_URL": redis_url,
        "NAVSTREAM_MARKET_ORIGIN": NOON.isoformat(),
        "NAVSTREAM_WALL_ORIGIN": clock["wall_origin"].isoformat(),
    }
    await write_batch(bus, price(stock, "100", 0))
    async with broadcaster_at(postgres_dsn, redis_url, **clock) as broadcaster:
        url = f"ws://127.0.0.1:{broadcaster.port}/v1"
        async with watching(url, token_for(user_id), user_id, [account.id]) as client:
            with calculator(environment):
                await portfolio(client, STARTED_WITHIN_S, total_value=1000, interrupted=False)
            await portfolio(client, NOTICED_WITHIN_S, total_value=1000, interrupted=True)
            assert client.state(f"account:{account.id}")["interrupted"]
            await write_batch(bus, price(stock, "120", 1))
            async with watching(url, token_for(user_id), user_id, [account.id]) as newcomer:
                await portfolio(newcomer, NOTICED_WITHIN_S, total_value=1000, interrupted=True)
            with calculator(environment):
                await portfolio(client, STARTED_WITHIN_S, interrupted=False)
                assert client.state("portfolio")["total_value"] == 1200, "no old value is shown as a new one"
            assert not client.disconnects
