"""Halts, held prices and who gets a place on the stream: from the simulated Alpaca to the board."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import pytest

from realtime.bus.client import Bus
from realtime.bus.interest import announce_interest
from realtime.domain.account import SubjectKey
from realtime.domain.corporate_action import Split
from realtime.domain.price import Delivery, HoldReason, TradingStatus
from realtime.store.corporate_actions import read_corporate_actions
from realtime.store.pool import Pool
from tests.integration.collecting import (
    Collecting,
    Holder,
    Market,
    Simulator,
    collecting,
    new_holder,
    paused_market,
    simulator,
)
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


async def status_is(collector: Collecting, symbol: str, status: TradingStatus) -> None:
    async def is_so() -> bool:
        price = await collector.price(symbol)
        return price is not None and price.status is status

    await wait_until(is_so, what=f"{symbol} is {status}")


async def test_halts_and_pauses_are_states(market: Market, holder: Holder, bus: Bus, postgres_dsn: str) -> None:
    """A halt changes no price, its end no more; a feed without statuses would only lack them."""
    await holder.hold("AAPL", "BRK.B")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("live")
        await market.emit("AAPL", 272.5)
        await collector.price_is("AAPL", "272.5")
        await market.control("emit", {"kind": "status", "symbol": "AAPL", "code": "H", "reason_code": "T1"})
        await status_is(collector, "AAPL", TradingStatus.HALTED)
        await collector.price_is("AAPL", "272.5")
        await market.control("emit", {"kind": "status", "symbol": "AAPL", "code": "T", "reason_code": "T3"})
        await status_is(collector, "AAPL", TradingStatus.TRADING)
        await market.control("emit", {"kind": "status", "symbol": "BRK.B", "code": "2", "reason_code": "M"})
        await status_is(collector, "BRK.B", TradingStatus.PAUSED)
        await market.emit("BRK.B", 505.0)
        await status_is(collector, "BRK.B", TradingStatus.TRADING)


async def test_a_bad_print_never_reaches_the_board_as_a_price(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """Held and labelled; a snapshot is asked for at once, and its quote contradicts or confirms."""
    await holder.hold("AAPL")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("live")
        await market.emit("AAPL", 272.5)
        await collector.price_is("AAPL", "272.5")
        await market.emit("AAPL", 380.0)

        async def is_held() -> bool:
            price = await collector.price("AAPL")
            return price is not None and price.held is not None and price.held.reason is HoldReason.FAR_FROM_LAST

        await wait_until(is_held, what="the print is held")
        price = await collector.price("AAPL")
        assert price is not None
        assert price.price != 380
        await market.emit("AAPL", 272.6)
        good = await collector.price_is("AAPL", "272.6")
        assert good.held is None


async def test_a_crash_is_believed_within_moments(market: Market, holder: Holder, bus: Bus, postgres_dsn: str) -> None:
    """A 30 % gap that trades on is the price after a few prints, long before any limit of time."""
    await holder.hold("MSFT")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("live")
        await market.emit("MSFT", 480.0)
        await collector.price_is("MSFT", "480.0")
        for price in (330.0, 329.5, 329.0):
            await market.emit("MSFT", price)
        crashed = await collector.price_is("MSFT", "329.0")
        assert crashed.held is None


async def test_viewers_get_the_places_and_each_price_says_how_it_comes(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """Two places for five symbols: what somebody looks at streams, though others hold far more of the rest."""
    viewer = await new_holder(holder.pool, "Grace")
    viewer.instruments = holder.instruments
    await holder.hold("AAPL", "MSFT", "NVDA", "TSLA", "KO", quantity=Decimal(1_000))
    await viewer.hold("TSLA", "KO")
    for instrument in holder.instruments.values():
        await holder.pool.execute("insert into instrument_prices values ($1, 100, now(), 'plaid')", instrument)
    await announce_interest(bus, SubjectKey(viewer.user_id, None))
    async with collecting(market, holder, bus, postgres_dsn, symbols_max=2) as collector:
        await wait_until(lambda: _streams(market, "TSLA", "KO"), what="the viewer's holdings stream")

        async def deliveries() -> dict[str, Delivery | None]:
            prices = {symbol: await collector.price(symbol) for symbol in holder.instruments}
            return {symbol: None if price is None else price.delivery for symbol, price in prices.items()}

        async def are_said() -> bool:
            polled = dict.fromkeys(("AAPL", "MSFT", "NVDA"), Delivery.POLL)
            return await deliveries() == {**polled, "TSLA": Delivery.STREAM, "KO": Delivery.STREAM}

        await wait_until(are_said, what="each price says how it comes")


async def _streams(market: Market, *symbols: str) -> bool:
    return await market.subscribed() == set(symbols)


async def test_a_split_is_known_before_its_price_counts(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """A 4:1 split: the fall to a quarter waits until the corporate actions have been asked, and they are recorded."""
    await holder.hold("NVDA")
    today = market.clock.now().date()
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("live")
        await market.emit("NVDA", 180.0)
        await collector.price_is("NVDA", "180.0")
        split = {"kind": "forward_splits", "symbol": "NVDA", "ex_date": today.isoformat(), "new_rate": 4, "old_rate": 1}
        await market.control("announce", split)
        await market.control("set_price", {"symbol": "NVDA", "price": 45.0})
        await collector.price_is("NVDA", "45.0")
        actions = await read_corporate_actions(holder.pool, [holder.instruments["NVDA"]], today)
        assert actions == [Split(holder.instruments["NVDA"], today, Decimal(4))]


async def test_the_official_close_reaches_the_board(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """The listing exchange's closing print sets no price; it is the base of what follows after hours."""
    await holder.hold("AAPL")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("live")
        await market.emit("AAPL", 272.5)
        await collector.price_is("AAPL", "272.5")
        await market.emit("AAPL", 272.75, conditions=["@", "M"])

        async def is_known() -> bool:
            price = await collector.price("AAPL")
            return price is not None and price.session_close == Decimal("272.75")

        await wait_until(is_known, what="the official close")
        price = await collector.price("AAPL")
        assert price is not None
        assert (price.price, price.session_close_date) == (Decimal("272.5"), market.clock.now().date())
