"""Halts and price bands from the simulated exchange to a client, and what becomes of them when we were away."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from realtime.bus.client import Bus
from realtime.domain.price import TradingStatus
from realtime.store.pool import Pool
from tests.integration.collecting import Holder, Market, Simulator, collecting, new_holder, paused_market, simulator
from tests.support.live_core import live_core, row
from tests.support.waiting import wait_until


@pytest.fixture
async def holder(pool: Pool) -> Holder:
    return await new_holder(pool)


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    with simulator() as process:
        yield process


@pytest.fixture
async def market(process: Simulator) -> AsyncIterator[Market]:
    async with paused_market(process) as market:
        yield market


async def test_bands_and_pauses_reach_the_client(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str, redis_url: str
) -> None:
    """Far bands are nobody's business; a price near one says so, one that has reached it too, and so does a pause."""
    await holder.hold("AAPL")
    async with live_core(market, holder, bus, postgres_dsn, redis_url) as core:
        client = await core.client(holder.user_id)
        await core.collector.feed_is("live")
        await _says(market, kind="band", limit_up=285.0, limit_down=258.0)
        await market.emit("AAPL", 272.0)
        await row(client, "AAPL", price=272, price_band=None)
        await market.emit("AAPL", 284.0)
        await row(client, "AAPL", price=284, price_band={"down": 258, "up": 285, "state": None})
        await market.emit("AAPL", 285.0)
        reached = {"down": 258, "up": 285, "state": "limit_up"}
        await row(client, "AAPL", price=285, price_band=reached, trading_status="trading")
        await _says(market, kind="status", code="P", reason_code="LUDP")
        await row(client, "AAPL", price_band=reached, trading_status="paused")
        await _says(market, kind="status", code="T", reason_code="C11")
        await _says(market, kind="band", limit_up=299.0, limit_down=271.0)
        await row(client, "AAPL", price_band=None, trading_status="trading", price=285)


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        ({"kind": "trade", "price": 272.5}, TradingStatus.TRADING),
        ({"kind": "quote", "bid": 272.4, "ask": 272.6}, TradingStatus.TRADING),
        (None, TradingStatus.HALTED),
    ],
)
async def test_a_halt_that_ended_while_we_were_away_does_not_stay(
    market: Market,
    holder: Holder,
    bus: Bus,
    postgres_dsn: str,
    evidence: dict[str, Any] | None,
    status: TradingStatus,
) -> None:
    """REST's latest trade or quote tells; one that did not end stays."""
    await holder.hold("AAPL", "KO")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("live")
        await _says(market, kind="status", code="H", reason_code="T1")

        async def is_now(expected: TradingStatus) -> bool:
            price = await collector.price("AAPL")
            return price is not None and price.status is expected

        await wait_until(lambda: is_now(TradingStatus.HALTED), what="the halt")
        await market.control("plan", {"upgrade_status": 503})
        await market.control("drop")
        await collector.feed_is("disconnected")
        await _says(market, kind="status", code="T", reason_code="T3")
        if evidence is not None:
            await _says(market, **evidence)
        await market.emit("KO", 73.5)
        await market.control("plan", {"upgrade_status": None})
        await collector.price_is("KO", "73.5", 15)
        await wait_until(lambda: is_now(status), what=f"AAPL {status}")


async def _says(market: Market, **event: object) -> None:
    await market.control("emit", {"symbol": "AAPL", **event})
