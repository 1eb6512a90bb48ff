"""The simulated stream against the real SDK's stream classes."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
from alpaca.data.live import CryptoDataStream, OptionDataStream, StockDataStream
from alpaca.data.models import Bar, Quote, Trade, TradeCancel, TradeCorrection, TradingStatus
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.contract.alpaca_market import KEY, SECRET, AlpacaMarket, alpaca_market, running
from tests.support.waiting import wait_until

_MSGPACK = {"Content-Type": "application/msgpack"}


@pytest.fixture(scope="module")
def market() -> Iterator[AlpacaMarket]:
    with alpaca_market("--connections-max", "20", "--rate", "300") as served:
        yield served


class _Inbox(list[Any]):
    async def put(self, message: Any) -> None:
        self.append(message)


def _stocks(market: AlpacaMarket, *, raw: bool, path: str = "/v2/sip") -> StockDataStream:
    return StockDataStream(KEY, SECRET, raw_data=raw, url_override=market.stream_url + path)


async def test_parsed_trades_quotes_and_bars(market: AlpacaMarket) -> None:
    stream, trades, quotes = _stocks(market, raw=False), _Inbox(), _Inbox()
    stream.subscribe_trades(trades.put, "*")
    stream.subscribe_quotes(quotes.put, "SPY", "AAPL")
    async with running(stream):
        await wait_until(lambda: len(trades) > 50 and len(quotes) > 5)
    assert all(isinstance(trade, Trade) and trade.price > 0 and trade.timestamp.tzinfo for trade in trades)
    assert all(isinstance(quote, Quote) and quote.bid_price < quote.ask_price for quote in quotes)
    assert {quote.symbol for quote in quotes} <= {"SPY", "AAPL"}
    assert "BTC/USD" not in {trade.symbol for trade in trades}


async def test_raw_points_carry_their_type_first_and_exact_times(market: AlpacaMarket) -> None:
    stream, trades = _stocks(market, raw=True, path="/v2/iex"), _Inbox()
    stream.subscribe_trades(trades.put, "SPY", "BRK.B")
    async with running(stream):
        await wait_until(lambda: {trade["S"] for trade in trades} == {"SPY", "BRK.B"}, 30)
    assert all(next(iter(trade)) == "T" for trade in trades)
    assert all(isinstance(trade["t"], msgpack.Timestamp) for trade in trades)


async def test_injected_events_reach_every_kind_of_handler(market: AlpacaMarket) -> None:
    stream = _stocks(market, raw=False)
    trades, statuses, corrections, cancels = _Inbox(), _Inbox(), _Inbox(), _Inbox()
    stream.subscribe_trades(trades.put, "BAC.PRL")
    stream.subscribe_trading_statuses(statuses.put, "BAC.PRL")
    stream.register_trade_corrections(corrections.put)
    stream.register_trade_cancels(cancels.put)
    async with running(stream):
        await _subscribed(market, "trades", "BAC.PRL")
        sent = (await market.steer("emit", {"symbol": "BAC.PRL", "price": 1234.56, "size": 5}))["sent"]
        trade_id = sent[0]["id"]
        assert sent[0]["sets_price"] is False
        await market.steer("emit", {"kind": "correction", "symbol": "BAC.PRL", "id": trade_id, "price": 1230.0})
        await market.steer("emit", {"kind": "cancel", "symbol": "BAC.PRL", "id": trade_id})
        await market.steer("emit", {"kind": "status", "symbol": "BAC.PRL"})
        await wait_until(lambda: statuses and cancels and corrections)
    injected = next(trade for trade in trades if trade.id == trade_id)
    assert (injected.price, injected.size, injected.conditions) == (1234.56, 5, [" ", "I"])
    [correction], [cancel], [status] = corrections, cancels, statuses
    assert isinstance(correction, TradeCorrection)
    assert (correction.original_id, correction.original_price, correction.corrected_price) == (trade_id, 1234.56, 1230)
    assert isinstance(cancel, TradeCancel)
    assert (cancel.id, cancel.action) == (trade_id, "C")
    assert isinstance(status, TradingStatus)
    assert status.status_code == "2"


async def test_minute_bars_come_after_the_minute() -> None:
    with alpaca_market("--speed", "60", "--rate", "100") as market:
        stream, bars, daily = _stocks(market, raw=False), _Inbox(), _Inbox()
        stream.subscribe_bars(bars.put, "SPY")
        stream.subscribe_daily_bars(daily.put, "SPY")
        async with running(stream):
            await wait_until(lambda: len(bars) > 1 and len(daily) > 1)
    assert all(isinstance(bar, Bar) and bar.low <= bar.close <= bar.high and bar.timestamp.second == 0 for bar in bars)
    assert daily[-1].volume > daily[0].volume


async def test_crypto_and_options_have_their_own_endpoints(market: AlpacaMarket) -> None:
    coins, contracts = _Inbox(), _Inbox()
    crypto = CryptoDataStream(KEY, SECRET, url_override=market.stream_url + "/v1beta3/crypto/us")
    option = OptionDataStream(KEY, SECRET, url_override=market.stream_url + "/v1beta1/indicative")
    crypto.subscribe_trades(coins.put, "BTC/USD", "ETH/USD")
    option.subscribe_trades(contracts.put, "AAPL280121C00250000")
    async with running(crypto), running(option):
        await _subscribed(market, "trades", "AAPL280121C00250000")
        await market.steer("emit", {"symbol": "AAPL280121C00250000", "price": 48.5, "size": 2})
        await wait_until(lambda: len({coin.symbol for coin in coins}) > 1 and contracts)
    assert all(isinstance(coin, Trade) for coin in coins)
    assert {contract.symbol for contract in contracts} == {"AAPL280121C00250000"}


async def test_the_test_endpoint_streams_its_fake_symbol(market: AlpacaMarket) -> None:
    stream, trades = _stocks(market, raw=False, path="/v2/test"), _Inbox()
    stream.subscribe_trades(trades.put, "FAKEPACA")
    async with running(stream):
        await wait_until(lambda: trades)
    assert trades[0].symbol == "FAKEPACA"


async def test_eleven_thousand_symbols_are_subscribed_in_one_fragmented_message(market: AlpacaMarket) -> None:
    stream, trades = _stocks(market, raw=True), _Inbox()
    symbols = [f"{letters}{number:04d}"[:6].translate(str.maketrans("0123456789", "QRSTUVWXYZ")) for letters in "AB"
               for number in range(5_500)]  # fmt: skip
    stream.subscribe_trades(trades.put, *symbols, "SPY")
    async with running(stream):
        await _subscribed(market, "trades", "SPY")
        await wait_until(lambda: trades)
        [client] = (await market.steer("status"))["streams"]
    assert set(client["channels"]["trades"]) == {*symbols, "SPY"}


async def test_a_dropped_stream_reconnects_and_subscribes_again(market: AlpacaMarket) -> None:
    stream, trades = _stocks(market, raw=True), _Inbox()
    stream.subscribe_trades(trades.put, "*")
    async with running(stream):
        await wait_until(lambda: trades)
        assert (await market.steer("drop", {"endpoint": "/v2/sip"}))["dropped"] == 1
        trades.clear()
        await wait_until(lambda: trades)


async def test_a_muted_stream_stays_open_and_says_nothing(market: AlpacaMarket) -> None:
    async with _opened(market) as socket:
        await _authenticate(socket)
        await _ask(socket, {"action": "subscribe", "trades": ["*"]})
        await market.steer("mute", {"muted": True})
        try:
            while True:
                async with asyncio.timeout(0.5):
                    await socket.recv()
        except TimeoutError:
            pass
        finally:
            await market.steer("mute", {"muted": False})
        await asyncio.wait_for(await socket.ping(), 5)
        assert msgpack.unpackb(await asyncio.wait_for(socket.recv(), 5))[0]["T"] == "t"


async def test_refused_auth_leaves_the_socket_open_for_another_try(market: AlpacaMarket) -> None:
    await market.steer("refuse_auth", {"codes": [406, 402]})
    async with _opened(market) as socket:
        assert (await _authenticate(socket))["code"] == 406
        assert (await _authenticate(socket))["code"] == 402
        assert (await _authenticate(socket))["msg"] == "authenticated"


async def test_insufficient_subscription_ends_the_sdks_run(market: AlpacaMarket) -> None:
    await market.steer("plan", {"refused_endpoints": ["/v2/sip"]})
    stream = _stocks(market, raw=True)
    stream.subscribe_trades(_Inbox().put, "SPY")
    try:
        await asyncio.wait_for(stream._run_forever(), 10)
    finally:
        await market.steer("plan", {"refused_endpoints": []})


async def test_a_json_client_gets_text_frames(market: AlpacaMarket) -> None:
    async with connect(
        market.stream_url + "/v2/sip", additional_headers={"Content-Type": "application/json"}
    ) as socket:
        assert json.loads(await socket.recv()) == [{"T": "success", "msg": "connected"}]
        await socket.send(json.dumps({"action": "auth", "key": KEY, "secret": SECRET}))
        assert json.loads(await socket.recv()) == [{"T": "success", "msg": "authenticated"}]
        await socket.send("{not json")
        assert json.loads(await socket.recv())[0]["code"] == 400
        await socket.send(json.dumps({"action": "subscribe", "trades": ["SPY"]}))
        assert json.loads(await socket.recv())[0]["trades"] == ["SPY"]
        points = json.loads(await socket.recv())
        assert points[0]["t"].endswith("Z")


async def test_who_does_not_authenticate_in_time_is_told_and_closed() -> None:
    with alpaca_market("--auth-timeout", "0.2") as market:
        async with _opened(market) as socket:
            assert msgpack.unpackb(await socket.recv()) == [{"T": "error", "code": 404, "msg": "auth timeout"}]
            with pytest.raises(ConnectionClosed):
                await socket.recv()


async def test_a_client_that_reads_too_slowly_is_cut_off() -> None:
    with alpaca_market("--points-max", "2000", "--rate", "30000", "--seed", "3") as market:
        async with _opened(market, max_queue=1) as socket:
            await _authenticate(socket)
            await _ask(socket, {"action": "subscribe", "trades": ["*"]})

            async def cut_off() -> bool:
                return not (await market.steer("status"))["streams"]

            await wait_until(cut_off, 20)


def _opened(market: AlpacaMarket, max_queue: int = 16) -> "_Opened":
    return _Opened(market.stream_url + "/v2/sip", max_queue)


class _Opened:
    """A raw MessagePack client that has read the greeting."""

    def __init__(self, url: str, max_queue: int) -> None:
        self._connecting = connect(url, additional_headers=_MSGPACK, max_queue=max_queue, close_timeout=1)

    async def __aenter__(self) -> ClientConnection:
        socket = await self._connecting.__aenter__()
        assert msgpack.unpackb(await socket.recv()) == [{"T": "success", "msg": "connected"}]
        return socket

    async def __aexit__(self, *exc: object) -> None:
        await self._connecting.__aexit__(*exc)  # type: ignore[arg-type]


async def _ask(socket: ClientConnection, message: dict[str, Any]) -> dict[str, Any]:
    await socket.send(msgpack.packb(message))
    answer: dict[str, Any] = msgpack.unpackb(await socket.recv())[0]
    return answer


async def _authenticate(socket: ClientConnection) -> dict[str, Any]:
    return await _ask(socket, {"action": "auth", "key": KEY, "secret": SECRET})


async def _subscribed(market: AlpacaMarket, channel: str, symbol: str) -> None:
    async def listed() -> bool:
        streams = (await market.steer("status"))["streams"]
        return any(symbol in stream["channels"].get(channel, ()) for stream in streams)

    await wait_until(listed)
