"""The simulated SnapTrade through the SDK's strict schemas, which its methods skip by default."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.snaptrade_http import SnapTradeServer
from tests.contract.served import served
from tests.contract.test_snaptrade_simulator import Connected, client

LOGINS = (
    ("ROBINHOOD", "ada"), ("QUESTRADE", "ada"), ("FIDELITY", "grace"), ("COINBASE", "alan"), ("QUESTRADE", "mary"),
    ("ALPACA-PAPER", "linus"),
)  # fmt: skip


@pytest.fixture(scope="module")
def simulated() -> Iterator[Connected]:
    with served(lambda: SnapTradeServer(7).app()) as url:
        connected = Connected(url, client(url))
        connected.register()
        for broker, persona in LOGINS:
            connected.connect(broker, persona)
        yield connected


def strictly(simulated: Connected, group: str, name: str, **path: str) -> Any:
    """Call an operation as its public method does, but with the answer checked against its schema."""
    operation = getattr(getattr(simulated.api, group), f"_{name}_oapg")
    query = {"userId": simulated.keys["user_id"], "userSecret": simulated.keys["user_secret"]}
    return operation(query_params=query, skip_deserialization=False, **({"path_params": path} if path else {})).body


def test_connections_fit_their_schemas(simulated: Connected) -> None:
    """Lists and details of connections and of their accounts, old and new shape."""
    found = strictly(simulated, "connections", "list_brokerage_authorizations")
    assert len(found) == len(LOGINS)
    for one in found:
        identity = str(one["id"])
        assert strictly(simulated, "connections", "detail_brokerage_authorization", authorizationId=identity)
        assert strictly(simulated, "connections", "list_brokerage_authorization_accounts", authorizationId=identity)
        assert strictly(simulated, "connections", "list_connection_accounts", connectionId=identity)


def test_accounts_fit_their_schemas(simulated: Connected) -> None:
    """Details, balances, positions (options, shorts, sweep funds, coins) and activities of every persona's accounts."""
    assert strictly(simulated, "account_information", "list_user_accounts")
    accounts = strictly(simulated, "account_information", "list_all_user_accounts")["results"]
    assert len(accounts) == len(LOGINS) + 1
    for one in accounts:
        for name in (
            "get_user_account_details", "get_account_details", "get_user_account_balance",
            "get_all_account_positions", "get_account_activities",
        ):  # fmt: skip
            assert strictly(simulated, "account_information", name, accountId=str(one["id"]))
