"""One client's side of the stream protocol."""

from typing import Any

import pytest

from simulator.plan import Plan
from simulator.subscriptions import ENDPOINTS, Subscriptions

_ACK_KEYS = [
    "T", "trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "corrections", "cancelErrors",
]  # fmt: skip


class _Client:
    """A client of one endpoint and the routes it has asked for."""

    def __init__(self, path: str = "/v2/sip", plan: Plan | None = None, *, binary: bool = True) -> None:
        self.plan = plan or Plan({"k": "s"})
        self.routes: set[tuple[str, str]] = set()
        admit = lambda key, secret: self.plan.admit(path, key, secret)  # noqa: E731
        symbols_max = lambda: self.plan.symbols_max  # noqa: E731
        self._subscriptions = Subscriptions(ENDPOINTS[path], binary, admit, symbols_max, self._change)

    def _change(self, channel: str, joined: set[str], left: set[str]) -> None:
        self.routes |= {(channel, symbol) for symbol in joined}
        self.routes -= {(channel, symbol) for symbol in left}

    def send(self, message: object) -> dict[str, Any]:
        return self._subscriptions.answer(message)

    def auth(self, key: str = "k", secret: str = "s") -> dict[str, Any]:
        return self.send({"action": "auth", "key": key, "secret": secret})

    def subscribe(self, **channels: list[str]) -> dict[str, Any]:
        return self.send({**channels, "action": "subscribe"})

    def unsubscribe(self, **channels: list[str]) -> dict[str, Any]:
        return self.send({"action": "unsubscribe", **channels})


@pytest.fixture
def client() -> _Client:
    opened = _Client()
    assert opened.auth() == {"T": "success", "msg": "authenticated"}
    return opened


def test_the_acknowledgement_lists_the_entire_set_under_nine_keys(client: _Client) -> None:
    client.subscribe(trades=["AAPL", "BRK.B"], quotes=["MSFT"])
    ack = client.subscribe(trades=["SPY"])
    assert list(ack) == _ACK_KEYS
    assert ack["T"] == "subscription"
    assert ack["trades"] == ack["corrections"] == ack["cancelErrors"] == ["AAPL", "BRK.B", "SPY"]
    assert ack["quotes"] == ["MSFT"]


def test_unsubscribe_takes_away_only_what_it_names(client: _Client) -> None:
    client.subscribe(trades=["AAPL", "SPY"], bars=["AAPL"])
    ack = client.unsubscribe(trades=["AAPL", "NEVER"])
    assert (ack["trades"], ack["corrections"], ack["bars"]) == (["SPY"], ["SPY"], ["AAPL"])
    assert client.routes == {
        ("trades", "SPY"), ("corrections", "SPY"), ("cancelErrors", "SPY"), ("bars", "AAPL"),
    }  # fmt: skip


@pytest.mark.parametrize("message", [[], "x", None, {}, {"action": "dance"}, {"action": "subscribe", "trades": "AAPL"}])
def test_a_malformed_message_is_400(client: _Client, message: object) -> None:
    assert client.send(message)["code"] == 400


@pytest.mark.parametrize("symbol", ["BRK-B", "BRK/B", "brk.b", "037833AL4", "BTC/USD", ""])
def test_one_malformed_symbol_fails_the_whole_request(client: _Client, symbol: str) -> None:
    assert client.subscribe(trades=["AAPL", symbol]) == {"T": "error", "code": 400, "msg": "invalid syntax"}
    assert client.routes == set()


def test_subscribing_before_auth_is_401_and_a_second_auth_403(client: _Client) -> None:
    assert _Client().subscribe(trades=["AAPL"])["code"] == 401
    assert client.auth()["code"] == 403


def test_wrong_credentials_are_402_and_may_be_tried_again() -> None:
    client = _Client()
    assert client.auth(secret="wrong") == {"T": "error", "code": 402, "msg": "auth failed"}
    assert client.auth(key="nobody")["code"] == 402
    assert client.auth()["msg"] == "authenticated"


def test_beyond_the_symbol_limit_the_request_is_refused_and_the_old_set_kept() -> None:
    client = _Client(plan=Plan({"k": "s"}, symbols_max=2))
    client.auth()
    client.subscribe(trades=["AAPL"], quotes=["AAPL", "SPY"])
    assert client.subscribe(trades=["IBM"])["code"] == 405
    assert client.subscribe(bars=["IBM", "JPM"])["trades"] == ["AAPL"]
    client.plan.symbols_max = 3
    assert client.subscribe(trades=["IBM"])["trades"] == ["AAPL", "IBM"]


def test_connections_are_limited_per_endpoint_and_freed_places_are_taken() -> None:
    plan = Plan({"k": "s"})
    first, second, other = _Client(plan=plan), _Client(plan=plan), _Client("/v2/iex", plan)
    assert first.auth()["msg"] == "authenticated"
    assert second.auth() == {"T": "error", "code": 406, "msg": "connection limit exceeded"}
    assert other.auth()["msg"] == "authenticated"
    plan.release("/v2/sip", "k")
    assert second.auth()["msg"] == "authenticated"


def test_a_feed_outside_the_plan_is_409() -> None:
    assert _Client(plan=Plan({"k": "s"}, refused_endpoints={"/v2/sip"})).auth()["code"] == 409


def test_asked_for_refusals_come_first() -> None:
    client = _Client(plan=Plan({"k": "s"}, refuse_auth=[406, 402]))
    assert [client.auth().get("code") for _ in range(3)] == [406, 402, None]


def test_options_know_no_bars_no_json_and_no_star_on_quotes() -> None:
    client = _Client("/v1beta1/indicative")
    client.auth()
    assert client.subscribe(bars=["AAPL280121C00250000"])["code"] == 410
    assert client.subscribe(quotes=["*"])["code"] == 413
    ack = client.subscribe(trades=["AAPL280121C00250000", "*"])
    assert list(ack) == ["T", "trades", "quotes"]
    assert _Client("/v1beta1/opra", binary=False).auth()["code"] == 412


def test_crypto_takes_pairs_and_acknowledges_its_own_channels() -> None:
    client = _Client("/v1beta3/crypto/us")
    client.auth()
    assert list(client.subscribe(trades=["BTC/USD"])) == [
        "T", "trades", "quotes", "orderbooks", "bars", "updatedBars", "dailyBars",
    ]  # fmt: skip
    assert client.subscribe(trades=["AAPL"])["code"] == 400
    assert client.subscribe(statuses=["BTC/USD"])["code"] == 410
