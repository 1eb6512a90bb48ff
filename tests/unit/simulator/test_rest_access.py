"""Who may call REST, how often, and with which symbols."""

import base64
import re

import pytest

from simulator.plan import Plan
from simulator.rest_access import CallBudget, RestRefused, calling_key, requested_symbols
from simulator.subscriptions import OCC_SYMBOL, PAIR, STOCK_SYMBOL

_PLAN = Plan({"k": "s"})


@pytest.mark.parametrize(
    "headers",
    [
        {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s"},
        {"Authorization": "Basic " + base64.b64encode(b"k:s").decode()},
        {"Authorization": "Bearer s"},
    ],
)
def test_a_key_pair_basic_and_bearer_are_accepted(headers: dict[str, str]) -> None:
    assert calling_key(headers, _PLAN) == "k"


@pytest.mark.parametrize(
    "headers",
    [{}, {"APCA-API-KEY-ID": "k"}, {"Authorization": "Basic !"}, {"Authorization": "Bearer x"}, {"Authorization": ""}],
)
def test_anything_else_is_401(headers: dict[str, str]) -> None:
    with pytest.raises(RestRefused) as refused:
        calling_key(headers, _PLAN)
    assert (refused.value.status, refused.value.body) == (401, {"message": "unauthorized."})


def test_a_minutes_calls_are_counted_per_key_and_renewed() -> None:
    budget = CallBudget(Plan({"k": "s"}, calls_per_minute=2))
    budget.spend("k", 60.0)
    budget.spend("k", 61.0)
    assert budget.headers("k") == {
        "X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "120",
    }  # fmt: skip
    with pytest.raises(RestRefused) as refused:
        budget.spend("k", 119.0)
    assert refused.value.status == 429
    budget.spend("other", 119.0)
    budget.spend("k", 120.0)


def test_the_busiest_minute_is_told() -> None:
    """Any 60 seconds count, not only the wall clock's minutes."""
    plan = Plan({"k": "s"})
    budget = CallBudget(plan)
    for wall_s in (0.0, 50.0, 59.0, 61.0, 130.0):
        budget.spend("k", wall_s)
    assert (plan.calls_count, plan.calls_most) == (5, 3)


def test_symbols_are_split_and_doubles_dropped() -> None:
    assert requested_symbols("AAPL, BRK.B,AAPL,BAC.PRL", STOCK_SYMBOL) == ["AAPL", "BRK.B", "BAC.PRL"]


@pytest.mark.parametrize(
    ("text", "form", "message"),
    [
        ("AAPL,BRK-B", STOCK_SYMBOL, "invalid symbol: BRK-B"),
        ("037833AL4", STOCK_SYMBOL, "invalid symbol: 037833AL4"),
        ("BTCUSD", PAIR, r"BTCUSD does not match \^\[A-Z\]\+/\[A-Z\]\+\$"),
        ("AAPL", OCC_SYMBOL, "invalid symbol: AAPL"),
        ("", STOCK_SYMBOL, "symbols is required"),
        (None, STOCK_SYMBOL, "symbols is required"),
    ],
)
def test_one_malformed_symbol_fails_the_batch(text: str | None, form: re.Pattern[str], message: str) -> None:
    with pytest.raises(RestRefused, match=message):
        requested_symbols(text, form)


def test_too_many_options_are_refused() -> None:
    with pytest.raises(RestRefused, match="too many symbols"):
        requested_symbols("AAPL280121C00250000,SPY280121P00600000", OCC_SYMBOL, 1)
