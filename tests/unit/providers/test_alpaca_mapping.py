"""Alpaca's records become an account and its holdings; odd ones are set aside, the rest stays."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from providers.alpaca.documents import TradeAccount
from providers.alpaca.mapping import account_report, classified, percent_of_history, transactions_report
from providers.base import AccountReport
from realtime.domain.asset_class import AssetClass
from realtime.domain.transaction import TransactionKind

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
OWNER = TradeAccount("a1", "PA3WXYZ1815", "USD", Decimal("18204.93"), Decimal(90000), Decimal(2))


def position(**fields: Any) -> dict[str, Any]:
    return {
        "asset_id": "i1", "symbol": "AAPL", "exchange": "NASDAQ", "asset_class": "us_equity", "qty": "0.079145874",
        "side": "long", "cost_basis": "13.63", "current_price": "166.13", "market_value": "13.14",
    } | fields  # fmt: skip


def report(*positions: object) -> AccountReport:
    return account_report(OWNER, positions, NOW)


def test_account_and_cash() -> None:
    """Ensure that the account's cash is a holding, and its number stays hidden but for four digits."""
    made = report()
    assert (made.account.mask, made.account.total, made.account.subtype) == ("1815", Decimal(90000), "margin")
    assert [(line.instrument.symbol, line.quantity) for line in made.holdings or ()] == [("CUR:USD", OWNER.cash)]


@pytest.mark.parametrize("cash", ["-1500.25", "0"])
def test_margin_is_negative_cash(cash: str) -> None:
    """Ensure that borrowed money lowers the account's value, and that no cash is no holding."""
    made = account_report(replace(OWNER, cash=Decimal(cash)), [], NOW)
    assert [line.quantity for line in made.holdings or ()] == ([Decimal(cash)] if Decimal(cash) else [])


def test_unknown_cash_is_set_aside() -> None:
    """Ensure that cash which cannot be read is not zero: the stored one will be kept."""
    made = account_report(replace(OWNER, cash=None), [], NOW)
    assert [(odd.alias, odd.harmless) for odd in made.set_aside] == [("CUR:USD", False)]


def test_account_of_unknown_currency_is_left_alone() -> None:
    """Ensure that no currency is guessed."""
    assert account_report(replace(OWNER, currency=None), [position()], NOW).unusable is not None


@pytest.mark.parametrize("sign", ["", "-"])
def test_short_is_negative_whatever_the_sign(sign: str) -> None:
    """Ensure that the side decides about the sign of quantity, cost and value."""
    made = report(position(side="short", qty=f"{sign}15", cost_basis=f"{sign}100", market_value=f"{sign}90"))
    line = (made.holdings or ())[0]
    assert (line.quantity, line.cost_basis, line.value) == (Decimal(-15), Decimal(-100), Decimal(-90))


def test_unknown_price_keeps_the_holding() -> None:
    """Ensure that nulls stay unknown."""
    line = (report(position(current_price=None, market_value=None, cost_basis=None)).holdings or ())[0]
    assert (line.quantity, line.price, line.price_time, line.value, line.cost_basis) == (
        Decimal("0.079145874"), None, None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize("odd", [position(qty=None), position(qty="NaN"), position(asset_class="crypto_perp"), "odd"])
def test_odd_position_is_set_aside(odd: object) -> None:
    """Ensure that one odd record costs nothing but itself."""
    made = report(odd, position(asset_id="i2"))
    assert len(made.holdings or ()) == 2
    assert [aside.alias for aside in made.set_aside] == ["i1" if isinstance(odd, dict) else None]


@pytest.mark.parametrize(
    ("symbol", "kind", "exchange", "expected"),
    [
        ("AAPL", "us_equity", "NASDAQ", ("AAPL", AssetClass.EQUITY, True)),
        ("BRK.B", "us_equity", "NYSE", ("BRK.B", AssetClass.EQUITY, True)),
        ("TCEHY", "us_equity", "OTC", ("TCEHY", AssetClass.EQUITY, False)),
        ("BTCUSD", "crypto", "CRYPTO", ("BTC/USD", AssetClass.CRYPTO, True)),
        ("BTC/USD", "crypto", None, ("BTC/USD", AssetClass.CRYPTO, True)),
        ("AAPL280121C00250000", "us_option", "", ("AAPL280121C00250000", AssetClass.OPTION, True)),
        ("AAPL280121C00250000", "us_quantum", "", ("AAPL280121C00250000", AssetClass.OPTION, True)),
        ("BTCUSD", "us_quantum", "CRYPTO", ("BTC/USD", AssetClass.CRYPTO, True)),
        ("AAPL", "us_quantum", "NASDAQ", ("AAPL", AssetClass.EQUITY, True)),
        ("AAPL", "us_quantum", None, ("AAPL@alpaca", AssetClass.OTHER, False)),
    ],
)
def test_kinds(symbol: str, kind: str, exchange: str | None, expected: tuple[str, AssetClass, bool]) -> None:
    """Ensure that an unknown class is told by form and exchange, and else not streamed."""
    assert classified(symbol, kind, exchange) == expected


def test_activities() -> None:
    """Ensure that fills change cash by price and multiplier, and deposits are flows."""
    made = transactions_report(
        OWNER,
        [
            {"id": "1", "activity_type": "FILL", "transaction_time": "2026-11-19T15:00:00Z", "symbol": "AAPL",
             "side": "buy", "qty": "2", "price": "10.5"},
            {"id": "2", "activity_type": "FILL", "transaction_time": "2026-11-19T15:00:00Z", "side": "sell_short",
             "symbol": "AAPL280121C00250000", "qty": "3", "price": "1.5"},
            {"id": "3", "activity_type": "CSD", "date": "2026-11-18", "net_amount": "500"},
            {"id": "4", "activity_type": "DIVCGL", "date": "2026-11-18", "net_amount": "1.25", "symbol": "AAPL"},
            {"id": "5", "activity_type": "FILL", "symbol": "AAPL"},
            {"id": "6", "activity_type": "NEW", "date": "2026-11-18", "net_amount": None},
        ],
    )  # fmt: skip
    assert [(line.kind, line.quantity, line.amount, line.trade_date) for line in made.transactions] == [
        (TransactionKind.BUY, Decimal(2), Decimal("-21.0"), date(2026, 11, 19)),
        (TransactionKind.SELL, Decimal(-3), Decimal("450.0"), date(2026, 11, 19)),
        (TransactionKind.DEPOSIT, None, Decimal(500), date(2026, 11, 18)),
        (TransactionKind.DIVIDEND, None, Decimal("1.25"), date(2026, 11, 18)),
    ]
    assert len(made.set_aside) == 2


def test_history_in_percent() -> None:
    """Ensure that fractions become percent, and that gaps are skipped."""
    assert percent_of_history([Decimal("0.01"), Decimal("0.0525"), None]) == Decimal("5.25")
    assert percent_of_history([None]) is None
