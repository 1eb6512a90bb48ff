"""The simulated SnapTrade through the real SDK, signatures and all, over sockets."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import urllib3
from snaptrade_client.auth import SnapTradeAuth
from snaptrade_client.client import SnapTrade
from snaptrade_client.configuration import Configuration
from snaptrade_client.exceptions import ApiException

from simulator.snaptrade_http import SnapTradeServer
from tests.contract.received import receiving
from tests.contract.served import served
from tests.contract.waited import wait_for

TIMEOUT_S = 5.0
CONSUMER_KEY = "demo-consumer-key"


@dataclass(slots=True)
class Connected:
    """A registered user; `keys` are the arguments of every call for him."""

    url: str
    api: Any
    keys: dict[str, str] = field(default_factory=dict)

    def register(self, user_id: str = "u1") -> None:
        body = self.api.authentication.register_snap_trade_user(user_id=user_id).body
        self.keys = {"user_id": body["userId"], "user_secret": body["userSecret"]}

    def portal(self, **options: Any) -> str:
        return str(self.api.authentication.login_snap_trade_user(**self.keys, **options).body["redirectURI"])

    def connect(self, broker: str = "ROBINHOOD", persona: str = "ada", **options: Any) -> dict[str, str]:
        """Return the query that the application is called back with."""
        redirect = "http://127.0.0.1:1/callback?state=s1"
        return finish(self.portal(custom_redirect=redirect, **options), persona=persona, broker=broker)

    def account(self, name: str) -> str:
        accounts = self.api.account_information.list_all_user_accounts(**self.keys).body["results"]
        return str(next(one["id"] for one in accounts if one["display_name"] == name))

    def positions(self, name: str) -> dict[str, Any]:
        """Return an account's positions by symbol."""
        information = self.api.account_information
        body = information.get_all_account_positions(**self.keys, account_id=self.account(name)).body
        return {one["instrument"]["symbol"]: one for one in body["results"]}

    def control(self, path: str, /, **body: Any) -> Any:
        answer = requests.post(f"{self.url}/control/{path}", json=body, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()


def finish(portal: str, **form: str) -> dict[str, str]:
    """End a portal session as a person does and return the callback's query."""
    left = requests.post(portal, data={"action": "approve"} | form, allow_redirects=False, timeout=TIMEOUT_S)
    assert left.status_code == 303
    query = parse_qs(urlsplit(left.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def client(url: str, consumer_key: str = CONSUMER_KEY, client_id: str = "demo-client") -> Any:
    auth = SnapTradeAuth.commercial_api_key(consumer_key=consumer_key, client_id=client_id)
    configuration: Any = Configuration(host=url, auth=auth)
    configuration.retries = False
    return SnapTrade(configuration=configuration, auth=None)


@pytest.fixture
def simulated() -> Iterator[Connected]:
    with served(lambda: SnapTradeServer(7).app()) as url:
        connected = Connected(url, client(url))
        connected.register()
        yield connected


def code_of(raised: pytest.ExceptionInfo[ApiException]) -> tuple[int, str]:
    return raised.value.status, raised.value.body["code"]


def test_users_live_and_die(simulated: Connected) -> None:
    """Registered once, listed, given a new secret, deleted; after that nobody knows him."""
    authentication = simulated.api.authentication
    with pytest.raises(ApiException) as raised:
        authentication.register_snap_trade_user(user_id="u1")
    assert code_of(raised) == (400, "1010")
    assert authentication.list_snap_trade_users().body == ["u1"]
    fresh = authentication.reset_snap_trade_user_secret(**simulated.keys).body["userSecret"]
    with pytest.raises(ApiException) as raised:
        simulated.api.connections.list_brokerage_authorizations(**simulated.keys)
    assert code_of(raised) == (401, "1083")
    simulated.keys["user_secret"] = fresh
    assert simulated.api.connections.list_brokerage_authorizations(**simulated.keys).body == []
    assert authentication.delete_snap_trade_user(user_id="u1").body["status"] == "deleted"
    assert authentication.list_snap_trade_users().body == []


def test_the_portal_connects_and_calls_back(simulated: Connected) -> None:
    """Success names the connection; the link works once; the same login is connected once."""
    assert "Ada Moreau at Robinhood" in requests.get(simulated.portal(broker="ROBINHOOD"), timeout=TIMEOUT_S).text
    result = simulated.connect()
    assert (result["state"], result["status"]) == ("s1", "SUCCESS")
    connection = simulated.api.connections.detail_brokerage_authorization(
        **simulated.keys, authorization_id=result["connection_id"]
    ).body
    assert (connection["brokerage"]["slug"], connection["type"], connection["disabled"]) == (
        "ROBINHOOD",
        "read",
        False,
    )
    assert simulated.connect()["connection_id"] == result["connection_id"]
    portal = simulated.portal(custom_redirect="http://127.0.0.1:1/")
    assert finish(portal, persona="ada", broker="QUESTRADE")["status"] == "SUCCESS"
    again = requests.post(portal, data={"persona": "ada", "broker": "QUESTRADE"}, timeout=TIMEOUT_S)
    assert (again.status_code, again.json()["error_code"]) == (400, "1006")


def test_the_portal_fails_and_is_abandoned(simulated: Connected) -> None:
    """Wrong credentials and cancelling call back with their status."""
    redirect = "http://127.0.0.1:1/callback"
    failed = finish(simulated.portal(custom_redirect=redirect), action="fail", persona="ada", broker="ROBINHOOD")
    assert failed == {"status": "ERROR", "status_code": "403", "error_code": "1066"}
    assert finish(simulated.portal(custom_redirect=redirect), action="cancel") == {"status": "ABANDONED"}


def test_trading_is_asked_for(simulated: Connected) -> None:
    """A trade connection needs a brokerage that allows it."""
    connections = simulated.api.connections
    for broker, persona, kind in (("COINBASE", "alan", "trade"), ("ROBINHOOD", "alan", "read")):
        result = simulated.connect(broker, persona, connection_type="trade")
        detail = connections.detail_brokerage_authorization(
            **simulated.keys, authorization_id=result["connection_id"]
        ).body
        assert detail["type"] == kind


def test_documented_account_shapes(simulated: Connected) -> None:
    """Every key of the old and the new account shape is there, dates spelled as documented."""
    connection_id = simulated.connect()["connection_id"]
    information = simulated.api.account_information
    legacy = information.list_user_accounts(**simulated.keys).body[0]
    assert legacy.keys() >= {
        "id", "brokerage_authorization", "name", "number", "institution_name", "created_date", "sync_status",
        "balance", "is_paper", "meta", "status", "raw_type", "account_category", "institution_account_id",
    }  # fmt: skip
    assert legacy["brokerage_authorization"] == connection_id
    synced = legacy["sync_status"]
    assert " " in synced["holdings"]["last_successful_sync"]
    assert len(synced["transactions"]["last_successful_sync"]) == len("2026-11-20")
    new = information.get_account_details(**simulated.keys, account_id=legacy["id"]).body
    assert new["kind"] == "investment"
    assert (new["cash_or_margin"], new["net_value"]) == ("margin", legacy["balance"]["total"])
    listed = simulated.api.connections.list_connection_accounts(**simulated.keys, connection_id=connection_id).body
    assert listed["results"] == [new]
    old = simulated.api.connections.list_brokerage_authorization_accounts(
        **simulated.keys, authorization_id=connection_id
    ).body
    assert old == [legacy] == [information.get_user_account_details(**simulated.keys, account_id=legacy["id"]).body]


def test_positions_are_decimal_strings_per_share(simulated: Connected) -> None:
    """Prices and costs are per share, options padded and in contracts, shorts negative, unknown costs null."""
    simulated.connect()
    positions = simulated.positions("Robinhood Individual")
    option = positions["SPY   280121P00600000"]
    assert (option["instrument"]["kind"], option["instrument"]["multiplier"], option["units"]) == (
        "option",
        "100",
        "3",
    )
    assert option["instrument"]["underlying"]["symbol"] == "SPY"
    assert Decimal(option["price"]) < 100
    assert Decimal(option["cost_basis"]) < 100
    assert positions["AMZN"]["units"] == "34.512870365"
    assert positions["INTC"]["units"] == "-160"
    assert positions["DIS"]["cost_basis"] is None
    assert positions["BRK.B"]["instrument"]["exchange"] == "XNYS"
    assert positions["ETH"]["instrument"]["kind"] == "crypto"
    assert "exchange" not in positions["ETH"]["instrument"]


def test_currencies_and_the_sweep_fund(simulated: Connected) -> None:
    """Cash is by currency; the money-market position is inside the cash and marked; Toronto is in dollars of Canada."""
    simulated.connect("QUESTRADE")
    positions = simulated.positions("Questrade TFSA")
    assert (positions["VAB.TO"]["currency"], positions["VAB.TO"]["instrument"]["raw_symbol"]) == ("CAD", "VAB")
    assert positions["SPAXX"]["cash_equivalent"] is True
    balances = simulated.api.account_information.get_user_account_balance(
        **simulated.keys, account_id=simulated.account("Questrade TFSA")
    ).body
    cash = {row["currency"]["code"]: Decimal(str(row["cash"])) for row in balances}
    assert cash == {"CAD": Decimal("4310.22"), "USD": Decimal("905.40") + Decimal("2750.13")}


def test_activities_are_paged_and_filtered(simulated: Connected) -> None:
    """Newest first, in pages; types with a comma are signed rightly; dates include both ends."""
    simulated.connect()
    information, account_id = simulated.api.account_information, simulated.account("Robinhood Individual")
    arguments = {**simulated.keys, "account_id": account_id}
    everything = information.get_account_activities(**arguments).body
    total = everything["pagination"]["total"]
    assert len(everything["data"]) == total > 20
    dates = [row["trade_date"] for row in everything["data"]]
    assert dates == sorted(dates, reverse=True)
    pages = [
        row["id"]
        for offset in range(0, total, 7)
        for row in information.get_account_activities(**arguments, offset=offset, limit=7).body["data"]
    ]
    assert pages == [row["id"] for row in everything["data"]]
    trades = information.get_account_activities(**arguments, type="BUY,SELL").body["data"]
    assert {row["type"] for row in trades} == {"BUY", "SELL"}
    assert all((row["units"] > 0) == (row["amount"] < 0) for row in trades)
    day = dates[0][:10]
    on_the_day = information.get_account_activities(**arguments, start_date=day, end_date=day).body["data"]
    assert {row["trade_date"] for row in on_the_day} == {dates[0]}


def test_orders_are_empty_and_old_endpoints_gone(simulated: Connected) -> None:
    """There are no orders yet; retired endpoints answer 410."""
    simulated.connect()
    information, account_id = simulated.api.account_information, simulated.account("Robinhood Individual")
    assert information.get_user_account_orders(**simulated.keys, account_id=account_id).body == []
    with pytest.raises(ApiException) as raised:
        information.get_user_holdings(**simulated.keys, account_id=account_id)
    assert raised.value.status == 410


def test_reference_data(simulated: Connected) -> None:
    """Status needs no signature; brokerages and the partner do."""
    assert simulated.api.api_status.check().body["online"] is True
    slugs = {one["slug"] for one in simulated.api.reference_data.list_all_brokerages().body}
    assert {"ALPACA", "ROBINHOOD", "QUESTRADE"} <= slugs
    assert simulated.api.reference_data.get_partner_info().body["slug"] == "demo-client"


def test_signatures_are_checked(simulated: Connected) -> None:
    """Another consumer key, client, secret, time or query is refused by its code."""
    for api, code in (
        (client(simulated.url, "another-key"), "1076"),
        (client(simulated.url, client_id="another"), "0000"),
    ):
        with pytest.raises(ApiException) as raised:
            api.authentication.list_snap_trade_users()
        assert code_of(raised) == (401, code)
    with pytest.raises(ApiException) as raised:
        simulated.api.connections.list_brokerage_authorizations(user_id="u1", user_secret="wrong")
    assert code_of(raised) == (401, "1083")
    stale = "clientId=demo-client&timestamp=1700000000"
    canonical = json.dumps({"content": None, "path": "/snapTrade/listUsers", "query": stale}, separators=(",", ":"))
    signature = base64.b64encode(hmac.new(CONSUMER_KEY.encode(), canonical.encode(), hashlib.sha256).digest())
    answer = requests.get(
        f"{simulated.url}/snapTrade/listUsers?{stale}", headers={"Signature": signature.decode()}, timeout=TIMEOUT_S
    )
    assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid timestamp")


def test_the_legacy_prefix(simulated: Connected) -> None:
    """A host with /api/v1 signs the path without it; the simulator routes and accepts both."""
    legacy = client(simulated.url)
    legacy.authentication.api_client.configuration.host = f"{simulated.url}/api/v1"
    response = legacy.authentication.list_snap_trade_users()
    assert response.body == ["u1"]


def test_limits_are_told(simulated: Connected) -> None:
    """Every answer has the rate headers; a 429 says when to come back."""
    headers = simulated.api.authentication.list_snap_trade_users().headers
    assert headers["X-RateLimit-Limit"] == "250"
    before = int(headers["X-RateLimit-Remaining"])
    assert int(simulated.api.authentication.list_snap_trade_users().headers["X-RateLimit-Remaining"]) == before - 1
    simulated.control("faults", kind="rate_limit", seconds=7, times=1)
    with pytest.raises(ApiException) as raised:
        simulated.api.authentication.list_snap_trade_users()
    assert code_of(raised) == (429, "0000")
    assert raised.value.headers["Retry-After"] == "7"
    assert raised.value.body["detail"] == "Request was throttled. Expected available in 7 seconds."
    assert "X-Request-ID" in raised.value.headers


def test_a_disabled_connection_answers_what_it_knew(simulated: Connected) -> None:
    """A broken connection keeps answering 200 with old data, refuses a refresh, and works again when repaired."""
    connection_id = simulated.connect()["connection_id"]
    connections = simulated.api.connections
    simulated.control("connections", persona="ada", disabled=True)
    simulated.control("holdings", account="ada-robinhood", symbol="KO", quantity="10")
    assert "KO" not in simulated.positions("Robinhood Individual")
    detail = connections.detail_brokerage_authorization(**simulated.keys, authorization_id=connection_id).body
    assert detail["disabled"] is True
    assert detail["disabled_date"] is not None
    for call, code in (
        (connections.refresh_brokerage_authorization, "3003"),
        (connections.disable_brokerage_authorization, "3011"),
    ):
        with pytest.raises(ApiException) as raised:
            call(**simulated.keys, authorization_id=connection_id)
        assert code_of(raised) == (402, code)
    repaired = finish(
        simulated.portal(reconnect=connection_id, custom_redirect="http://127.0.0.1:1/"),
        persona="ada",
        broker="ROBINHOOD",
    )
    assert repaired["connection_id"] == connection_id
    assert "KO" in simulated.positions("Robinhood Individual")


def test_reconnecting_as_another_is_refused(simulated: Connected) -> None:
    """Another person's login cannot repair a connection: 1023."""
    connection_id = simulated.connect()["connection_id"]
    portal = simulated.portal(reconnect=connection_id, custom_redirect="http://127.0.0.1:1/")
    assert finish(portal, persona="alan", broker="ROBINHOOD")["error_code"] == "1023"


def test_a_deleted_connection_comes_back_under_new_ids(simulated: Connected) -> None:
    """Deleting and connecting again gives other connection and account ids."""
    first = simulated.connect()["connection_id"]
    account_id = simulated.account("Robinhood Individual")
    simulated.api.connections.delete_connection(**simulated.keys, connection_id=first)
    assert simulated.api.connections.list_brokerage_authorizations(**simulated.keys).body == []
    assert simulated.connect()["connection_id"] != first
    assert simulated.account("Robinhood Individual") != account_id


def test_a_refresh_is_rationed(simulated: Connected) -> None:
    """A second refresh at once is throttled."""
    connection_id = simulated.connect()["connection_id"]
    refresh = simulated.api.connections.refresh_brokerage_authorization
    assert "scheduled" in refresh(**simulated.keys, authorization_id=connection_id).body["detail"]
    with pytest.raises(ApiException) as raised:
        refresh(**simulated.keys, authorization_id=connection_id)
    assert code_of(raised) == (429, "throttled")


def test_the_first_sync_is_half_finished(simulated: Connected) -> None:
    """`not_ready`: positions are an empty 200 without a date and the account says it is not synced."""
    simulated.connect()
    account_id = simulated.account("Robinhood Individual")
    information = simulated.api.account_information
    simulated.control("faults", kind="not_ready", subject="ada-robinhood")
    body = information.get_all_account_positions(**simulated.keys, account_id=account_id).body
    assert body == {"results": [], "data_freshness": {"as_of": None}}
    assert information.get_user_account_balance(**simulated.keys, account_id=account_id).body == []
    account = information.list_user_accounts(**simulated.keys).body[0]
    assert account["sync_status"]["holdings"]["initial_sync_completed"] is False
    assert account["balance"]["total"] is None


FAULTS = [
    ("server_error", 500, "1000"),
    ("unavailable", 503, "3002"),
    ("institution_down", 503, "3002"),
    ("populating", 425, "3012"),
]


@pytest.mark.parametrize(("kind", "status", "code"), FAULTS)
def test_a_fault_strikes_once_and_is_over(simulated: Connected, kind: str, status: int, code: str) -> None:
    """A fault with `times` 1 breaks the next answer only."""
    simulated.connect()
    account_id = simulated.account("Robinhood Individual")
    simulated.control("faults", kind=kind, subject="ada", times=1)
    information = simulated.api.account_information
    with pytest.raises(ApiException) as raised:
        information.get_all_account_positions(**simulated.keys, account_id=account_id)
    assert code_of(raised) == (status, code)
    assert information.get_all_account_positions(**simulated.keys, account_id=account_id).body["results"]


def test_odd_data_and_lost_answers(simulated: Connected) -> None:
    """Null prices, unknown kinds, half of the positions, HTML from a proxy, a closed connection."""
    simulated.connect()
    whole = simulated.positions("Robinhood Individual")
    simulated.control("faults", kind="null_price", times=1, path="/accounts/")
    assert {one["price"] for one in simulated.positions("Robinhood Individual").values()} == {None}
    simulated.control("faults", kind="unknown_enum", times=1, path="/accounts/")
    kinds = {one["instrument"]["kind"] for one in simulated.positions("Robinhood Individual").values()}
    assert kinds == {"quantum_unit"}
    simulated.control("faults", kind="partial", times=1)
    assert len(simulated.positions("Robinhood Individual")) == len(whole) // 2
    simulated.control("faults", kind="bad_gateway", times=1)
    with pytest.raises(ApiException) as raised:
        simulated.api.authentication.list_snap_trade_users()
    assert raised.value.status == 502
    simulated.control("faults", kind="drop", times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        simulated.api.authentication.list_snap_trade_users()


def test_events_are_signed() -> None:
    """Webhooks carry the signature over the canonical body; a trade sends ACCOUNT_HOLDINGS_UPDATED."""
    with receiving() as receiver, served(lambda: SnapTradeServer(7).app()) as url:
        simulated = Connected(url, client(url))
        simulated.control("webhook", url=receiver.url)
        simulated.register("u2")
        connection_id = simulated.connect()["connection_id"]
        simulated.control("holdings", account="ada-robinhood", symbol="KO", quantity="10")
        wait_for(lambda: len(receiver.requests) == 7)
        events = []
        for received in receiver.requests:
            event = json.loads(received.body)
            canonical = json.dumps(event, separators=(",", ":"), sort_keys=True).encode()
            expected = base64.b64encode(hmac.new(CONSUMER_KEY.encode(), canonical, hashlib.sha256).digest()).decode()
            assert received.headers["signature"] == expected
            assert event["userId"] == "u2"
            events.append(event)
        names = sorted(event["eventType"] for event in events)
        assert names == [
            "ACCOUNT_HOLDINGS_UPDATED",
            "ACCOUNT_HOLDINGS_UPDATED",
            "ACCOUNT_TRANSACTIONS_INITIAL_UPDATE",
            "ACCOUNT_TRANSACTIONS_UPDATED",
            "CONNECTION_ADDED",
            "NEW_ACCOUNT_AVAILABLE",
            "USER_REGISTERED",
        ]
        assert len({event["webhookId"] for event in events}) == 7
        updated = next(event for event in events if event["eventType"] == "ACCOUNT_HOLDINGS_UPDATED")
        assert updated["brokerageAuthorizationId"] == connection_id
        assert updated["details"]["positions"] == {"success": True, "error": None}
