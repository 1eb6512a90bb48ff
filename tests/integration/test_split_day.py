"""A split at the open of its ex-date, from the simulated exchange through all live stages: nobody sees a loss."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from realtime.bus.client import Bus
from realtime.bus.value_feed import Received, Subscribed, ValueFeed
from realtime.clock import WallClock
from realtime.contract.messages import decode
from realtime.domain.account import UserId
from realtime.domain.partition import partition_of
from realtime.domain.value import Figures
from realtime.log import Log
from realtime.process import end_task
from realtime.store.pool import Pool
from tests.integration.collecting import Market, Simulator, new_holder, paused_market, simulator
from tests.support.live_core import live_core, row
from tests.support.waiting import wait_until

OPEN = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""Of pre-market: from here on all of the day's trades are in new shares."""
YESTERDAY = OPEN - timedelta(hours=16)
RATIO = 4
MOVES_MAX = Decimal("0.05")
"""What the prints below move the total by; a split that is counted once only moves it by 75 or 300 percent."""


@pytest.fixture
def process() -> Iterator[Simulator]:
    with simulator(at=OPEN - timedelta(seconds=4)) as process:
        yield process


@pytest.fixture
async def market(process: Simulator) -> AsyncIterator[Market]:
    async with paused_market(process) as market:
        yield market


@asynccontextmanager
async def every_total(url: str, user_id: UserId) -> AsyncIterator[list[Decimal]]:
    """Record each total of a user's portfolio that any calculator publishes."""
    totals: list[Decimal] = []
    feed, listening = ValueFeed(url, WallClock(), Log()), asyncio.Event()

    async def record() -> None:
        await feed.watch(partition_of(user_id))
        async for event in feed.events():
            if isinstance(event, Subscribed):
                listening.set()
            elif isinstance(event, Received):
                mine = [each for each in event.batch.updates if (each.user_id, each.account_id) == (user_id, None)]
                totals.extend(decode(Figures, each.figures).total_value for each in mine)

    async with asyncio.TaskGroup() as tasks:
        recording = tasks.create_task(record())
        await listening.wait()
        try:
            yield totals
        finally:
            await end_task(recording)


@pytest.mark.parametrize("announced", ["days ago", "at the open"])
async def test_no_total_dips_on_the_day_of_a_split(
    market: Market, pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str, announced: str
) -> None:
    """Held and flagged from the first print in new shares until a sync, and not the first one, has the new quantity."""
    holder = await new_holder(pool)
    await holder.hold("NVDA", as_of=YESTERDAY)
    split = {
        "kind": "forward_splits",
        "symbol": "NVDA",
        "ex_date": OPEN.date().isoformat(),
        "new_rate": RATIO,
        "old_rate": 1,
    }
    if announced == "days ago":
        await market.control("announce", split)
    async with (
        live_core(market, holder, bus, postgres_dsn, redis_url) as core,
        every_total(redis_url, holder.user_id) as totals,
    ):
        client = await core.client(holder.user_id)
        before = await row(client, "NVDA", price_source="trade", delivery="stream")
        value = Decimal(str(before["market_value"]))
        await wait_until(lambda: market.clock.now() > OPEN, what="the first trade of the day")
        if announced == "days ago":
            await row(client, "NVDA", split_pending=RATIO, quantity=10 * RATIO)
        else:
            await market.control("announce", split)
        price = round(float(value) / 10 / RATIO, 2)
        await market.control("set_price", {"symbol": "NVDA", "price": price})
        for step in range(1, 10):
            await market.emit("NVDA", round(price + step / 100, 2), exchange="PQ"[step % 2])
        last = round(price + 0.09, 2)
        held = await row(client, "NVDA", price=last, split_pending=RATIO, quantity=10 * RATIO)
        await holder.hold("NVDA", as_of=market.clock.now())
        await market.emit("NVDA", last)
        unbooked = await row(client, "NVDA", split_pending=RATIO, quantity=10 * RATIO)
        assert unbooked["market_value"] == held["market_value"]
        await holder.hold("NVDA", quantity=Decimal(10 * RATIO), as_of=market.clock.now())
        synced = await row(client, "NVDA", price=last, split_pending=None, quantity=10 * RATIO)
        assert synced["market_value"] == held["market_value"]
    assert len(totals) > 3
    assert [str(total) for total in totals if abs(total / value - 1) > MOVES_MAX] == []
