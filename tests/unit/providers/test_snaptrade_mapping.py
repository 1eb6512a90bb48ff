"""SnapTrade's records become accounts and holdings; sweep funds count once, costs become totals."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from providers.base import AccountReport
from providers.snaptrade.documents import Account, Instrument, PositionsAnswer
from providers.snaptrade.mapping import account_report, accounts, reported_account, reported_instrument
from realtime.domain.asset_class import AssetClass

SYNCED = {"holdings": {"initial_sync_completed": True, "last_successful_sync": "2026-11-20 18:42:46.561408+00:00"}}

WITHHELD = {"holdings": SYNCED["holdings"] | {"holdings_unavailable": True}}


def raw(*records: Any) -> list[msgspec.Raw]:
    return [msgspec.Raw(json.dumps(record).encode()) for record in records]


def account(**fields: Any) -> dict[str, Any]:
    return {
        "id": "a1", "name": "Margin", "number": "****8443", "sync_status": SYNCED, "account_category": "INVESTMENT",
        "balance": {"total": {"amount": 1000, "currency": "USD"}}, "status": "open",
    } | fields  # fmt: skip


def stock(**fields: Any) -> dict[str, Any]:
    return {"kind": "stock", "id": "i1", "symbol": "AAPL", "currency": "USD", "exchange": "XNAS"} | fields


def position(instrument: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "instrument": instrument or stock(), "units": "10.5", "price": "123.45", "cost_basis": "118.2",
        "currency": "USD",
    } | fields  # fmt: skip


def report(*positions: Any, cash: dict[str, str | None] | None = None, **fields: Any) -> AccountReport:
    answer = msgspec.json.decode(json.dumps({"results": positions}).encode(), type=PositionsAnswer)
    rows = [{"currency": {"code": code}, "cash": amount} for code, amount in (cash or {}).items()]
    return account_report(msgspec.convert(account(**fields), Account), answer, raw(*rows))


def quantities(made: AccountReport) -> dict[str, Decimal]:
    return {line.instrument.symbol: line.quantity for line in made.holdings or ()}


def test_cost_per_share_becomes_the_total() -> None:
    """Ensure that the cost basis covers the whole holding, exactly."""
    [line] = report(position()).holdings or ()
    assert line.cost_basis == Decimal("1241.10")
    assert line.value == Decimal("1296.225")


def test_option_cost_covers_its_multiplier() -> None:
    """Ensure that contracts are valued and costed by the units behind them, shorts negative."""
    option = {"kind": "option", "id": "o1", "symbol": "AAPL  261218C00240000", "multiplier": "100"}
    [line] = report(position(option, units="-2", price="3", cost_basis="2.5")).holdings or ()
    assert line.instrument.symbol == "AAPL261218C00240000"
    assert (line.quantity, line.cost_basis, line.value) == (Decimal(-2), Decimal(-500), Decimal(-600))
    assert line.instrument.currency == "USD"


def test_sweep_fund_is_not_counted_twice() -> None:
    """Ensure that a cash equivalent listed as a position is taken out of the cash that contains it."""
    fund = {"kind": "mutualfund", "id": "f1", "symbol": "SPAXX", "currency": "USD"}
    made = report(position(fund, units="2750.13", price="1", cash_equivalent=True), cash={"USD": "3655.53", "CAD": "4"})
    assert quantities(made) == {"SPAXX": Decimal("2750.13"), "CUR:USD": Decimal("905.40"), "CUR:CAD": Decimal(4)}


def test_sweep_fund_without_a_price_stays_cash() -> None:
    """Ensure that a cash equivalent of unknown value is neither lost nor counted twice."""
    fund = {"kind": "mutualfund", "id": "f1", "symbol": "SPAXX", "currency": "USD"}
    made = report(position(fund, units="10", price=None, cash_equivalent=True), cash={"USD": "100"})
    assert quantities(made) == {"CUR:USD": Decimal(100)}


def test_sweep_fund_that_the_cash_cannot_contain_is_money_of_its_own() -> None:
    """Ensure that a fund greater than the cash is not subtracted from it, nor from borrowed money."""
    fund = {"kind": "mutualfund", "id": "f1", "symbol": "SPAXX", "currency": "USD"}
    for cash in ("905.40", "-300"):
        made = report(position(fund, units="2750.13", price="1", cash_equivalent=True), cash={"USD": cash})
        assert quantities(made) == {"SPAXX": Decimal("2750.13"), "CUR:USD": Decimal(cash)}


def test_sweep_fund_that_cannot_be_read_stays_cash() -> None:
    """Ensure that an odd cash equivalent is not kept beside the cash that counts it."""
    fund = {"kind": "mutualfund", "id": "f1", "symbol": "SPAXX", "currency": "USD"}
    made = report(position(fund, units="many", cash_equivalent=True), cash={"USD": "100"})
    assert quantities(made) == {"CUR:USD": Decimal(100)}
    assert [(odd.alias, odd.harmless) for odd in made.set_aside] == [("f1", True)]


def test_fund_priced_in_another_currency_leaves_the_cash_alone() -> None:
    """Ensure that a sweep fund in US dollars is not taken out of Canadian dollars."""
    fund = {"kind": "mutualfund", "id": "f1", "symbol": "SPAXX", "currency": "USD"}
    made = report(position(fund, units="10", price="1", cash_equivalent=True), cash={"USD": "15", "CAD": "4"})
    assert quantities(made) == {"SPAXX": Decimal(10), "CUR:USD": Decimal(5), "CUR:CAD": Decimal(4)}


@pytest.mark.parametrize(
    ("fields", "cash", "held"),
    [
        ({"sync_status": WITHHELD}, None, {"TOTAL@a1": Decimal(1000)}),
        ({"account_category": "ANNUITY"}, None, {"TOTAL@a1": Decimal(1000)}),
        ({"account_category": "ANNUITY"}, {"USD": "1000"}, {"TOTAL@a1": Decimal(1000)}),
        ({"sync_status": WITHHELD, "balance": None}, None, {}),
    ],
)
def test_account_known_by_its_total_is_worth_it(
    fields: dict[str, Any], cash: dict[str, str | None] | None, held: dict[str, Decimal]
) -> None:
    """Ensure that a brokerage which gives no holdings makes no empty account."""
    made = report(**fields, cash=cash)
    assert quantities(made) == held
    assert made.total_only


def test_unknown_cash_is_set_aside() -> None:
    """Ensure that a null balance is not zero: the stored cash will be kept."""
    made = report(cash={"USD": None})
    assert made.holdings == ()
    assert [odd.alias for odd in made.set_aside] == ["CUR:USD"]


def test_margin_is_negative_cash() -> None:
    """Ensure that borrowed money lowers the account's value."""
    assert quantities(report(cash={"USD": "-3820.55"})) == {"CUR:USD": Decimal("-3820.55")}


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"units": None}, "no units"),
        ({"units": "many"}, "units"),
        ({"units": "NaN"}, "not a number"),
        ({"instrument": {"id": "i1", "kind": "stock"}}, "symbol"),
        ({"instrument": stock(kind="future")}, "notional"),
        ({"instrument": stock(kind="cfd")}, "notional"),
        ({"instrument": stock(currency=None), "currency": None}, "no currency"),
    ],
)
def test_odd_position_is_set_aside_with_its_reason(odd: dict[str, Any], reason: str) -> None:
    """Ensure that one odd record costs nothing but itself."""
    made = report(position() | odd, position(stock(id="i2", symbol="MSFT")))
    assert list(quantities(made)) == ["MSFT"]
    [aside] = made.set_aside
    assert aside.alias == "i1"
    assert reason in aside.reason


def test_amounts_in_another_currency_are_unknown() -> None:
    """Ensure that a US share with a cost in Canadian dollars keeps its quantity, and no wrong cost."""
    [line] = report(position(currency="CAD")).holdings or ()
    assert (line.quantity, line.cost_basis, line.price, line.value) == (Decimal("10.5"), None, None, None)


@pytest.mark.parametrize(
    ("fields", "unusable"),
    [
        ({}, False),
        ({"sync_status": {"holdings": {"initial_sync_completed": False}}}, True),
        ({"sync_status": None}, True),
        ({"status": "unavailable"}, True),
        ({"status": "hibernating"}, False),
        ({"status": None}, False),
    ],
)
def test_unfinished_sync_is_not_believed(fields: dict[str, Any], unusable: bool) -> None:
    """Ensure that an empty answer during the first sync is not an empty account."""
    assert (report(**fields).unusable is not None) is unusable


def test_time_of_the_answer() -> None:
    """Ensure that the age is the answer's own, or the account's last sync (written with a space)."""
    made = report()
    assert made.as_of == datetime(2026, 11, 20, 18, 42, 46, 561408, UTC)
    fresh = PositionsAnswer([])
    assert account_report(msgspec.convert(account(sync_status=None), Account), fresh, []).as_of is None


def test_closed_accounts_are_gone() -> None:
    """Ensure that a closed account is not refreshed, and an odd one is set aside."""
    records = [account(), account(id="a2", status="closed"), {"name": "no id"}]
    read, odd = accounts(raw(*records))
    assert [one.id for one in read] == ["a1"]
    assert len(odd) == 1


def test_categories_are_products() -> None:
    """Ensure that deposits are cash accounts, and that debts hold nothing."""
    deposit = report(cash={"USD": "5"}, account_category="DEPOSIT")
    assert (deposit.account.product, quantities(deposit)) == ("transactions", {"CUR:USD": Decimal(5)})
    debt = report(account_category="LOC")
    assert (debt.account.product, debt.holdings) == ("liabilities", None)
    assert reported_account(msgspec.convert(account(balance=None), Account)).currency is None


@pytest.mark.parametrize(
    ("fields", "symbol", "asset_class", "listed"),
    [
        ({}, "AAPL", AssetClass.EQUITY, True),
        ({"symbol": "BRK/B", "raw_symbol": "BRK/B"}, "BRK.B", AssetClass.EQUITY, True),
        ({"kind": "etf", "symbol": "VAB.TO", "raw_symbol": "VAB", "exchange": "XTSE", "currency": "CAD"}, "VAB.TO",
         AssetClass.ETF, False),
        ({"symbol": "TCEHY", "exchange": "OTC"}, "TCEHY", AssetClass.EQUITY, False),
        ({"exchange": None}, "AAPL", AssetClass.EQUITY, False),
        ({"exchange": None, "figi_instrument": {"figi_code": "BBG000B9XRY4"}}, "AAPL", AssetClass.EQUITY, True),
        ({"kind": "crypto", "symbol": "XBT", "exchange": None}, "BTC/USD", AssetClass.CRYPTO, True),
        ({"kind": "crypto", "symbol": "BTC", "currency": "CAD", "exchange": None}, "BTC/CAD", AssetClass.CRYPTO, False),
        ({"kind": "mutualfund", "symbol": "FXAIX"}, "FXAIX", AssetClass.MUTUAL_FUND, False),
        ({"kind": "mutualfund", "symbol": "SPY"}, "SPY@snaptrade", AssetClass.MUTUAL_FUND, False),
        ({"kind": "mutualfund", "symbol": "TDB902", "currency": "CAD"}, "TDB902", AssetClass.MUTUAL_FUND, False),
        ({"kind": "bond", "symbol": "037833AL4"}, "037833AL4", AssetClass.BOND, False),
        ({"kind": "quantum_unit"}, "AAPL", AssetClass.OTHER, True),
    ],
)  # fmt: skip
def test_kinds(fields: dict[str, Any], symbol: str, asset_class: AssetClass, listed: bool) -> None:
    """Ensure that each kind becomes its class, and only what US tapes carry is listed."""
    made = reported_instrument(msgspec.convert(stock(**fields), Instrument), "USD")
    assert made is not None
    assert (made.symbol, made.asset_class, made.listed) == (symbol, asset_class, listed)
