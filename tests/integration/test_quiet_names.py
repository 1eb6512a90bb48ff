"""Stocks and options that are quoted but do not trade: valued at the midpoint, and marked as such."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from realtime.bus.client import Bus
from realtime.store.pool import Pool
from tests.integration.collecting import Market, Simulator, new_holder, paused_market, simulator
from tests.support.live_core import live_core, row
from tests.support.waiting import wait_until

SPEED = 100.0
OPTION = "AAPL280121C00250000"


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    with simulator(speed=SPEED) as process:
        yield process


@pytest.fixture
async def market(process: Simulator) -> AsyncIterator[Market]:
    async with paused_market(process) as market:
        yield market


@pytest.mark.parametrize("places", [None, 1])
async def test_midpoints_value_what_does_not_trade(
    market: Market, pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str, places: int | None
) -> None:
    """Streamed or polled: after five quiet minutes of the market the middle of bid and ask counts, until it trades."""
    holder = await new_holder(pool)
    await holder.hold("BND", "KO", OPTION)
    async with live_core(market, holder, bus, postgres_dsn, redis_url, symbols_max=places) as core:
        client = await core.client(holder.user_id)
        await row(client, "KO", delivery="poll" if places else "stream")
        quiet_at = market.clock.now() + timedelta(minutes=5, seconds=1)
        await wait_until(lambda: market.clock.now() > quiet_at, what="five quiet minutes")
        await market.control("emit", {"kind": "quote", "symbol": "KO", "bid": 72.0, "ask": 72.5})
        polled = await row(client, "KO", price=72.25, price_source="quote", covered="live", stale=False)
        assert polled["market_value"] == 722.5
        await market.control("emit", {"kind": "quote", "symbol": OPTION, "bid": 48.1, "ask": 48.3})
        quoted = await row(client, OPTION, price=48.2, price_source="quote", delivery="stream")
        assert quoted["market_value"] == 482
        await market.emit("KO", 72.5)
        await row(client, "KO", price=72.5, price_source="poll" if places else "trade")
