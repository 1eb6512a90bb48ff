"""More is held than the plan streams: what people look at streams by value, the rest is polled within the budget."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from time import monotonic

import pytest

from realtime.bus.client import Bus
from realtime.store.pool import Pool
from tests.integration.collecting import Holder, Market, Simulator, new_holder, paused_market, simulator
from tests.support.live_core import live_core, row
from tests.support.waiting import wait_until
from tests.support.watching import Watched

SYMBOLS_MAX = 30
HELD_COUNT = 400
CALLS_PER_MINUTE = 200
OBSERVED_S = 6.0
SYMBOLS = [f"AAA{first}{second}" for first in "ABCDEFGHIJKLMNOP" for second in "ABCDEFGHIJKLMNOPQRSTUVWYZ"][:HELD_COUNT]


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    with simulator("--synthetic", "500") as process:
        yield process


@pytest.fixture
async def market(process: Simulator) -> AsyncIterator[Market]:
    async with paused_market(process) as market:
        await market.control("plan", {"symbols_max": SYMBOLS_MAX, "calls_per_minute": CALLS_PER_MINUTE})
        yield market


async def test_viewers_stream_and_the_rest_is_polled(
    market: Market, pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str
) -> None:
    """30 places for 400 symbols: given to those online by value, passed on as others come, each position says which."""
    everybody, ada, grace = [await new_holder(pool, name) for name in ("Everybody", "Ada", "Grace")]
    await _worth(everybody, {symbol: 2 ** (HELD_COUNT // 10 - place // 10) for place, symbol in enumerate(SYMBOLS)})
    for holder, held in ((ada, SYMBOLS[-20:]), (grace, SYMBOLS[-40:-20])):
        holder.instruments.update(everybody.instruments)
        await holder.hold(*held)
    await everybody.hold(*SYMBOLS)
    async with live_core(market, everybody, bus, postgres_dsn, redis_url) as core:
        await _streams(market, {*SYMBOLS[:SYMBOLS_MAX]})
        client = await core.client(ada.user_id)
        await _streams(market, {*SYMBOLS[-20:], *SYMBOLS[:10]})
        await _says(client, dict.fromkeys(SYMBOLS[-20:], "stream"))
        await _moves(market, client, SYMBOLS[-1], by="trade")

        newcomer = await core.client(grace.user_id)
        await _streams(market, {*SYMBOLS[-40:-10]})
        await _says(newcomer, dict.fromkeys(SYMBOLS[-40:-20], "stream"))
        expected = {symbol: "stream" if symbol in SYMBOLS[:-10] else "poll" for symbol in SYMBOLS[-20:]}
        await _says(client, expected)
        await _moves(market, client, SYMBOLS[-1], by="poll")

        state = await core.collector.feed_is("live", "the plan allows 30 symbols on the stream, 370 are polled")
        assert state.subscribed_count == SYMBOLS_MAX
        before, began = (await market.status())["calls"], monotonic()
        await wait_until(lambda: monotonic() - began > OBSERVED_S, 2 * OBSERVED_S, "some rounds of polling")
        after = (await market.status())["calls"]
        assert before["count"] < after["count"]
        assert (after["count"] - before["count"]) * 60 / OBSERVED_S < CALLS_PER_MINUTE
        assert (after["refused"], after["most"] < CALLS_PER_MINUTE) == (0, True)


async def _worth(holder: Holder, prices: dict[str, int]) -> None:
    for symbol, price in prices.items():
        await holder.pool.execute(
            "insert into instrument_prices (instrument_id, price, price_time, provider) "
            "values ($1, $2, '2026-11-19', 'plaid')",
            await holder.instrument(symbol),
            Decimal(price),
        )


async def _streams(market: Market, symbols: set[str]) -> None:
    async def arrived() -> bool:
        return await market.subscribed() == symbols

    await wait_until(arrived, 10, f"{len(symbols)} symbols on the stream")


async def _says(client: Watched, deliveries: dict[str, str]) -> None:
    def arrived() -> bool:
        rows = client.state("positions").values()
        return {each["symbol"]: each["delivery"] for each in rows} == deliveries

    await wait_until(arrived, 10, "each position says how its price comes")


async def _moves(market: Market, client: Watched, symbol: str, by: str) -> None:
    price = round((await row(client, symbol))["price"] * 1.01, 2)
    await market.emit(symbol, price)
    await row(client, symbol, price=price, price_source=by)
