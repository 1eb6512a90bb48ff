"""The control API that the three account simulators share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from simulator.broker_http import BrokerServer
from simulator.plaid_http import PlaidServer
from simulator.snaptrade_http import SnapTradeServer
from tests.contract.served import served

TIMEOUT_S = 5.0
SERVERS: dict[str, Callable[[int], Any]] = {"plaid": PlaidServer, "snaptrade": SnapTradeServer, "broker": BrokerServer}
ACCOUNTS = {"plaid": "ada-brokerage", "snaptrade": "ada-robinhood", "broker": "ada-alpaca"}


@pytest.fixture(params=SERVERS)
def service(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The control API's URL and one of ada's accounts."""
    name = str(request.param)
    with served(lambda: SERVERS[name](7).app()) as url:
        yield f"{url}/control", ACCOUNTS[name]


def account_of(control: str, key: str) -> Any:
    accounts = requests.get(f"{control}/state", timeout=TIMEOUT_S).json()["accounts"]
    return next(one for one in accounts if one["account"] == key)


def test_changes_show_in_the_state(service: tuple[str, str]) -> None:
    """Holdings, cash and prices are what was set, exactly, as text."""
    control, key = service
    holding = {"account": key, "symbol": "PFE", "quantity": "1.123456789", "cost_basis": "30.01", "price": "26.5"}
    assert requests.post(f"{control}/holdings", json=holding, timeout=TIMEOUT_S).status_code == 200
    cash = {"account": key, "currency": "CAD", "amount": "-12.34"}
    assert requests.post(f"{control}/cash", json=cash, timeout=TIMEOUT_S).status_code == 200
    account = account_of(control, key)
    assert account["cash"]["CAD"] == "-12.34"
    held = next(one for one in account["holdings"] if one["symbol"] == "PFE")
    assert (held["quantity"], held["cost_basis"], held["price"]) == ("1.123456789", "30.01", "26.5")
    back = requests.post(f"{control}/prices", json={"symbol": "PFE", "price": None}, timeout=TIMEOUT_S).json()
    assert back == {"symbol": "PFE", "price": "25.03"}


def test_numbers_keep_their_decimals(service: tuple[str, str]) -> None:
    """A JSON number is read as written, not through a float."""
    control, key = service
    body = f'{{"account":"{key}","symbol":"PFE","quantity":0.1000000000000000055}}'
    assert requests.post(f"{control}/holdings", data=body, timeout=TIMEOUT_S).status_code == 200
    held = next(one for one in account_of(control, key)["holdings"] if one["symbol"] == "PFE")
    assert held["quantity"] == "0.1000000000000000055"


def test_faults_are_listed_and_removed(service: tuple[str, str]) -> None:
    control, _ = service
    ids = [
        requests.post(f"{control}/faults", json=fault, timeout=TIMEOUT_S).json()["id"]
        for fault in ({"kind": "slow", "seconds": 0.5}, {"kind": "drop", "times": 3, "subject": "ada"})
    ]
    listed = requests.get(f"{control}/faults", timeout=TIMEOUT_S).json()["faults"]
    assert [(one["id"], one["kind"], one["times"]) for one in listed] == [
        (ids[0], "slow", None),
        (ids[1], "drop", 3),
    ]
    left = requests.delete(f"{control}/faults/{ids[0]}", timeout=TIMEOUT_S).json()["faults"]
    assert [one["id"] for one in left] == [ids[1]]
    assert requests.delete(f"{control}/faults", timeout=TIMEOUT_S).json() == {"faults": []}


def test_wrong_calls_get_a_sentence(service: tuple[str, str]) -> None:
    """What cannot be is a 400 or 404 that says why, and changes nothing."""
    control, key = service
    before = account_of(control, key)
    cases: list[tuple[str, Any, int, str]] = [
        ("holdings", {"account": "eve", "symbol": "KO", "quantity": 1}, 404, "unknown account 'eve'"),
        ("holdings", {"account": key, "symbol": "NOPE", "quantity": 1}, 404, "unknown symbol 'NOPE'"),
        ("holdings", {"account": key, "symbol": "KO"}, 400, "quantity"),
        ("holdings", {"account": key, "symbol": "KO", "quantity": "NaN"}, 400, "quantity must be finite"),
        ("holdings", {"symbol": "KO", "quantity": 1}, 400, "account (text) is missing"),
        ("holdings", [1], 400, "the body must be a JSON object"),
        ("cash", {"account": key, "amount": "much"}, 400, "amount"),
        ("faults", {"kind": "gremlin"}, 400, "unknown fault 'gremlin'"),
        ("faults", {"kind": "drop", "times": "often"}, 400, "times"),
    ]
    for path, body, status, sentence in cases:
        answer = requests.post(f"{control}/{path}", json=body, timeout=TIMEOUT_S)
        assert answer.status_code == status, body
        assert sentence in answer.json()["error"]
    assert requests.post(f"{control}/cash", data="{", timeout=TIMEOUT_S).status_code == 400
    assert requests.delete(f"{control}/faults/x", timeout=TIMEOUT_S).status_code == 400
    assert account_of(control, key) == before
