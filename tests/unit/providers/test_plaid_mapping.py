"""Plaid's records become accounts and holdings; odd ones are set aside, the rest stays."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import AccountReport
from providers.plaid.mapping import account_reports, accounts, contracts, securities
from realtime.market_hours import NEW_YORK

AS_OF = datetime(2026, 11, 20, 6, tzinfo=UTC)


def raw(*records: Any) -> list[msgspec.Raw]:
    return [msgspec.Raw(json.dumps(record).encode()) for record in records]


def account(**fields: Any) -> dict[str, Any]:
    balances = {"available": None, "current": 1000.5, "iso_currency_code": "USD", "unofficial_currency_code": None}
    return {
        "account_id": "a1", "name": "IRA", "type": "investment", "subtype": "ira", "mask": "1234", "balances": balances,
    } | fields  # fmt: skip


def security(**fields: Any) -> dict[str, Any]:
    return {
        "security_id": "s1", "type": "equity", "ticker_symbol": "AAPL", "market_identifier_code": "XNAS",
        "iso_currency_code": "USD",
    } | fields  # fmt: skip


def holding(**fields: Any) -> dict[str, Any]:
    return {
        "account_id": "a1", "security_id": "s1", "quantity": 10, "institution_price": 5.1, "institution_value": 51,
        "institution_price_as_of": "2026-11-19", "cost_basis": 40.25, "iso_currency_code": "USD",
    } | fields  # fmt: skip


def report(holdings: list[Any], pool: list[Any] | None = None, owned: list[Any] | None = None) -> list[AccountReport]:
    read, _ = accounts(raw(*(owned or [account()])))
    made, _ = account_reports(read, raw(*holdings), securities(raw(*(pool or [security()]))), "ins_1", AS_OF)
    return list(made)


def test_amounts_are_exact_decimals() -> None:
    """Ensure that no digit of an amount is lost, and that a mere date is that day's close."""
    [one] = report([holding(quantity=0.1234567890123, cost_basis=1843.27)])
    [line] = one.holdings or ()
    assert line.quantity == Decimal("0.1234567890123")
    assert line.cost_basis == Decimal("1843.27")
    assert line.price_time == datetime(2026, 11, 19, 16, tzinfo=NEW_YORK)
    assert one.account.total == Decimal("1000.5")
    assert one.as_of == AS_OF


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"quantity": None}, "quantity"),
        ({"quantity": "NaN"}, "not a number"),
        ({"security_id": "s9"}, "missing"),
        ({"quantity": "ten"}, "quantity"),
        ({"vested_quantity": "some"}, "vested_quantity"),
    ],
)
def test_odd_holding_is_set_aside_with_its_reason(odd: dict[str, Any], reason: str) -> None:
    """Ensure that one odd record costs nothing but itself, and can be named."""
    [one] = report([holding(security_id="s2"), holding(**odd)], [security(), security(security_id="s2")])
    assert len(one.holdings or ()) == 1
    [aside] = one.set_aside
    assert aside.alias == odd.get("security_id", "s1")
    assert reason in aside.reason
    assert one.unusable is None


@pytest.mark.parametrize(
    ("odd", "left_out"),
    [
        ({"cost_basis": "much"}, "cost_basis"),
        ({"institution_price": []}, "institution_price"),
        ({"institution_price_as_of": "soon"}, "institution_price_as_of"),
        ({"cost_basis": "NaN", "institution_value": {}}, "institution_value"),
    ],
)
def test_what_a_holding_can_do_without_is_left_out_with_its_reason(odd: dict[str, Any], left_out: str) -> None:
    """Ensure that an odd cost, price or date does not cost the holding, and is told."""
    [one] = report([holding(**odd)])
    [line] = one.holdings or ()
    assert line.quantity == 10
    [aside] = one.set_aside
    assert aside.harmless
    assert left_out in aside.reason


def test_odd_security_sets_its_holdings_aside() -> None:
    """Ensure that a security which cannot be read is named as the reason."""
    [one] = report([holding()], [security(option_contract={"contract_type": "call"})])
    assert one.holdings == ()
    assert [aside.alias for aside in one.set_aside] == ["s1"]


def test_holding_without_an_account_is_set_aside_wherever_it_may_belong() -> None:
    """Ensure that a record of nobody knows whom keeps what is stored of its security, and costs nothing else."""
    owned = [account(), account(account_id="a2"), account(account_id="a3", type="depository")]
    pool = [security(), security(security_id="s2")]
    one, other, bank = report([holding(), holding(account_id=None, security_id="s2")], pool, owned)
    assert [len(made.holdings or ()) for made in (one, other, bank)] == [1, 0, 1]
    assert [[aside.alias for aside in made.set_aside] for made in (one, other, bank)] == [["s2"], ["s2"], []]


def test_holding_of_an_unlisted_account_is_told() -> None:
    """Ensure that a holding whose account is missing is no reason to think that the account vanished."""
    read, _ = accounts(raw(account()))
    _, unlisted = account_reports(read, raw(holding(account_id="a9")), securities(raw(security())), None, AS_OF)
    assert [aside.harmless for aside in unlisted] == [False]


def test_odd_account_is_set_aside() -> None:
    """Ensure that one odd account does not cost the others."""
    read, odd = accounts(raw(account(), account(account_id="a2", type=None), account(account_id="a3", mask=[])))
    assert [one.account_id for one in read] == ["a1", "a3"]
    assert [aside.harmless for aside in odd] == [False, True]


def test_unknown_costs_and_prices_stay_unknown() -> None:
    """Ensure that null is None, never zero, and keeps the holding."""
    [one] = report([holding(cost_basis=None, institution_price=None, institution_value=None)])
    [line] = one.holdings or ()
    assert (line.cost_basis, line.price, line.value) == (None, None, None)


def test_amounts_in_another_currency_than_the_listing_are_unknown() -> None:
    """Ensure that a cost in Canadian dollars is not taken for US dollars."""
    [one] = report([holding(iso_currency_code="CAD")])
    [line] = one.holdings or ()
    assert (line.instrument.currency, line.quantity, line.cost_basis, line.price) == ("USD", Decimal(10), None, None)


def test_pence_are_pounds() -> None:
    """Ensure that amounts in GBX are divided by 100."""
    codes = {"iso_currency_code": None, "unofficial_currency_code": "GBX"}
    [one] = report(
        [holding(**codes, institution_price=510, institution_value=5100)],
        [security(**codes, market_identifier_code="XLON")],
    )
    [line] = one.holdings or ()
    assert (line.instrument.currency, line.price, line.instrument.symbol) == ("GBP", Decimal("5.1"), "AAPL.L")


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"quantity": 10000, "institution_price": 98.5, "institution_value": 9850}, "0.985"),
        ({"quantity": 10, "institution_price": 5.1, "institution_value": 51.2}, "5.1"),
        ({"quantity": -10, "institution_price": 5.1, "institution_value": -51}, "5.1"),
        ({"quantity": -10000, "institution_price": 98.5, "institution_value": 9850}, "0.985"),
        ({"quantity": 10, "institution_price": 5.1, "institution_value": 0}, "5.1"),
        ({"quantity": 10, "institution_price": 5.1, "institution_value": None}, "5.1"),
    ],
)
def test_price_is_of_a_unit(fields: dict[str, Any], price: str) -> None:
    """Ensure that a bond quoted per 100 of its face value is not worth a hundred times as much."""
    [one] = report([holding(**fields)], [security(type="fixed income", ticker_symbol=None, cusip="037833AL4")])
    [line] = one.holdings or ()
    assert line.price == Decimal(price)


def test_a_name_that_looks_like_a_date_stays_a_name() -> None:
    """Ensure that `June - 529` is what the account is called, which the SDK's models take for a day."""
    [one] = report([], owned=[account(name="June - 529", mask="2026")])
    assert (one.account.name, one.account.mask) == ("June - 529", "2026")


def test_short_cost_is_signed_like_its_quantity() -> None:
    """Ensure that a short's cost is negative, whichever sign the institution gives."""
    for cost in (40, -40):
        [one] = report([holding(quantity=-10, cost_basis=cost)])
        assert (one.holdings or ())[0].cost_basis == -40


def test_unvested_units_are_not_owned() -> None:
    """Ensure that the vested part counts, and that the cost of all units is not its cost."""
    [one] = report([holding(vested_quantity=4)])
    [line] = one.holdings or ()
    assert (line.quantity, line.cost_basis) == (Decimal(4), None)


def test_options_are_in_contracts() -> None:
    """Ensure that Plaid's units of the underlying become contracts, the cost staying total."""
    pool = [security(type="derivative", ticker_symbol="AAPL280121C00250000", market_identifier_code=None)]
    [one] = report([holding(quantity=200, institution_price=47.9, institution_value=9580, cost_basis=8909.4)], pool)
    [line] = one.holdings or ()
    assert (line.quantity, line.cost_basis, line.price) == (Decimal(2), Decimal("8909.4"), Decimal("47.9"))


@given(
    st.integers(-50, 50).filter(bool),
    st.decimals("0.01", "900", places=2),
    st.booleans(),
)
def test_contracts_agree_with_the_value(count: int, price: Decimal, passed_on: bool) -> None:
    """Ensure that quantity * price * multiplier is the reported value, in whichever unit the institution counts."""
    value = count * price * 100
    quantity = Decimal(count) if passed_on else Decimal(count * 100)
    assert contracts(quantity, price, value, Decimal(100)) == count


def test_contracts_without_a_price_follow_the_document() -> None:
    """Ensure that where nothing can be checked Plaid's own definition holds."""
    assert contracts(Decimal(200), None, None, Decimal(100)) == 2
    assert contracts(Decimal(200), Decimal(0), Decimal(0), Decimal(100)) == 2


def test_bank_account_is_its_balance() -> None:
    """Ensure that a bank account is cash, one without a known balance is left alone, and a debt holds nothing."""
    owned = [
        account(type="depository"),
        account(account_id="a2", type="depository", balances={"current": None, "iso_currency_code": "USD"}),
        account(account_id="a3", type="credit"),
    ]
    bank, unknown, card = report([], owned=owned)
    assert [(line.instrument.symbol, line.quantity) for line in bank.holdings or ()] == [("CUR:USD", Decimal("1000.5"))]
    assert bank.account.product == "transactions"
    assert unknown.unusable is not None
    assert card.holdings is None
    assert (card.account.product, card.account.total) == ("liabilities", Decimal("-1000.5"))


def test_every_account_has_a_product() -> None:
    """Ensure that an unknown account type has a product too."""
    [one] = report([], owned=[account(type="payroll")])
    assert one.account.product == "investments"
