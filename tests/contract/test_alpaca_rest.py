"""The simulated REST against the real SDK's clients."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.enums import DataFeed
from alpaca.data.historical import CryptoHistoricalDataClient, OptionHistoricalDataClient, StockHistoricalDataClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.requests import (
    CorporateActionsRequest,
    CryptoLatestTradeRequest,
    CryptoSnapshotRequest,
    OptionSnapshotRequest,
    StockBarsRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
)
from alpaca.data.timeframe import TimeFrame
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import GetCalendarRequest

from simulator.conditions import moves
from tests.contract.alpaca_market import KEY, SECRET, AlpacaMarket, alpaca_market
from tests.contract.waited import wait_for


@pytest.fixture(scope="module")
def market() -> Iterator[AlpacaMarket]:
    with alpaca_market() as served:
        served.control("pause", {})
        yield served


@pytest.fixture
def stocks(market: AlpacaMarket) -> Any:
    """The SDK's client, whose answers are typed as optional or raw throughout."""
    return StockHistoricalDataClient(KEY, SECRET, url_override=market.url)


def _get(market: AlpacaMarket, path: str, key: str = KEY) -> tuple[int, Any, dict[str, str]]:
    headers = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": SECRET}
    request = urllib.request.Request(market.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer), dict(answer.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused), dict(refused.headers)


def test_snapshots_have_all_parts_and_the_right_previous_close(stocks: Any) -> None:
    snapshots = stocks.get_stock_snapshot(
        StockSnapshotRequest(symbol_or_symbols=["AAPL", "BRK.B", "BAC.PRL", "VTSAX"], feed=DataFeed.SIP)
    )
    assert set(snapshots) == {"AAPL", "BRK.B", "BAC.PRL"}
    aapl = snapshots["AAPL"]
    assert aapl.previous_daily_bar.close == 271.49
    assert aapl.previous_daily_bar.timestamp == datetime(2026, 11, 19, 5, tzinfo=UTC)
    assert aapl.daily_bar.timestamp == datetime(2026, 11, 20, 5, tzinfo=UTC)
    assert aapl.latest_quote.bid_price < aapl.latest_quote.ask_price
    assert aapl.latest_trade.price == pytest.approx(aapl.daily_bar.close, rel=0.01)
    assert aapl.minute_bar.volume > 0


def test_before_the_open_the_daily_bar_is_still_the_last_sessions() -> None:
    with alpaca_market("--market-origin", "2026-11-20T13:00:00Z") as early:
        client: Any = StockHistoricalDataClient(KEY, SECRET, url_override=early.url)
        snapshot = client.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="AAPL"))["AAPL"]
    assert snapshot.daily_bar.timestamp == datetime(2026, 11, 19, 5, tzinfo=UTC)
    assert snapshot.daily_bar.close == 271.49
    assert snapshot.previous_daily_bar.timestamp == datetime(2026, 11, 18, 5, tzinfo=UTC)
    assert "T" in snapshot.latest_trade.conditions


def test_on_a_weekend_everything_is_fridays() -> None:
    with alpaca_market("--market-origin", "2026-11-22T13:00:00Z") as weekend:
        client: Any = StockHistoricalDataClient(KEY, SECRET, url_override=weekend.url)
        snapshot = client.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="AAPL"))["AAPL"]
    assert snapshot.daily_bar.timestamp == datetime(2026, 11, 20, 5, tzinfo=UTC)
    assert snapshot.previous_daily_bar.close == 271.49
    assert snapshot.latest_trade.timestamp.date() == date(2026, 11, 21)


def test_the_latest_trade_is_never_one_that_may_not_set_a_price(market: AlpacaMarket, stocks: Any) -> None:
    request = StockLatestTradeRequest(symbol_or_symbols="DIS")
    market.control("emit", {"symbol": "DIS", "price": 104.0})
    market.control("emit", {"symbol": "DIS", "price": 120.0, "size": 3})
    market.control("emit", {"symbol": "DIS", "price": 121.0, "conditions": [" ", "Z"]})
    latest = stocks.get_stock_latest_trade(request)["DIS"]
    assert latest.price == 104.0
    assert moves(tuple(latest.conditions), latest.tape).last


def test_a_cancelled_trade_is_no_longer_the_latest(market: AlpacaMarket, stocks: Any) -> None:
    request = StockLatestTradeRequest(symbol_or_symbols="KO")
    market.control("emit", {"symbol": "KO", "price": 70.0})
    trade_id = market.control("emit", {"symbol": "KO", "price": 99.0})["sent"][0]["id"]
    assert stocks.get_stock_latest_trade(request)["KO"].price == 99.0
    market.control("emit", {"kind": "correction", "symbol": "KO", "id": trade_id, "price": 71.5})
    assert stocks.get_stock_latest_trade(request)["KO"].price == 71.5


def test_a_symbol_that_only_a_test_trades_has_a_snapshot_with_null_parts(market: AlpacaMarket) -> None:
    market.control("emit", {"symbol": "ZVZZT", "price": 12.5})
    snapshot = _get(market, "/v2/stocks/snapshots?symbols=ZVZZT")[1]["ZVZZT"]
    assert snapshot["latestTrade"]["p"] == 12.5
    assert (snapshot["latestQuote"], snapshot["prevDailyBar"]) == (None, None)


def test_a_set_price_is_traded_at_once(market: AlpacaMarket, stocks: Any) -> None:
    market.control("set_price", {"symbol": "PFE", "price": 40.0})
    assert stocks.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="PFE"))["PFE"].price == 40.0
    quote = stocks.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="PFE"))["PFE"]
    assert quote.bid_price == pytest.approx(40.0, rel=0.001)


def test_in_a_pause_nothing_moves(market: AlpacaMarket) -> None:
    """Ensure that trades, quotes and rates stand still, so that others can be held against them."""
    paths = (
        "/v2/stocks/snapshots?symbols=AAPL,SPY",
        "/v1beta3/crypto/us/snapshots?symbols=BTC/USD",
        "/v1beta1/options/snapshots?symbols=AAPL280121C00250000",
        "/v1beta1/forex/latest/rates?currency_pairs=USDCAD",
    )
    before = [_get(market, path)[1] for path in paths]
    sent, now = (market.control("status")[name] for name in ("trades_sent", "market_time"))
    wait_for(lambda: market.control("status")["market_time"] > now)
    assert [_get(market, path)[1] for path in paths] == before
    assert market.control("status")["trades_sent"] == sent


def test_one_malformed_symbol_fails_the_whole_batch(stocks: Any) -> None:
    with pytest.raises(APIError, match="invalid symbol: BRK-B"):
        stocks.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=["AAPL", "BRK-B"]))


def test_daily_bars_are_paged_and_end_with_today(stocks: Any) -> None:
    request = StockBarsRequest(
        symbol_or_symbols=["SPY", "AAPL"], timeframe=TimeFrame.Day, start=datetime(2026, 10, 1, tzinfo=UTC)
    )
    bars = stocks.get_stock_bars(request).data
    assert set(bars) == {"AAPL", "SPY"}
    assert [len(bars["AAPL"]), bars["AAPL"][-2].close] == [37, 271.49]
    assert bars["SPY"][-1].timestamp == datetime(2026, 11, 20, 5, tzinfo=UTC)
    request.limit = 40
    assert sum(len(rows) for rows in stocks.get_stock_bars(request).data.values()) == 40


def test_pages_are_cut_at_the_limit_over_all_symbols(market: AlpacaMarket) -> None:
    path = "/v2/stocks/bars?symbols=AAPL,SPY&timeframe=1Day&start=2026-11-16&limit=7"
    _, first, _ = _get(market, path)
    _, second, _ = _get(market, f"{path}&page_token={first['next_page_token']}")
    assert {symbol: len(bars) for symbol, bars in first["bars"].items()} == {"AAPL": 5, "SPY": 2}
    assert {symbol: len(bars) for symbol, bars in second["bars"].items()} == {"SPY": 3}
    assert second["next_page_token"] is None


def test_crypto_needs_no_keys(market: AlpacaMarket) -> None:
    client: Any = CryptoHistoricalDataClient(url_override=market.url)
    snapshot = client.get_crypto_snapshot(CryptoSnapshotRequest(symbol_or_symbols="BTC/USD"))["BTC/USD"]
    assert snapshot.previous_daily_bar.close == 84648.35
    assert client.get_crypto_latest_trade(CryptoLatestTradeRequest(symbol_or_symbols="ETH/USD"))["ETH/USD"].price > 0
    with pytest.raises(APIError, match="BTCUSD does not match"):
        client.get_crypto_snapshot(CryptoSnapshotRequest(symbol_or_symbols="BTCUSD"))


def test_options_have_quotes_volatility_and_greeks(market: AlpacaMarket) -> None:
    client: Any = OptionHistoricalDataClient(KEY, SECRET, url_override=market.url)
    symbols = ["AAPL280121C00250000", "SPY280121P00600000", "AAPL990101C00250000"]
    found = client.get_option_snapshot(OptionSnapshotRequest(symbol_or_symbols=symbols))
    assert set(found) == set(symbols[:2])
    call, put = (found[symbol] for symbol in symbols[:2])
    assert 0 < call.greeks.delta < 1
    assert -1 < put.greeks.delta < 0
    assert call.latest_quote.bid_price < call.latest_trade.price * 1.2
    assert call.implied_volatility == 0.26


def test_corporate_actions_are_empty(market: AlpacaMarket) -> None:
    client: Any = CorporateActionsClient(KEY, SECRET, url_override=market.url)
    assert not any(client.get_corporate_actions(CorporateActionsRequest(symbols=["AAPL"])).data.values())


def test_clock_and_calendar_know_half_days_and_holidays(market: AlpacaMarket) -> None:
    client: Any = TradingClient(KEY, SECRET, url_override=market.url)
    clock = client.get_clock()
    assert clock.is_open
    assert clock.next_close == datetime(2026, 11, 20, 21, tzinfo=UTC)
    days = client.get_calendar(GetCalendarRequest(start=date(2026, 11, 25), end=date(2026, 11, 30)))
    assert [(day.date.day, day.close.hour) for day in days] == [(25, 16), (27, 13), (30, 16)]


def test_exchange_rates(market: AlpacaMarket) -> None:
    status, body, _ = _get(market, "/v1beta1/forex/latest/rates?currency_pairs=USDCAD")
    rate = body["rates"]["USDCAD"]
    assert status == 200
    assert rate["bp"] < rate["mp"] < rate["ap"]
    assert 1.3 < rate["mp"] < 1.5
    assert _get(market, "/v1beta1/forex/latest/rates?currency_pairs=US")[0] == 400


def test_calls_are_counted_and_refused_beyond_the_plan(market: AlpacaMarket) -> None:
    path = "/v2/stocks/snapshots?symbols=AAPL"
    headers = _get(market, path)[2]
    assert int(headers["X-RateLimit-Remaining"]) < int(headers["X-RateLimit-Limit"])
    market.control("plan", {"calls_per_minute": 0})
    try:
        status, body, headers = _get(market, path)
    finally:
        market.control("plan", {"calls_per_minute": 10_000})
    assert (status, body["message"], headers["X-RateLimit-Remaining"]) == (429, "too many requests.", "0")


def test_wrong_keys_and_feeds_outside_the_plan_are_refused(market: AlpacaMarket) -> None:
    assert _get(market, "/v2/clock", key="nobody")[:2] == (401, {"message": "unauthorized."})
    market.control("plan", {"refused_endpoints": ["/v2/sip"]})
    try:
        status, body, _ = _get(market, "/v2/stocks/snapshots?symbols=AAPL&feed=sip")
    finally:
        market.control("plan", {"refused_endpoints": []})
    assert (status, body["message"]) == (403, "subscription does not permit querying recent SIP data")


def test_the_control_calls_name_what_is_wrong(market: AlpacaMarket) -> None:
    for call, body in (("emit", {"kind": "cancel", "symbol": "AAPL", "id": 1}), ("plan", {"x": 1}), ("emit", {})):
        with pytest.raises(urllib.error.HTTPError) as refused:
            market.control(call, body)
        with refused.value as answer:
            assert json.load(answer)["error"]
