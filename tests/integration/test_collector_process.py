"""Collectors as processes: one leads, another takes over; Redis goes and comes back."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from realtime.bus.client import Bus, open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.embedded import EmbeddedValkey
from realtime.process import Health
from realtime.store.pool import Pool
from tests.integration.collecting import (
    KEY,
    SECRET,
    Collecting,
    Market,
    Simulator,
    collecting,
    new_holder,
    paused_market,
    simulator,
)
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    with simulator() as process:
        yield process


@pytest.fixture
async def market(process: Simulator) -> AsyncIterator[Market]:
    async with paused_market(process) as market:
        yield market


@asynccontextmanager
async def collector_process(
    market: Market, database_url: str, redis_url: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = {
        "NAVSTREAM_DATABASE_URL": database_url,
        "NAVSTREAM_REDIS_URL": redis_url,
        "NAVSTREAM_ALPACA_STREAM_URL": market.url.replace("http:", "ws:"),
        "NAVSTREAM_ALPACA_DATA_URL": market.url,
        "NAVSTREAM_MARKET_ORIGIN": market.simulator.origin.isoformat(),
        "NAVSTREAM_WALL_ORIGIN": market.simulator.wall_origin.isoformat(),
        "APCA_API_KEY_ID": KEY,
        "APCA_API_SECRET_KEY": SECRET,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "symbol_collector", env=os.environ | settings)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def leader_of(bus: Bus) -> int | None:
    """Return the process id of the collector that streams, None while none does."""
    beats = [beat for beat in await read_heartbeats(bus) if beat.facts.get("feed") == "live" and beat.healthy]
    return beats[0].pid if len(beats) == 1 else None


async def test_a_killed_leader_s_work_is_taken_over_within_five_seconds(
    market: Market, pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str
) -> None:
    """kill -9; the one that stood by streams, and what traded meanwhile is not missed."""
    holder = await new_holder(pool)
    await holder.hold("AAPL")
    async with AsyncExitStack() as stack:
        processes = [
            await stack.enter_async_context(collector_process(market, postgres_dsn, redis_url)) for _ in range(2)
        ]
        leader_pid = await wait_until(lambda: leader_of(bus), 15, "a leader")
        await wait_until(lambda: _stands_by(bus), 15, "one that stands by")
        assert len((await market.status())["streams"]) == 1, "the credential has one connection"
        seen = Collecting(bus, holder, Health())
        await market.emit("AAPL", 270.25)
        await seen.price_is("AAPL", "270.25")
        next(each for each in processes if each.pid == leader_pid).kill()
        killed = monotonic()
        await market.emit("AAPL", 271.75)
        await seen.price_is("AAPL", "271.75", 8)
        assert monotonic() - killed < 5

        async def another_leads() -> bool:  # the dead one's heartbeat lasts some seconds
            return await leader_of(bus) not in {None, leader_pid}

        await wait_until(another_leads, 8, "another leader")
        await market.emit("AAPL", 272.25)
        await seen.price_is("AAPL", "272.25")


async def _stands_by(bus: Bus) -> bool:
    return any(beat.facts.get("role") == "standing by" and beat.healthy for beat in await read_heartbeats(bus))


async def test_asked_to_stop_it_gives_lease_and_connections_back(
    market: Market, pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str
) -> None:
    """SIGTERM: status 0 in time, no stream left, and the feed is said to be disconnected."""
    holder = await new_holder(pool)
    await holder.hold("AAPL")
    async with collector_process(market, postgres_dsn, redis_url) as process:
        await wait_until(lambda: leader_of(bus), 15, "a leader")
        process.terminate()
        async with asyncio.timeout(8):
            assert await process.wait() == 0
        assert (await Collecting(bus, holder, Health()).feed()).status == "disconnected"

        async def closed() -> bool:
            return not (await market.status())["streams"]

        await wait_until(closed, what="no stream")
        assert await bus.keys("nav:lease:*") == []


async def test_redis_killed_and_started_empty_gets_everything_again(
    market: Market, pool: Pool, postgres_dsn: str, tmp_path: Path
) -> None:
    """What traded meanwhile too; the streams stay open."""
    holder = await new_holder(pool)
    await holder.hold("AAPL", "MSFT")
    first = EmbeddedValkey(tmp_path / "first")
    first.start()
    port = int(first.url.rsplit(":", 1)[1].partition("/")[0])
    second = EmbeddedValkey(tmp_path / "second", port)
    async with AsyncExitStack() as stack:
        stack.callback(second.stop)
        stack.callback(first.stop)
        bus = await stack.enter_async_context(open_bus(first.url))
        collector = await stack.enter_async_context(collecting(market, holder, bus, postgres_dsn))
        await collector.feed_is("live")
        await market.emit("AAPL", 270.5)
        await collector.price_is("AAPL", "270.5")
        await market.emit("MSFT", 480.5)
        await collector.price_is("MSFT", "480.5")
        first.kill()
        await market.emit("AAPL", 271.5)
        await wait_until(lambda: "Redis" in (collector.health.problem or ""), what="a problem that names Redis")
        second.start()
        await collector.price_is("AAPL", "271.5", 5)
        await collector.price_is("MSFT", "480.5", 5)
        await wait_until(lambda: collector.health.problem is None, what="health")
