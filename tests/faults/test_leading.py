"""Two collectors with one credential, as processes, while the market trades."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from time import monotonic

import aiohttp
import pytest

from realtime.bus.client import Bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.clock import MarketClock, WallClock
from realtime.process import Health
from realtime.store.pool import Pool
from tests.integration.collecting import Collecting, Market, Simulator, new_holder, simulator
from tests.integration.test_collector_process import collector_process
from tests.support.waiting import wait_until

pytestmark = pytest.mark.faults

_ROUNDS = 4
_HAND_OVER_WITHIN_S = 5.0


@pytest.fixture(scope="module")
def trading() -> Iterator[Simulator]:
    """Run a market that would admit two connections, so that a second one is seen and not merely refused."""
    with simulator("--connections-max", "2") as process:
        yield process


@pytest.fixture
async def market(trading: Simulator) -> AsyncIterator[Market]:
    async with aiohttp.ClientSession() as http:
        yield Market(trading, MarketClock(WallClock(), trading.origin, trading.wall_origin), http)


async def test_killed_leaders_hand_over_in_time_and_never_stream_at_once(
    market: Market, pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str
) -> None:
    """Ensure that kill -9 at any moment hands over within five seconds, with one connection an endpoint at most."""
    holder = await new_holder(pool)
    await holder.hold("AAPL", "SPY", "BTC/USD")
    rng = random.Random(7)
    async with AsyncExitStack() as stack:
        processes = [
            await stack.enter_async_context(collector_process(market, postgres_dsn, redis_url)) for _ in range(2)
        ]
        for number in range(_ROUNDS):
            pids = {process.pid for process in processes}
            leader_pid = await wait_until(lambda pids=pids: _leader(bus, pids), 20, "a leader")  # type: ignore[misc]
            await wait_until(lambda pids=pids: _stands_by(bus, pids), 20, "one that stands by")  # type: ignore[misc]
            await asyncio.sleep(rng.uniform(0, 1))
            leader = next(process for process in processes if process.pid == leader_pid)
            leader.kill()
            killed_at = monotonic()
            price = 270.25 + number
            await market.control("set_price", {"symbol": "AAPL", "price": price})
            await leader.wait()
            seen = Collecting(bus, holder, Health())
            await _price_is_new(seen, market, _HAND_OVER_WITHIN_S - (monotonic() - killed_at))
            processes.remove(leader)
            processes.append(await stack.enter_async_context(collector_process(market, postgres_dsn, redis_url)))
        assert (await market.status())["open_most"] == 1


async def _price_is_new(seen: Collecting, market: Market, within_s: float) -> None:
    """Wait for a price of a trade that happened after now."""
    since = market.clock.now()

    async def newer() -> bool:
        price = await seen.price("AAPL")
        return price is not None and price.time is not None and price.time > since

    await wait_until(newer, within_s, "a price from after the kill")


async def _leader(bus: Bus, pids: set[int]) -> int | None:
    beats = [beat for beat in await read_heartbeats(bus) if beat.pid in pids and beat.facts.get("role") == "leading"]
    return next((beat.pid for beat in beats if beat.facts.get("feed") == "live" and beat.healthy), None)


async def _stands_by(bus: Bus, pids: set[int]) -> bool:
    beats = [beat for beat in await read_heartbeats(bus) if beat.pid in pids]
    return any(beat.facts.get("role") == "standing by" and beat.healthy for beat in beats)
