"""A simulated Alpaca in a process of its own, holdings in Postgres, and a collector in the test's loop."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from realtime.bus.client import Bus
from realtime.bus.prices import read_board, read_feed_state
from realtime.clock import MarketClock, WallClock
from realtime.contract.messages import FeedState
from realtime.domain.account import UserId
from realtime.domain.asset_class import AssetClass, MarketStream
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price
from realtime.log import Log
from realtime.process import Health, end_task
from realtime.store.holdings import ReportedHolding, replace_holdings
from realtime.store.pool import Pool
from symbol_collector.collector import Collector
from symbol_collector.market_data import DataAddress, MarketData
from symbol_collector.streams import StreamAddress
from tests.support.waiting import wait_until

REGULAR_SESSION = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
KEY, SECRET = "demo-key", "demo-secret"


@dataclass
class Market:
    """The simulator and the market time that it shares with the collector."""

    simulator: "Simulator"
    clock: MarketClock
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return self.simulator.url

    async def control(self, call: str, body: Any = None) -> dict[str, Any]:
        async with self.http.post(f"{self.url}/control/{call}", json=body) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer

    async def status(self) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/control/status") as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def emit(self, symbol: str, price: float, **fields: Any) -> int:
        """Let a trade happen now; return its id."""
        answer = await self.control("emit", {"symbol": symbol, "price": price, **fields})
        return int(answer["sent"][0]["id"])

    async def subscribed(self, path: str = "/v2/iex") -> set[str]:
        status = await self.status()
        return {
            symbol
            for stream in status["streams"]
            if stream["endpoint"] == path
            for symbol in stream["channels"].get("trades", ())
        }


@dataclass
class Simulator:
    """A simulator process; its market began at `origin` when the wall clock said `wall_origin`."""

    url: str
    origin: datetime
    wall_origin: datetime
    speed: float


@contextmanager
def simulator(*options: str, at: datetime = REGULAR_SESSION, speed: float = 1.0) -> Iterator[Simulator]:
    """Run the simulator from that market time on, at so many market seconds a second."""
    wall_origin = WallClock().now()
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "alpaca", "--market-origin", at.isoformat(),
         "--wall-origin", wall_origin.isoformat(), "--speed", str(speed), *options], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield Simulator(json.loads(process.stdout.readline())["url"], at, wall_origin, speed)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@asynccontextmanager
async def paused_market(simulator: Simulator) -> AsyncIterator[Market]:
    """Give a test the market to itself: a generous plan, no faults, and only what it emits happens."""
    async with aiohttp.ClientSession() as http:
        clock = MarketClock(WallClock(), simulator.origin, simulator.wall_origin, simulator.speed)
        market = Market(simulator, clock, http)
        await market.control("pause")
        await market.control("plan", {"symbols_max": None, "refused_endpoints": [], "refuse_auth": []})
        yield market


@dataclass
class Holder:
    """A user with one account, whose holdings a test replaces."""

    pool: Pool
    user_id: UserId
    account: UUID
    instruments: dict[str, InstrumentId] = field(default_factory=dict)

    async def hold(self, *symbols: str, quantity: Decimal = Decimal(10), as_of: datetime | None = None) -> None:
        """Replace the account's holdings, as a sync does."""
        ids = [await self.instrument(symbol) for symbol in symbols]
        async with self.pool.acquire() as connection, connection.transaction():
            rows = [ReportedHolding(each, quantity, None, None) for each in ids]
            await replace_holdings(connection, self.account, rows, as_of)

    async def instrument(self, symbol: str) -> InstrumentId:
        if symbol not in self.instruments:
            self.instruments[symbol] = InstrumentId(str(uuid4()))
            await self.pool.execute(
                "insert into instruments (id, symbol, asset_class, currency, name, listed) "
                "values ($1, $2, $3, $4, $2, $5)",
                self.instruments[symbol],
                symbol,
                str(asset_class(symbol)),
                symbol.removeprefix("CUR:") if symbol.startswith("CUR:") else "USD",
                asset_class(symbol) is not AssetClass.MUTUAL_FUND,
            )
        return self.instruments[symbol]


def asset_class(symbol: str) -> AssetClass:
    if symbol.startswith("CUR:"):
        return AssetClass.CASH
    if "/" in symbol:
        return AssetClass.CRYPTO
    if symbol[-8:].isdigit():
        return AssetClass.OPTION
    return AssetClass.MUTUAL_FUND if symbol.endswith("X") and len(symbol) == 5 else AssetClass.EQUITY


async def new_holder(pool: Pool, name: str = "Ada") -> Holder:
    user, connection, account = uuid4(), uuid4(), uuid4()
    await pool.execute("insert into users (id, name) values ($1, $2)", user, name)
    await pool.execute(
        "insert into connections (id, user_id, provider, provider_connection_id) values ($1, $2, 'plaid', $3)",
        connection,
        user,
        name,
    )
    await pool.execute(
        """insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, account_type,
           name, currency) values ($1, $4, $2, $3, 'plaid', 'p', 'investment', 'IRA', 'USD')""",
        account,
        user,
        connection,
        f"plaid_{name}",
    )
    return Holder(pool, UserId(str(user)), account)


@dataclass
class Collecting:
    """A running collector and what it wrote."""

    bus: Bus
    holder: Holder
    health: Health

    async def price(self, symbol: str) -> Price | None:
        return (await read_board(self.bus)).get(await self.holder.instrument(symbol))

    async def price_is(self, symbol: str, price: str, deadline_s: float = 5.0) -> Price:
        async def arrived() -> Price | None:
            found = await self.price(symbol)
            return found if found is not None and found.price == Decimal(price) else None

        found = await wait_until(arrived, deadline_s, f"{symbol} at {price}")
        assert found is not None
        return found

    async def feed(self) -> FeedState:
        state = await read_feed_state(self.bus)
        assert state is not None
        return state

    async def feed_is(self, status: str, part_of_message: str = "", deadline_s: float = 10.0) -> FeedState:
        async def arrived() -> FeedState | None:
            state = await read_feed_state(self.bus)
            told = state is not None and state.status == status and part_of_message in (state.message or "")
            return state if told else None

        found = await wait_until(arrived, deadline_s, f"feed {status} {part_of_message!r}")
        assert found is not None
        return found


@asynccontextmanager
async def collecting(
    market: Market,
    holder: Holder,
    bus: Bus,
    database_url: str,
    *,
    secret: str = SECRET,
    symbols_max: int | None = None,
    silent_after_s: float = 30.0,
) -> AsyncIterator[Collecting]:
    """Run one leading term of a collector."""
    data = MarketData(DataAddress(market.url, KEY, secret, "iex", "us", "indicative", 5.0))
    stream_url = market.url.replace("http:", "ws:")
    health = Health()
    collector = Collector(
        StreamAddress(
            {
                MarketStream.STOCK: f"{stream_url}/v2/iex",
                MarketStream.CRYPTO: f"{stream_url}/v1beta3/crypto/us",
                MarketStream.OPTION: f"{stream_url}/v1beta1/indicative",
            },
            KEY,
            secret,
        ),
        data,
        bus=bus,
        pool=holder.pool,
        database_url=database_url,
        symbols_max=symbols_max,
        silent_after_s=silent_after_s,
        market=market.clock,
        clock=WallClock(),
        log=Log(),
        health=health,
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(collector.run())
        try:
            yield Collecting(bus, holder, health)
        finally:
            await end_task(running)
            data.close()
