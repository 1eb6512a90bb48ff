"""Accounts as control calls change them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from simulator.holdings_state import HoldingsState, UnknownNameError
from simulator.population import Population

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def state() -> HoldingsState:
    return HoldingsState.start(Population(7), "alpaca", NOW)


def test_each_provider_has_its_own_accounts(state: HoldingsState) -> None:
    assert set(state.accounts) == {"ada-alpaca", "alan-alpaca", "linus-alpaca"}


def test_value_is_cash_and_holdings_with_multipliers(state: HoldingsState) -> None:
    """An option counts 100 times its premium, a short counts negative, other currencies are left out."""
    account = state.account("ada-alpaca")
    expected = account.cash["USD"]
    for holding in account.holdings.values():
        times = 100 if len(holding.symbol) > 12 else 1
        expected += holding.quantity * times * state.security(holding.symbol).base_price
    assert state.value(account, "USD") == expected
    assert state.value(account, "CAD") == 0


def test_a_purchase_and_its_sale(state: HoldingsState) -> None:
    """The difference becomes a trade; 0 removes the holding; settling moves cash."""
    cash = state.account("ada-alpaca").cash["USD"]
    state.set_price("KO", Decimal(70))
    account = state.set_holding("ada-alpaca", "KO", Decimal(10), Decimal(700), LATER, settle=True)
    assert account.holdings["KO"].quantity == 10
    assert account.cash["USD"] == cash - 700
    bought = account.activities[0]
    assert (bought.kind, bought.symbol) == ("buy", "KO")
    assert bought.quantity == 10
    assert bought.amount == -700
    assert account.extracted_at == LATER
    state.set_holding("ada-alpaca", "KO", Decimal(4), Decimal(280), LATER)
    assert account.activities[0].kind == "sell"
    assert account.activities[0].quantity == -6
    state.set_holding("ada-alpaca", "KO", Decimal(0), None, LATER)
    assert "KO" not in account.holdings
    assert account.activities[0].quantity == -4


def test_a_changed_holding_keeps_its_spelling() -> None:
    state = HoldingsState.start(Population(7), "plaid", NOW)
    account = state.set_holding("ada-brokerage", "BRK.B", Decimal(2), None, LATER)
    assert account.holdings["BRK.B"].spelling == "BRK-B"


def test_prices_are_the_previous_close_until_set(state: HoldingsState) -> None:
    close = state.security("AAPL").base_price
    state.set_price("AAPL", Decimal(300))
    assert state.price("AAPL") == 300
    state.set_price("AAPL", None)
    assert state.price("AAPL") == close


def test_unknown_names_are_told(state: HoldingsState) -> None:
    with pytest.raises(UnknownNameError, match="unknown account 'x'; known: ada-alpaca"):
        state.set_cash("x", "USD", Decimal(1), NOW)
    with pytest.raises(UnknownNameError, match="unknown symbol 'NOPE'"):
        state.set_price("NOPE", Decimal(1))
