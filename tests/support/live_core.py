"""Collector, calculator and broadcaster in the test's own process, between a simulated market and WebSocket clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from broadcaster.stage import Running
from calculator.__main__ import calculate
from realtime.auth import Tokens
from realtime.bus.client import Bus, open_bus
from realtime.clock import WallClock
from realtime.domain.account import AccountId, UserId
from realtime.log import Log
from realtime.process import Health, Process, end_task
from realtime.settings import Settings
from realtime.store.pool import Pool
from tests.integration.collecting import Collecting, Holder, Market, collecting
from tests.support.broadcasting import SECRET, broadcaster_at
from tests.support.waiting import wait_until
from tests.support.watching import Watched, watching

_LIFETIME_S = 600.0


@dataclass
class LiveCore:
    """The running stages."""

    broadcaster: Running
    collector: Collecting
    stack: AsyncExitStack

    async def client(self, user_id: UserId, *accounts: AccountId) -> Watched:
        """Return a client that follows all of a user's values until the stages end."""
        token = Tokens(SECRET, "navstream", "navstream").issue(
            user_id, WallClock().now() - timedelta(minutes=1), _LIFETIME_S
        )
        url = f"ws://127.0.0.1:{self.broadcaster.port}/v1"
        return await self.stack.enter_async_context(watching(url, token, user_id, list(accounts)))


@asynccontextmanager
async def live_core(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str, redis_url: str, **collector: Any
) -> AsyncIterator[LiveCore]:
    """Run the stages on the simulator's market time."""
    simulator = market.simulator
    clock: dict[str, Any] = {
        "market_origin": simulator.origin,
        "wall_origin": simulator.wall_origin,
        "market_speed": simulator.speed,
    }
    settings = Settings(database_url=postgres_dsn, redis_url=redis_url, jwt_secret=SecretStr(SECRET), **clock)
    async with AsyncExitStack() as stack:
        collected = await stack.enter_async_context(collecting(market, holder, bus, postgres_dsn, **collector))
        await stack.enter_async_context(calculating(settings, holder.pool, redis_url))
        running = await stack.enter_async_context(broadcaster_at(postgres_dsn, redis_url, **clock))
        async with AsyncExitStack() as clients:
            yield LiveCore(running, collected, clients)


@asynccontextmanager
async def calculating(
    settings: Settings, pool: Pool, redis_url: str, name: str = "calculator:one"
) -> AsyncIterator[Process]:
    """Run one calculator."""
    process = Process(settings, Log(), Health(), asyncio.Event())
    async with open_bus(redis_url) as bus, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(calculate(process, bus, pool, name))
        try:
            yield process
        finally:
            await end_task(running)


async def row(client: Watched, symbol: str, deadline_s: float = 10.0, **fields: Any) -> dict[str, Any]:
    """Return a client's position of that symbol as soon as it has these fields."""

    def arrived() -> dict[str, Any] | None:
        rows = [each for each in client.state("positions").values() if each["symbol"] == symbol]
        return rows[0] if rows and all(rows[0][name] == value for name, value in fields.items()) else None

    return await wait_until(arrived, deadline_s, f"{symbol} with {fields}")
