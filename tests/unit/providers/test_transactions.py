"""Lines of accounts become transactions: signs, kinds, contracts and odd lines, for Plaid and SnapTrade."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from providers.base import ProviderTransaction, SetAside
from providers.plaid.mapping import securities
from providers.plaid.transactions import transactions_report
from providers.snaptrade.transactions import transactions
from realtime.domain.transaction import TransactionKind


def raw(*records: Any) -> list[msgspec.Raw]:
    return [msgspec.Raw(json.dumps(record).encode()) for record in records]


def plaid(*lines: dict[str, Any]) -> tuple[tuple[ProviderTransaction, ...], tuple[SetAside, ...]]:
    pool = securities(
        raw(
            {"security_id": "s1", "type": "equity", "ticker_symbol": "AAPL", "market_identifier_code": "XNAS",
             "iso_currency_code": "USD"},
            {"security_id": "o1", "type": "derivative", "ticker_symbol": "AAPL280121C00250000",
             "iso_currency_code": "USD"},
        )
    )  # fmt: skip
    base = {
        "investment_transaction_id": "t1", "account_id": "a1", "date": "2026-11-19", "amount": 1000, "type": "buy",
        "subtype": "buy", "security_id": "s1", "name": "BUY", "quantity": 10, "price": 100, "fees": 1,
        "iso_currency_code": "USD",
    }  # fmt: skip
    report = transactions_report(raw(*(base | line for line in lines)), pool, "ins_1")
    return report.transactions, report.set_aside


def snaptrade(*lines: dict[str, Any]) -> tuple[list[ProviderTransaction], list[SetAside]]:
    symbol = {"id": "i1", "symbol": "AAPL", "currency": {"code": "USD"}, "exchange": {"mic_code": "XNAS"},
              "type": {"code": "cs"}}  # fmt: skip
    base = {
        "id": "t1", "type": "BUY", "trade_date": "2026-11-19T00:00:00Z", "settlement_date": "2026-11-20T00:00:00Z",
        "symbol": symbol, "currency": {"code": "USD"}, "units": 10, "price": 100, "amount": -1000, "fee": 1,
    }  # fmt: skip
    return transactions("a1", raw(*(base | line for line in lines)))


def test_plaids_amounts_are_turned_round() -> None:
    """Ensure that money which leaves is negative here, positive at Plaid."""
    (bought, sold), _ = plaid({}, {"type": "sell", "subtype": "sell", "amount": -1000, "quantity": 10})
    assert (bought.kind, bought.amount, bought.quantity) == (TransactionKind.BUY, Decimal(-1000), Decimal(10))
    assert (sold.kind, sold.amount, sold.quantity) == (TransactionKind.SELL, Decimal(1000), Decimal(-10))


@pytest.mark.parametrize(
    ("kind", "subtype", "ours"),
    [
        ("cash", "deposit", TransactionKind.DEPOSIT), ("cash", "contribution", TransactionKind.DEPOSIT),
        ("cash", "withdrawal", TransactionKind.WITHDRAWAL), ("cash", "qualified dividend", TransactionKind.DIVIDEND),
        ("fee", "account fee", TransactionKind.FEE), ("cash", "tax withheld", TransactionKind.TAX),
        ("transfer", "split", TransactionKind.SPLIT), ("transfer", "transfer", TransactionKind.TRANSFER),
        ("cash", "something new", TransactionKind.OTHER), ("quantum", None, TransactionKind.OTHER),
    ],
)  # fmt: skip
def test_plaids_kinds(kind: str, subtype: str | None, ours: TransactionKind) -> None:
    """Ensure that types and subtypes become kinds, unknown ones none of them."""
    [line], _ = plaid({"type": kind, "subtype": subtype, "security_id": None, "quantity": 0})
    assert (line.kind, line.quantity) == (ours, None)


def test_plaids_options_are_in_contracts() -> None:
    """Ensure that 200 units of the underlying are two contracts."""
    [line], _ = plaid({"security_id": "o1", "quantity": 200, "price": 47.9, "amount": 9580})
    assert (line.quantity, line.amount) == (Decimal(2), Decimal(-9580))


def test_plaids_pence_are_pounds() -> None:
    """Ensure that a line in pence is not a hundred times as much."""
    [line], _ = plaid({"iso_currency_code": None, "unofficial_currency_code": "GBX"})
    assert (line.currency, line.amount, line.price, line.fees) == ("GBP", Decimal(-10), Decimal(1), Decimal("0.01"))


@pytest.mark.parametrize(("odd", "reason"), [({"amount": None}, "amount"), ({"date": "soon"}, "date")])
def test_plaids_odd_lines_are_set_aside(odd: dict[str, Any], reason: str) -> None:
    """Ensure that one odd line costs nothing but itself."""
    lines, set_aside = plaid(odd, {"investment_transaction_id": "t2"})
    assert [line.id for line in lines] == ["t2"]
    assert reason in set_aside[0].reason


def test_plaids_line_of_a_security_that_is_not_listed_keeps_its_money() -> None:
    """Ensure that a line whose security the page lacks is a line of cash."""
    [line], _ = plaid({"security_id": "s9"})
    assert (line.instrument, line.amount) == (None, Decimal(-1000))


def test_odd_parts_are_left_out() -> None:
    """Ensure that a line without a readable fee or price stays, and that it is told."""
    [line], [odd] = plaid({"fees": "some"})
    assert (line.fees, odd.harmless) == (None, True)
    [activity], [other] = snaptrade({"fee": "some"})
    assert (activity.fees, other.harmless) == (None, True)


def test_snaptrades_lines() -> None:
    """Ensure that days, amounts and instruments are taken over as they are."""
    [line], _ = snaptrade({})
    assert line.instrument is not None
    assert (line.instrument.symbol, line.kind, line.amount) == ("AAPL", TransactionKind.BUY, Decimal(-1000))
    assert (line.trade_date, line.settlement_date) == (date(2026, 11, 19), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("mini", "symbol", "multiplier"), [(False, "AAPL", 100), (True, "AAPL7", 10), (None, "AAPL", 100)]
)
def test_snaptrades_mini_options(mini: bool | None, symbol: str, multiplier: int) -> None:
    """Ensure that a mini option is its own instrument, on ten shares."""
    option = {"id": "o1", "ticker": "AAPL  280121C00250000", "is_mini_option": mini}
    [line], _ = snaptrade({"symbol": None, "option_symbol": option})
    assert line.instrument is not None
    assert (line.instrument.symbol, line.instrument.multiplier) == (f"{symbol}280121C00250000", Decimal(multiplier))


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("CONTRIBUTION", TransactionKind.DEPOSIT), ("REI", TransactionKind.BUY),
        ("OPTIONEXPIRATION", TransactionKind.OTHER),
        ("a broker's own word", TransactionKind.OTHER), ("REVERSE_SPLIT", TransactionKind.SPLIT),
    ],
)  # fmt: skip
def test_snaptrades_kinds(kind: str, ours: TransactionKind) -> None:
    """Ensure that open-ended types are kinds, or other."""
    [line], _ = snaptrade({"type": kind})
    assert line.kind is ours


@pytest.mark.parametrize(
    "odd", [{"amount": None}, {"currency": None}, {"trade_date": None}, {"symbol": 5}, {"id": None}]
)
def test_snaptrades_odd_lines_are_set_aside(odd: dict[str, Any]) -> None:
    """Ensure that one odd activity costs nothing but itself."""
    lines, set_aside = snaptrade(odd, {"id": "t2"})
    assert [line.id for line in lines] == ["t2"]
    assert [one.harmless for one in set_aside] == [False]
