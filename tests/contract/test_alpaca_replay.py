"""Recordings: played exactly, nothing dropped, REST in step with the stream."""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.live import StockDataStream
from alpaca.data.requests import StockLatestTradeRequest, StockSnapshotRequest

from simulator.conditions import moves
from tests.contract.alpaca_market import KEY, SECRET, AlpacaMarket, alpaca_market, running
from tests.support.waiting import wait_until

_SYMBOLS = ["SPY", "BAC", "AIG", "IBM"]
_ROWS = 20_000


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty thousand random trades, a tenth of them odd lots or with conditions that set no price."""
    rng, at = random.Random(1), datetime(2013, 10, 8, 13, 30, tzinfo=UTC)
    lines = ["timestamp,symbol,price,size,exchange,conditions,suspicious"]
    for _ in range(_ROWS):
        at += timedelta(milliseconds=rng.choice([0, 0, 1, 7, 400]))
        symbol, price = rng.choice(_SYMBOLS), round(rng.uniform(10, 200), 2)
        size, mask = rng.choice([100, 100, 200, 7]), rng.choice(["1", "20000020", "1", "100000", "2000"])
        stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines.append(f"{stamp},{symbol},{price},{size},{rng.choice('PQZD')},{mask},{int(rng.random() < 0.01)}")
    path = tmp_path_factory.mktemp("recording") / "trades.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode() + b"\n"))
    return path


class _Follower:
    """What a client makes of the stream: every trade, and the last price by its own reading of the rules."""

    def __init__(self) -> None:
        self.trades: list[dict[str, Any]] = []
        self.last: dict[str, float] = {}

    async def see(self, trade: Any) -> None:
        self.trades.append(trade)
        if moves(tuple(trade["c"]), trade["z"]).last:
            self.last[trade["S"]] = trade["p"]

    def has_seen(self, count: int) -> bool:
        return len(self.trades) >= count


@asynccontextmanager
async def _following(market: AlpacaMarket) -> AsyncIterator[_Follower]:
    follower = _Follower()
    stream = StockDataStream(KEY, SECRET, raw_data=True, url_override=market.stream_url + "/v2/sip")
    stream.subscribe_trades(follower.see, *_SYMBOLS)
    async with running(stream):

        async def subscribed() -> bool:
            return any(found["channels"] for found in (await market.steer("status"))["streams"])

        await wait_until(subscribed)
        yield follower


async def test_a_recording_stops_at_any_trade_and_rest_agrees_there(recording: Path) -> None:
    with alpaca_market("--recording", str(recording), "--speed", "max", "--held") as market:
        client: Any = StockHistoricalDataClient(KEY, SECRET, url_override=market.url)
        async with _following(market) as follower:
            for index in (1, 17, 4_000, 4_001, 15_000):
                status = await market.steer("run_until", {"index": index})
                assert status["trades_sent"] == index
                await wait_until(partial(follower.has_seen, index))
                assert len(follower.trades) == index
                request = StockLatestTradeRequest(symbol_or_symbols=_SYMBOLS)
                latest = await asyncio.to_thread(client.get_stock_latest_trade, request)
                assert {symbol: latest[symbol].price for symbol in follower.last} == follower.last
            assert (await market.steer("step", {"count": 3}))["trades_sent"] == 15_003
            await market.steer("run_until", {"index": 10**9})
            await wait_until(lambda: len(follower.trades) == _ROWS)
            assert (await market.steer("status"))["finished"]
    positions = [trade["i"] for trade in follower.trades]
    assert positions == list(range(positions[0], positions[0] + _ROWS))
    times = [trade["t"].to_unix_nano() for trade in follower.trades]
    assert times == sorted(set(times))


async def test_market_time_is_that_of_the_last_trade(recording: Path) -> None:
    with alpaca_market("--recording", str(recording), "--speed", "max", "--held") as market:
        await market.steer("run_until", {"index": 500})
        [trade] = market.control("trades?limit=1")["trades"]
        assert market.control("status")["market_time"] == trade["t"]


async def test_a_slow_client_slows_the_recording_and_loses_nothing(recording: Path) -> None:
    with alpaca_market("--recording", str(recording), "--speed", "max", "--held", "--points-max", "5000") as market:
        async with _following(market) as follower:
            quick, seen = follower.see, 0

            async def slow(trade: Any) -> None:
                nonlocal seen
                seen += 1
                if seen % 2_000 == 0:
                    await asyncio.sleep(0.05)
                await quick(trade)

            follower.see = slow  # type: ignore[method-assign]
            await market.steer("run_until", {"index": _ROWS})
            await wait_until(lambda: len(follower.trades) == _ROWS)


async def test_without_holding_it_starts_with_the_first_subscription(recording: Path) -> None:
    with alpaca_market("--recording", str(recording), "--speed", "max") as market:
        assert market.control("status")["trades_sent"] == 0
        async with _following(market) as follower:
            await wait_until(lambda: len(follower.trades) == _ROWS)


async def test_a_timed_recording_waits_while_paused_and_goes_on(recording: Path) -> None:
    with alpaca_market("--recording", str(recording), "--speed", "600", "--with-others") as market:
        market.control("pause", {})
        sent = market.control("status")["trades_sent"]
        market.control("resume", {})
        await wait_until(lambda: market.control("status")["trades_sent"] > sent)
        symbols = {trade["symbol"] for trade in market.control("trades?limit=5000")["trades"]}
        assert symbols & set(_SYMBOLS)


def test_previous_closes_are_real_where_daily_bars_are_given(recording: Path, tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    bars.write_text(
        "symbol,date,open,high,low,close,volume\n"
        "SPY,2013-10-04,167.7,169.1,167.5,168.89,84960871\n"
        "SPY,2013-10-07,167.4,168.5,167.2,167.42,81489219\n"
        "SPY,2013-10-08,167.4,167.6,165.3,165.48,1\n"
    )
    arguments = ("--recording", str(recording), "--speed", "max", "--held", "--daily-bars", str(bars))
    with alpaca_market(*arguments) as market:
        client: Any = StockHistoricalDataClient(KEY, SECRET, url_override=market.url)
        request = StockSnapshotRequest(symbol_or_symbols=["SPY", "BAC", "AAPL"])
        before = client.get_stock_snapshot(request)
        assert before["SPY"].daily_bar.close == before["SPY"].latest_trade.price == 167.42
        assert before["SPY"].previous_daily_bar.close == 168.89
        assert before["SPY"].latest_quote is None
        market.control("run_until", {"index": 100})
        after = client.get_stock_snapshot(request)
        assert after["SPY"].daily_bar.timestamp.date().isoformat() == "2013-10-08"
        assert after["SPY"].previous_daily_bar.close == 167.42
        first_bac = next(t for t in market.control("trades?symbol=BAC")["trades"])
        assert after["BAC"].previous_daily_bar.close == first_bac["p"]
        assert after["AAPL"].latest_trade.timestamp.date().isoformat() == "2013-10-07"
