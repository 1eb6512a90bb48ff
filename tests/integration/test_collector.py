"""The collector against the simulated Alpaca, through the real alpaca-py, on real Postgres and Valkey."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from decimal import Decimal
from time import monotonic

import pytest

from realtime.bus.client import Bus
from realtime.bus.prices import FeedPosition, feed_end, read_batches, read_board
from realtime.contract.names import EVERYBODY, HOLDINGS_CHANGED
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import PriceSource
from realtime.store.instruments import ensure_currencies
from realtime.store.pool import Pool
from realtime.store.users import create_user
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


async def subscribed(market: Market, *symbols: str, path: str = "/v2/iex") -> None:
    async def arrived() -> bool:
        return await market.subscribed(path) == set(symbols)

    await wait_until(arrived, what=f"subscribed to {symbols}")


async def test_held_instruments_are_priced(market: Market, holder: Holder, bus: Bus, postgres_dsn: str) -> None:
    """Hold → subscribed → a trade's price on board and feed, with its previous close, its time and its source."""
    await holder.hold("AAPL", "BRK.B", "BTC/USD", "AAPL280121C00250000", "VTSAX", "CUR:CAD")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await subscribed(market, "AAPL", "BRK.B")
        await subscribed(market, "BTC/USD", path="/v1beta3/crypto/us")
        await subscribed(market, "AAPL280121C00250000", path="/v1beta1/indicative")
        await collector.feed_is("live")
        before = await feed_end(bus)
        await market.emit("BRK.B", 505.125)
        price = await collector.price_is("BRK.B", "505.125")
        assert price.source is PriceSource.TRADE
        assert price.time is not None
        assert abs((price.time - market.clock.now()).total_seconds()) < 5
        assert (price.previous_close, price.previous_close_date) == (Decimal("504.04"), date(2026, 11, 19))
        batches, _ = await read_batches(bus, before, 100)
        assert [each.instrument_id for batch in batches for each in batch.prices] == [holder.instruments["BRK.B"]]
        await market.emit("BTC/USD", 90000.5)
        await collector.price_is("BTC/USD", "90000.5")
        await market.control("emit", {"kind": "quote", "symbol": "AAPL280121C00250000", "bid": 48.1, "ask": 48.3})
        assert (await collector.price_is("AAPL280121C00250000", "48.2")).source is PriceSource.QUOTE
        dollars = await wait_until(lambda: collector.price("CUR:CAD"), what="dollars of a CAD")
        assert dollars is not None
        assert dollars.price is not None
        assert dollars.source is PriceSource.POLL
        assert Decimal("0.68") < dollars.price < Decimal("0.74")
        assert await collector.price("VTSAX") is None, "nobody quotes a mutual fund"


async def test_a_purchase_is_subscribed_within_a_second_and_its_last_sale_ends_it(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """From the commit to the subscription, and the price leaves the board with the last holder."""
    await holder.hold("AAPL")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await subscribed(market, "AAPL")
        await holder.instrument("MSFT")
        await holder.hold("AAPL", "MSFT")
        committed = monotonic()
        await subscribed(market, "AAPL", "MSFT")
        assert monotonic() - committed < 1.0
        await market.emit("MSFT", 480.25)
        await collector.price_is("MSFT", "480.25")
        await holder.hold("AAPL")
        await subscribed(market, "AAPL")
        await market.emit("MSFT", 999.0)
        await market.emit("AAPL", 272.5)
        await collector.price_is("AAPL", "272.5")
        assert holder.instruments["MSFT"] not in await read_board(bus)


async def test_only_price_setting_trades_in_order_move_the_price(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """Odd lots and late trades leave the price; corrections and cancels take it back."""
    await holder.hold("AAPL")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await subscribed(market, "AAPL")
        await market.emit("AAPL", 270.0)
        await collector.price_is("AAPL", "270.0")
        await market.emit("AAPL", 99.0, size=5)
        late = (market.clock.now() - timedelta(minutes=20)).isoformat()
        await market.emit("AAPL", 98.0, time=late)
        bad = await market.emit("AAPL", 271.0)
        shown = await collector.price_is("AAPL", "271.0")
        seen = [
            price.price for batch in (await read_batches(bus, FeedPosition("0-0"), 100))[0] for price in batch.prices
        ]
        assert Decimal("99.0") not in seen
        assert Decimal("98.0") not in seen
        await market.control("emit", {"kind": "correction", "symbol": "AAPL", "id": bad, "price": 271.5})
        corrected = await collector.price_is("AAPL", "271.5")
        assert corrected.time == shown.time
        last = await market.emit("AAPL", 280.0)
        await collector.price_is("AAPL", "280.0")
        await market.control("emit", {"kind": "cancel", "symbol": "AAPL", "id": last})
        undone = await collector.price_is("AAPL", "271.5")
        assert undone.revision > corrected.revision >= shown.revision


@pytest.mark.parametrize("how", [{}, {"code": 1000}, {"code": 1006}, {"code": 1011}])
async def test_a_lost_connection_is_made_again_and_the_gap_refilled(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str, how: dict[str, int]
) -> None:
    """What traded while we were away comes by REST."""
    await holder.hold("AAPL", "SPY")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("live")
        await market.emit("AAPL", 270.0)
        await collector.price_is("AAPL", "270.0")
        await market.control("drop", how)
        await market.emit("AAPL", 275.25)
        await collector.price_is("AAPL", "275.25")
        await subscribed(market, "AAPL", "SPY")
        await collector.feed_is("live")
        await market.emit("SPY", 660.5)
        await collector.price_is("SPY", "660.5")


async def test_a_mute_stream_is_recycled(market: Market, holder: Holder, bus: Bus, postgres_dsn: str) -> None:
    """Connected but silent in the regular session: said, and reconnected."""
    await holder.hold("AAPL")
    async with collecting(market, holder, bus, postgres_dsn, silent_after_s=1.0) as collector:
        await collector.feed_is("silent", "no data though the market is open")
        await wait_until(lambda: collector.health.problem, what="a problem")
        await market.control("resume")
        await collector.feed_is("live")
        await wait_until(lambda: collector.health.problem is None, what="health")


async def test_wrong_keys_stop_the_stream_and_say_so(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """402: a sentence for a person, and no hammering."""
    await holder.hold("AAPL")
    async with collecting(market, holder, bus, postgres_dsn, secret="wrong") as collector:
        state = await collector.feed_is("disconnected", "the API keys are wrong")
        assert "402" in (state.message or "")
        await wait_until(lambda: "wrong" in (collector.health.problem or ""), what="a problem that names the keys")

        async def given_back() -> bool:
            return not (await market.status())["streams"]

        await wait_until(given_back, what="no stream")


async def test_a_taken_connection_is_said_and_waited_for(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """406, then the other program leaves."""
    await market.control("refuse_auth", {"codes": [406]})
    await holder.hold("AAPL")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("disconnected", "another program streams with the same keys (Alpaca error 406)")
        await collector.feed_is("live")


async def test_a_feed_that_the_plan_lacks_is_said(market: Market, holder: Holder, bus: Bus, postgres_dsn: str) -> None:
    """409: the SDK would end silently."""
    await market.control("plan", {"refused_endpoints": ["/v2/iex"]})
    await holder.hold("AAPL", "BTC/USD")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await collector.feed_is("disconnected", "the plan does not include this feed")
        await subscribed(market, "BTC/USD", path="/v1beta3/crypto/us")


async def test_too_many_symbols_are_trimmed_to_what_the_plan_allows(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """405: as many as fit stay on the stream, the most valuable first; the others are polled."""
    symbols = ("AAPL", "MSFT", "NVDA", "AMZN", "SPY", "KO", "DIS", "PFE")
    await market.control("plan", {"symbols_max": 3})
    for symbol in symbols:
        await holder.instrument(symbol)
    for place, symbol in enumerate(("PFE", "KO", "SPY")):
        await holder.pool.execute(
            "insert into instrument_prices (instrument_id, price, price_time, provider) "
            "values ($1, $2, now(), 'plaid')",
            holder.instruments[symbol],
            Decimal(1000 + place),
        )
    await holder.hold(*symbols)
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await subscribed(market, "PFE", "KO", "SPY")
        state = await collector.feed_is("live", "the plan allows 3 symbols on the stream, 5 are polled")
        assert state.subscribed_count == 3
        await market.emit("AAPL", 273.75)
        assert (await collector.price_is("AAPL", "273.75", 10)).source is PriceSource.POLL


async def test_a_known_limit_is_kept_from_the_start(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """No request beyond the configured plan."""
    await market.control("plan", {"symbols_max": 2})
    await holder.hold("AAPL", "MSFT", "NVDA")
    async with collecting(market, holder, bus, postgres_dsn, symbols_max=2) as collector:
        state = await collector.feed_is("live", "2 symbols on the stream, 1 are polled")
        assert state.subscribed_count == 2


async def test_a_malformed_symbol_hurts_nobody_else(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """BRK-B is neither asked for on the stream nor by REST; the simulator refuses whole batches for it."""
    await holder.hold("AAPL", "BRK-B", "MSFT")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await subscribed(market, "AAPL", "MSFT")
        await market.emit("MSFT", 481.0)
        assert (await collector.price_is("MSFT", "481.0")).previous_close == Decimal("472.12")


async def test_rates_of_currencies_that_nobody_holds(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """What a user wants his totals in, or an account is kept in, has a rate; one that is unreadable costs no other."""
    pool = holder.pool
    yen = await create_user(pool, "Kenji", "JPY")
    await pool.execute("update accounts set currency = 'GBP' where id = $1", holder.account)
    tethered = await new_holder(pool, "Tess")
    await pool.execute("update accounts set currency = 'USDT' where id = $1", tethered.account)
    async with pool.acquire() as connection:
        await ensure_currencies(connection, ["GBP", "USDT", "JPY"])
    await holder.hold("KO")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        for currency, about in (("JPY", "0.0064"), ("GBP", "1.31")):
            rate = await wait_until(lambda code=currency: _rate(collector, code), what=f"dollars of a {currency}")  # type: ignore[misc]
            assert abs(rate / Decimal(about) - 1) < Decimal("0.2")
        await collector.feed_is("live", "No exchange rate is known of USDT.")
        await holder.pool.execute("update users set currency = 'EUR' where id = $1", yen)
        async with pool.acquire() as connection:
            await ensure_currencies(connection, ["EUR"])
            await connection.execute("select pg_notify($1, $2)", HOLDINGS_CHANGED, EVERYBODY)
        await wait_until(lambda: _rate(collector, "EUR"), 5, "dollars of a euro")


async def _rate(collector: Collecting, currency: str) -> Decimal | None:
    key = await collector.holder.pool.fetchval("select id from instruments where symbol = $1", f"CUR:{currency}")
    price = (await read_board(collector.bus)).get(InstrumentId(str(key)))
    return None if price is None else price.price


async def test_a_board_that_redis_lost_is_written_again(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """Within seconds, without a trade."""
    await holder.hold("AAPL", "MSFT")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await market.emit("AAPL", 270.5)
        await collector.price_is("AAPL", "270.5")
        await wait_until(lambda: collector.price("MSFT"), what="MSFT")
        await bus.flushall()
        await collector.price_is("AAPL", "270.5")
        assert len(await read_board(bus)) == 2


async def test_a_new_collector_goes_on_where_the_old_one_stopped(
    market: Market, holder: Holder, bus: Bus, postgres_dsn: str
) -> None:
    """Revisions rise on, prices do not go back, what was sold meanwhile leaves the board."""
    await holder.hold("AAPL", "MSFT")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await subscribed(market, "AAPL", "MSFT")
        bad = await market.emit("AAPL", 300.0)
        await collector.price_is("AAPL", "300.0")
        await market.control("emit", {"kind": "cancel", "symbol": "AAPL", "id": bad})
        await wait_until(lambda: _revision_is(collector, "AAPL", 1), what="undone")
    await holder.hold("AAPL")
    async with collecting(market, holder, bus, postgres_dsn) as collector:
        await subscribed(market, "AAPL")
        await market.emit("AAPL", 276.0)
        assert (await collector.price_is("AAPL", "276.0")).revision == 1
        assert set(await read_board(bus)) == {holder.instruments["AAPL"]}


async def _revision_is(collector: Collecting, symbol: str, revision: int) -> bool:
    price = await collector.price(symbol)
    return price is not None and price.revision >= revision
