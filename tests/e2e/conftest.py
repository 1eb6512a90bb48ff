"""One demo for all end-to-end tests of a folder of tests, started as a user starts it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import pytest

from realtime.bus.client import Bus, open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.clock import MarketClock
from realtime.domain.account import AccountId, UserId
from realtime.store.pool import Pool, open_pool
from tests.support.browsing import IMAGES_AFTER_S
from tests.support.demo import DemoProcess, running_demo
from tests.support.leaks import LEAKS
from tests.support.truth import Market, true_values
from tests.support.waiting import wait_until
from tests.support.watching import Watched, watching

_DAY_FOR_IMAGES = ("--speed", "20", "--market-time", "2026-11-20T14:05:00+00:00")
"""So that the chart has hours in it, pre-market ones too, after minutes."""


@dataclass
class Service:
    """A running demo and ways to look at it."""

    demo: DemoProcess
    pool: Pool
    bus: Bus
    http: aiohttp.ClientSession
    market: Market
    clock: MarketClock
    stack: AsyncExitStack

    async def user(self, name: str = "ada") -> UserId:
        return UserId(str(await self.pool.fetchval("select id from users where name = $1", name)))

    async def accounts(self, user_id: UserId) -> list[AccountId]:
        rows = await self.pool.fetch("select public_id from accounts where user_id = $1 and is_active", user_id)
        return [AccountId(row["public_id"]) for row in rows]

    async def watch(self, user_id: UserId) -> Watched:
        """Open a client for a user; it closes with the test."""
        url, token = self.demo.settings.public_websocket_url, self.demo.token(user_id)
        return await self.stack.enter_async_context(watching(url, token, user_id, await self.accounts(user_id)))

    async def every_user(self) -> list[Watched]:
        rows = await self.pool.fetch("select distinct user_id from accounts where is_active")
        return [await self.watch(UserId(str(row["user_id"]))) for row in rows]

    async def oracle_holds(self, clients: list[Watched], deadline_s: float = 5.0) -> None:
        """Wait until every client's state equals exact arithmetic over the market's own prices, to the cent."""
        for client in clients:
            differences: list[str] = ["nothing compared"]

            async def equal(client: Watched = client, found: list[str] = differences) -> bool:
                truth = await true_values(self.market, self.pool, self.bus, self.clock, client.user_id)
                found[:] = client.differences(truth)
                return not found

            try:
                await wait_until(equal, deadline_s, "oracle")
            except AssertionError:
                raise AssertionError("\n".join(differences[:20])) from None


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    folder = tmp_path_factory.mktemp("demo")
    with running_demo(folder, *(_DAY_FOR_IMAGES if IMAGES_AFTER_S else ())) as demo:
        yield demo
        asyncio.run(_hear_metrics(demo))


async def _hear_metrics(demo: DemoProcess) -> None:
    """Have every stage's metrics searched for secrets."""
    async with open_bus(demo.settings.redis_address) as bus, aiohttp.ClientSession() as http:
        for beat in await read_heartbeats(bus):
            async with http.get(f"http://127.0.0.1:{beat.metrics_port}/metrics") as answer:
                LEAKS.hear(f"metrics of {beat.stage}", await answer.text())


@pytest.fixture
async def service(demo: DemoProcess) -> AsyncIterator[Service]:
    async with open_service(demo) as service:
        yield service


def open_service(demo: DemoProcess) -> "_Opening":
    return _Opening(demo)


class _Opening:
    """Opens what looks at a demo, closes it again."""

    def __init__(self, demo: DemoProcess) -> None:
        self._demo = demo
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Service:
        settings, stack = self._demo.settings, self._stack
        http = await stack.enter_async_context(aiohttp.ClientSession())
        return Service(
            demo=self._demo,
            pool=await stack.enter_async_context(open_pool(settings.database_url)),
            bus=await stack.enter_async_context(open_bus(settings.redis_address)),
            http=http,
            market=Market(settings.alpaca_data_url, http),
            clock=settings.market_clock(),
            stack=stack,
        )

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()
