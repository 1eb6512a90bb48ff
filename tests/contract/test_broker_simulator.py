"""Alpaca's simulated account APIs through the real SDK's models, over sockets."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import requests
from alpaca.broker.client import BrokerClient
from alpaca.broker.requests import GetAccountActivitiesRequest
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.models import Position, TradeAccount
from alpaca.trading.requests import GetPortfolioHistoryRequest
from pydantic import ValidationError

from simulator.broker_http import BrokerServer
from tests.contract.served import served

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Simulated:
    url: str

    def trading(self, key: str = "ada-key", secret: str = "ada-secret") -> TradingClient:
        return TradingClient(key, secret, url_override=self.url)

    def broker(self, secret: str = "demo-broker-secret") -> BrokerClient:
        return BrokerClient("demo-broker-key", secret, url_override=self.url)

    def positions(self) -> dict[str, Position]:
        found = self.trading().get_all_positions()
        return {position.symbol: position for position in found if isinstance(position, Position)}

    def control(self, path: str, /, **body: Any) -> Any:
        answer = requests.post(f"{self.url}/control/{path}", json=body, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    with served(lambda: BrokerServer(7).app()) as url:
        yield Simulated(url)


def test_positions_parse_in_the_strict_models(simulated: Simulated) -> None:
    """Classes, sides and spellings are Alpaca's: BRK.B, BTCUSD, OCC in contracts, shorts negative."""
    positions = simulated.positions()
    assert positions["BRK.B"].exchange.value == "NYSE"
    assert (positions["BTCUSD"].asset_class.value, positions["BTCUSD"].qty) == ("crypto", "0.079145874")
    option = positions["AAPL280121C00250000"]
    assert (option.asset_class.value, option.qty, option.exchange.value) == ("us_option", "1", "")
    assert option.market_value is not None
    assert option.current_price is not None
    assert Decimal(option.market_value) == Decimal(option.current_price) * 100
    short = positions["TSLA"]
    assert (short.side.value, short.qty) == ("short", "-15")
    assert short.market_value is not None
    assert Decimal(short.market_value) < 0
    assert Decimal(short.cost_basis) < 0


def test_the_account_is_cash_and_positions(simulated: Simulated) -> None:
    """Equity is cash plus the long and the (negative) short value."""
    account = simulated.trading().get_account()
    assert isinstance(account, TradeAccount)
    assert account.equity is not None
    values = sum(Decimal(one.market_value or "0") for one in simulated.positions().values())
    assert abs(Decimal(account.equity) - Decimal(account.cash or "0") - values) < Decimal("0.02")
    assert Decimal(account.short_market_value or "0") < 0


def test_a_single_position(simulated: Simulated) -> None:
    """A position is found by symbol; one that is not held is a 404."""
    assert simulated.trading().get_open_position("BTCUSD").symbol == "BTCUSD"  # type: ignore[union-attr]
    with pytest.raises(APIError) as raised:
        simulated.trading().get_open_position("DIS")
    assert raised.value.status_code == 404


def test_keys_pick_the_account(simulated: Simulated) -> None:
    """Each persona's keys see his account only; wrong keys are forbidden."""
    ids = {str(simulated.trading(f"{who}-key", f"{who}-secret").get_account().id) for who in ("ada", "alan", "linus")}  # type: ignore[union-attr]
    assert len(ids) == 3
    for key, secret in (("ada-key", "alan-secret"), ("nobody-key", "nobody-secret"), ("", "")):
        answer = requests.get(
            f"{simulated.url}/v2/account",
            headers={"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret},
            timeout=TIMEOUT_S,
        )
        assert answer.status_code == 403
    with pytest.raises(APIError):
        simulated.broker("wrong").list_accounts()


def test_the_firm_sees_all_accounts(simulated: Simulated) -> None:
    """Every Broker API answer parses, and agrees with what the account's own keys see."""
    broker = simulated.broker()
    accounts = broker.list_accounts()
    assert len(accounts) == 3
    own = simulated.trading().get_account()
    assert isinstance(own, TradeAccount)
    account = broker.get_account_by_id(own.id)
    assert account.account_number == own.account_number  # type: ignore[union-attr]
    trade_account = broker.get_trade_account_by_id(own.id)
    assert trade_account.equity == own.equity  # type: ignore[union-attr]
    assert broker.get_all_positions_for_account(own.id) == simulated.trading().get_all_positions()
    everything = broker.get_all_accounts_positions()
    assert len(everything.positions) == 3  # type: ignore[union-attr]
    with pytest.raises(APIError) as raised:
        broker.get_account_by_id("11111111-1111-1111-1111-111111111111")
    assert raised.value.status_code == 401


def test_activities_are_paged(simulated: Simulated) -> None:
    """Small pages give every activity once, newest first; fills and cash movements both parse."""
    broker, account_id = simulated.broker(), simulated.trading().get_account().id  # type: ignore[union-attr]
    asked: Any = GetAccountActivitiesRequest
    paged = broker.get_account_activities(asked(account_id=account_id, page_size=10))
    ids = [activity.id for activity in paged]  # type: ignore[union-attr]
    assert len(set(ids)) == len(ids) > 20
    assert ids == sorted(ids, reverse=True)
    own = simulated.trading().get("/account/activities")
    assert [row["id"] for row in own] == ids
    assert {row["activity_type"] for row in own} >= {"FILL", "CSD"}
    fills = simulated.trading().get("/account/activities", {"activity_types": "FILL", "page_size": 5})
    assert {row["activity_type"] for row in fills} == {"FILL"}
    assert len(fills) == 5


def test_portfolio_history_ends_now(simulated: Simulated) -> None:
    """Daily equity over the period, the last one today's."""
    account = simulated.trading().get_account()
    history = simulated.trading().get_portfolio_history(GetPortfolioHistoryRequest(period="3M"))
    assert len(history.equity) == 63  # type: ignore[union-attr]
    assert history.equity[-1] == float(account.equity)  # type: ignore[union-attr,arg-type]
    assert history.timestamp == sorted(history.timestamp)  # type: ignore[union-attr]
    firm = simulated.broker().get_portfolio_history_for_account(account.id)  # type: ignore[union-attr]
    assert len(firm.equity) == 21  # type: ignore[union-attr]


def test_a_purchase_reaches_the_next_answer(simulated: Simulated) -> None:
    """A holding set by control is there at once, with a fill; cash pays for it when asked to settle."""
    before = simulated.trading().get_account()
    simulated.control("holdings", account="ada-alpaca", symbol="KO", quantity="10", cost_basis="700", settle=True)
    position = simulated.positions()["KO"]
    assert (position.qty, position.cost_basis, position.avg_entry_price) == ("10", "700", "70")
    after = simulated.trading().get_account()
    assert Decimal(before.cash) - Decimal(after.cash) == 10 * Decimal("72.95")  # type: ignore[union-attr,arg-type]
    newest = simulated.trading().get("/account/activities", {"page_size": 1})[0]
    assert (newest["symbol"], newest["side"], newest["qty"]) == ("KO", "buy", "10")
    simulated.control("holdings", account="ada-alpaca", symbol="KO", quantity=0)
    assert "KO" not in simulated.positions()


def test_faults(simulated: Simulated) -> None:
    """An outage, lost rights, an unknown class and missing prices, as the SDK meets them."""
    for kind, status in (("server_error", 500), ("unavailable", 503), ("login_required", 401)):
        simulated.control("faults", kind=kind, subject="ada", times=1)
        with pytest.raises(APIError) as raised:
            simulated.trading().get_account()
        assert raised.value.status_code == status
    simulated.control("faults", kind="unknown_enum", times=1)
    with pytest.raises(ValidationError):
        simulated.trading().get_all_positions()
    simulated.control("faults", kind="null_price", times=1)
    assert {position.current_price for position in simulated.positions().values()} == {None}


def test_the_minute_limit(simulated: Simulated) -> None:
    """An account has 200 requests a minute, told in every answer; another account is not touched."""
    headers = {"APCA-API-KEY-ID": "ada-key", "APCA-API-SECRET-KEY": "ada-secret"}
    with requests.Session() as session:
        answers = [session.get(f"{simulated.url}/v2/account", headers=headers, timeout=TIMEOUT_S) for _ in range(201)]
    assert [answer.status_code for answer in answers] == [200] * 200 + [429]
    assert answers[0].headers["X-RateLimit-Remaining"] == "199"
    assert answers[-1].headers["X-RateLimit-Remaining"] == "0"
    assert simulated.trading("alan-key", "alan-secret").get_account()
