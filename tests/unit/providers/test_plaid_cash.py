"""Cash and loans that stand in Plaid's balances alone count once, and nothing else becomes cash."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import ProviderHolding, ReportedAccount, ReportedInstrument
from providers.plaid.cash import with_cash
from providers.plaid.documents import Balances
from providers.plaid.instruments import cash
from realtime.domain.asset_class import AssetClass

AAPL = ReportedInstrument("s1", "AAPL", AssetClass.EQUITY, "USD", Decimal(1), "Apple", listed=True)
FUND = ReportedInstrument("s2", "SPAXX", AssetClass.MUTUAL_FUND, "USD", Decimal(1), "Fidelity", listed=False)


def line(value: str | None, instrument: ReportedInstrument = AAPL) -> ProviderHolding:
    worth = None if value is None else Decimal(value)
    return ProviderHolding(instrument, worth or Decimal(1), None, None, None, worth)


def money(amount: str, currency: str = "USD") -> ProviderHolding:
    return line(amount, cash(currency))


def owner(total: str | None) -> ReportedAccount:
    worth = None if total is None else Decimal(total)
    return ReportedAccount("a1", "IRA", "investments", "investment", None, None, "USD", worth)


def made(
    *held: ProviderHolding, current: str | None = None, available: str | None = None, loan: str | None = None
) -> tuple[Any, dict[str, Any]]:
    """Return total and cash, by symbol, of an account."""
    balances = Balances(
        available=None if available is None else Decimal(available),
        current=None if current is None else Decimal(current),
        margin_loan_amount=None if loan is None else Decimal(loan),
    )
    account, lines = with_cash(balances, owner(current), held)
    found: dict[str, Decimal] = {}
    for one in lines:
        if one.instrument.asset_class is AssetClass.CASH:
            found[one.instrument.symbol] = found.get(one.instrument.symbol, Decimal(0)) + one.quantity
    return account.total, found


def test_listed_cash_counts_once() -> None:
    """Ensure that what is available is not added to cash that is a holding."""
    assert made(line("900"), money("100"), current="1000", available="100") == (1000, {"CUR:USD": 100})


def test_unlisted_cash_is_what_is_available_and_missing() -> None:
    """Ensure that cash which two figures agree on counts."""
    assert made(line("900"), current="1000", available="100") == (1000, {"CUR:USD": 100})
    assert made(current="1000", available="1000") == (1000, {"CUR:USD": 1000})


@pytest.mark.parametrize("available", [None, "0", "50", "900", "-100"])
def test_a_gap_alone_is_no_cash(available: str | None) -> None:
    """Ensure that holdings which an answer lacks never turn into cash."""
    assert made(line("900"), current="1000", available=available) == (1000, {})


def test_a_money_market_fund_is_not_the_cash_again() -> None:
    """Ensure that a sweep fund which fills the gap leaves none."""
    assert made(line("900"), line("100", FUND), current="1000", available="100") == (1000, {})


def test_a_holding_of_unknown_value_leaves_the_gap_unexplained() -> None:
    """Ensure that an unpriced holding is not taken for cash."""
    assert made(line("900"), line(None, FUND), current="1000", available="100") == (1000, {})


@pytest.mark.parametrize(("current", "total"), [("700", 700), ("1000", 700), (None, None)])
def test_a_loan_lowers_what_the_account_is_worth(current: str | None, total: int | None) -> None:
    """Ensure that a margin loan counts whether the institution's total is net or gross of it."""
    assert made(line("1000"), current=current, loan="300") == (total, {"CUR:USD": -300})


def test_a_loan_that_is_a_holding_counts_once() -> None:
    """Ensure that negative cash and the loan that it is are not both subtracted."""
    assert made(line("1000"), money("-300"), current="700", loan="300") == (700, {"CUR:USD": -300})


def test_a_loan_beside_positive_cash_is_netted() -> None:
    """Ensure that a loan and money in the account make one amount."""
    assert made(line("1000"), money("50"), current="750", loan="300") == (750, {"CUR:USD": -250})


def test_money_of_other_currencies_stays() -> None:
    """Ensure that foreign cash is left as it is, and that nothing is derived from what cannot be summed."""
    assert made(line("900"), money("50", "CAD"), current="1000", available="100") == (1000, {"CUR:CAD": 50})


@given(st.lists(st.decimals("0.01", "99999", places=2), max_size=4), st.decimals("0.01", "99999", places=2))
def test_cash_makes_the_sum_the_total(values: list[Decimal], available: Decimal) -> None:
    """Ensure that where the two figures agree, holdings and cash add up to the institution's total."""
    total = sum(values, available)
    _, lines = with_cash(
        Balances(available=available, current=total), owner(str(total)), [line(str(value)) for value in values]
    )
    assert sum((one.value or Decimal(0) for one in lines), Decimal(0)) == total
