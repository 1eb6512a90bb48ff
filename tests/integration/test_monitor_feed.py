"""Alerts about the market streams: the simulated Alpaca, a real collector, a real monitor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.checks import Limits
from realtime.bus.client import Bus
from realtime.clock import MarketClock
from realtime.process import Health, end_task
from realtime.store.pool import Pool
from realtime.up import STAGES
from tests.integration.collecting import Collecting, Market, collecting, new_holder, paused_market, simulator
from tests.support.monitoring import Operator, monitoring, operator, played
from tests.support.waiting import wait_until

LIMITS = Limits(STAGES, silent_after_s=1.0, symbol_silent_after_s=1.0)
EMIT_EVERY_S = 0.1


@pytest.fixture
async def told() -> AsyncIterator[Operator]:
    async with operator() as told:
        yield told


@pytest.fixture
async def market(request: pytest.FixtureRequest) -> AsyncIterator[Market]:
    at = getattr(request, "param", datetime(2026, 11, 20, 15, 30, tzinfo=UTC))
    with simulator(at=at) as process:
        async with paused_market(process) as market:
            yield market


@asynccontextmanager
async def watched(
    market: Market, pool: Pool, bus: Bus, redis_url: str, database_url: str, told: Operator, clock: MarketClock
) -> AsyncIterator[tuple[Collecting, Health]]:
    """Run a collector that holds one stock, all other stages played, and a monitor whose market shows `clock`."""
    holder = await new_holder(pool)
    await pool.execute("update accounts set last_synced_at = now()")
    await holder.hold("AAPL")
    async with played(redis_url, collector=False), collecting(market, holder, bus, database_url) as collector:
        await collector.feed_is("live")
        async with monitoring(redis_url, database_url, told, market=clock, limits=LIMITS) as health:
            yield collector, health


@asynccontextmanager
async def trading(market: Market) -> AsyncIterator[None]:
    """Let the stock trade all the time."""

    async def trade() -> None:
        while True:
            await market.emit("AAPL", 271.5)
            await asyncio.sleep(EMIT_EVERY_S)

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(trade())
        try:
            yield
        finally:
            await end_task(running)


async def test_a_silent_stream_fires_and_the_next_trade_clears(
    market: Market, pool: Pool, bus: Bus, redis_url: str, postgres_dsn: str, told: Operator
) -> None:
    """Ensure a stream that is connected and sends nothing in the session is an alert until it sends."""
    async with watched(market, pool, bus, redis_url, postgres_dsn, told, market.clock):
        await told.hears("feed_silent", ("stock", "fired"))
        async with trading(market):
            await told.hears("feed_silent", ("stock", "fired"), ("stock", "cleared"))


async def test_a_stream_that_cannot_connect(
    market: Market, pool: Pool, bus: Bus, redis_url: str, postgres_dsn: str, told: Operator
) -> None:
    """Ensure a cut stream is an alert while it stays cut."""
    async with watched(market, pool, bus, redis_url, postgres_dsn, told, market.clock):
        await market.control("refuse_auth", {"codes": [406] * 1_000})
        await market.control("drop", {})
        await told.hears("feed_disconnected", ("stock", "fired"))
        await market.control("plan", {"refuse_auth": []})
        await told.hears("feed_disconnected", ("stock", "fired"), ("stock", "cleared"))


async def test_a_stream_that_sends_old_trades(
    market: Market, pool: Pool, bus: Bus, redis_url: str, postgres_dsn: str, told: Operator
) -> None:
    """Ensure a feed that runs twenty minutes behind the market is told as stale, not as silent."""
    ahead = replace(market.clock, market_origin=market.clock.market_origin + timedelta(minutes=20))
    async with trading(market), watched(market, pool, bus, redis_url, postgres_dsn, told, ahead):
        await told.hears("feed_stale", ("stock", "fired"))
        assert told.heard("feed_silent") == []


async def test_a_stopped_collector(
    market: Market, pool: Pool, bus: Bus, redis_url: str, postgres_dsn: str, told: Operator
) -> None:
    """Ensure the end of the last collector is an alert."""
    holder = await new_holder(pool)
    await pool.execute("update accounts set last_synced_at = now()")
    async with (
        played(redis_url, collector=False),
        monitoring(redis_url, postgres_dsn, told, market=market.clock, limits=LIMITS),
    ):
        await told.hears("collector_down", ("", "fired"))
        async with collecting(market, holder, bus, postgres_dsn):
            await told.hears("collector_down", ("", "fired"), ("", "cleared"))
        await told.hears("collector_down", ("", "fired"), ("", "cleared"), ("", "fired"))


@pytest.mark.parametrize(
    "market",
    [
        datetime(2026, 11, 22, 18, 0, tzinfo=UTC),
        datetime(2026, 11, 27, 18, 1, tzinfo=UTC),
        datetime(2026, 11, 24, 7, 0, tzinfo=UTC),
    ],
    ids=["Sunday", "a half day's 13:01", "overnight"],
    indirect=True,
)
async def test_a_closed_market_is_silent_by_right(
    market: Market, pool: Pool, bus: Bus, redis_url: str, postgres_dsn: str, told: Operator
) -> None:
    """Ensure the silence that is an alert in the session is none on a Sunday, at a half day's 13:01, or overnight."""
    async with watched(market, pool, bus, redis_url, postgres_dsn, told, market.clock) as (collector, health):

        async def silent() -> bool:
            return (await collector.feed()).streams[0].silent_s > 2 * LIMITS.silent_after_s

        await wait_until(silent, what="a silence")
        before = health.facts["looked_at"]
        await wait_until(lambda: health.facts["looked_at"] != before, what="another look")
        assert health.facts["alerts"] == 0
    assert told.received == []
