"""The simulated past of an account."""

from collections import defaultdict
from decimal import Decimal

import pytest

from simulator.activity import HISTORY_END, PastHolding, history
from simulator.planned import PlannedAccount
from simulator.population import Population

POPULATION = Population(7)
ACCOUNTS = [account for persona in POPULATION.personas for login in persona.logins for account in login.accounts]


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.key)
def test_trades_add_up_to_what_is_held(account: PlannedAccount) -> None:
    """Quantities and, where it is known, the cost basis of every holding follow from its trades exactly."""
    quantity: dict[str, Decimal] = defaultdict(Decimal)
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for line in POPULATION.activities(account):
        if line.kind in {"buy", "sell"} and line.symbol is not None:
            quantity[line.symbol] += line.quantity
            paid[line.symbol] -= line.amount
    for holding in POPULATION.holdings(account):
        assert quantity[holding.symbol] == holding.quantity
        if holding.cost_basis is not None:
            assert paid[holding.symbol] == holding.cost_basis


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.key)
def test_lines_are_newest_first_on_weekdays(account: PlannedAccount) -> None:
    lines = POPULATION.activities(account)
    days = [line.day for line in lines]
    assert days == sorted(days, reverse=True)
    assert all(day.weekday() < 5 and day <= HISTORY_END for day in days)
    assert len({line.id for line in lines}) == len(lines)


def test_cash_moves_as_the_kind_says() -> None:
    """A buy takes cash, a short sale, a dividend and a deposit bring it."""
    past = PastHolding("X", "X", "equity", "USD", Decimal(1), Decimal(10), Decimal(500), Decimal(60))
    short = PastHolding("Y", "Y", "equity", "USD", Decimal(1), Decimal(-5), Decimal(-100), Decimal(20))
    signs = {(line.kind, line.amount > 0) for line in history("a", "USD", [past, short], 3)}
    assert signs <= {("buy", False), ("sell", True), ("dividend", True), ("deposit", True)}
    assert {("buy", False), ("sell", True), ("deposit", True)} <= signs
