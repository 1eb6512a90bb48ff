"""Plaid's securities become the instruments that they are, whatever institutions call them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from providers.plaid.documents import OptionContract, Security
from providers.plaid.instruments import cash, currency_of, instrument
from realtime.domain.asset_class import AssetClass


def security(**fields: Any) -> Security:
    return Security(**{"security_id": "s1", "iso_currency_code": "USD"} | fields)


NASDAQ: dict[str, Any] = {"market_identifier_code": "XNAS", "figi": "BBG000B9XRY4"}
CALL = OptionContract("call", date(2028, 1, 21), Decimal(250), "AAPL")


@pytest.mark.parametrize(
    ("fields", "symbol", "asset_class", "listed"),
    [
        ({"type": "equity", "ticker_symbol": "AAPL"} | NASDAQ, "AAPL", AssetClass.EQUITY, True),
        ({"type": "etf", "ticker_symbol": "SPY", "market_identifier_code": "ARCX"}, "SPY", AssetClass.ETF, True),
        ({"type": "equity", "ticker_symbol": "BRK-B"} | NASDAQ, "BRK.B", AssetClass.EQUITY, True),
        ({"type": "equity", "ticker_symbol": "BRKB", "figi": "BBG000DWG505"}, "BRK.B", AssetClass.EQUITY, True),
        ({"type": "quantum", "ticker_symbol": "AAPL"} | NASDAQ, "AAPL", AssetClass.EQUITY, True),
        ({"type": None, "ticker_symbol": "AAPL"} | NASDAQ, "AAPL", AssetClass.EQUITY, True),
        ({"type": "equity", "ticker_symbol": "XYZ", "market_identifier_code": "OTCM"}, "XYZ", AssetClass.EQUITY, False),
        ({"type": "cash", "ticker_symbol": "CUR:USD"}, "CUR:USD", AssetClass.CASH, False),
        ({"type": "cash", "ticker_symbol": "USD"}, "CUR:USD", AssetClass.CASH, False),
        ({"type": "cash", "ticker_symbol": None}, "CUR:USD", AssetClass.CASH, False),
        ({"type": "cash", "ticker_symbol": "CUR:BTC"}, "BTC/USD", AssetClass.CRYPTO, True),
        ({"type": "cryptocurrency", "ticker_symbol": "DOGE"}, "DOGE/USD", AssetClass.CRYPTO, True),
        ({"type": "quantum", "ticker_symbol": "CUR:ETH"}, "ETH/USD", AssetClass.CRYPTO, True),
        ({"type": "cash", "ticker_symbol": "SPAXX"}, "SPAXX", AssetClass.MUTUAL_FUND, False),
        ({"type": "mutual fund", "ticker_symbol": "MIPTX"}, "MIPTX", AssetClass.MUTUAL_FUND, False),
        (
            {"type": "derivative", "ticker_symbol": "AAPL  280121C00250000"},
            "AAPL280121C00250000",
            AssetClass.OPTION,
            True,
        ),
        ({"type": "derivative", "option_contract": CALL}, "AAPL280121C00250000", AssetClass.OPTION, True),
        ({"type": "fixed income", "ticker_symbol": None, "cusip": "037833AL4"}, "037833AL4", AssetClass.BOND, False),
        ({"type": "fixed income", "isin": "US037833AL42"}, "037833AL4", AssetClass.BOND, False),
    ],
)  # fmt: skip
def test_kinds(fields: dict[str, Any], symbol: str, asset_class: AssetClass, listed: bool) -> None:
    """Ensure that text and evidence decide, not the institution's type alone."""
    made = instrument(security(**fields), "USD", "ins_1")
    assert made is not None
    assert (made.symbol, made.asset_class, made.listed) == (symbol, asset_class, listed)
    assert made.multiplier == (100 if asset_class is AssetClass.OPTION else 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "etf", "ticker_symbol": "NHX105509", "institution_security_id": "NHX105509"},
        {"type": "etf", "ticker_symbol": "SPY", "institution_security_id": "SPY"} | NASDAQ,
        {"type": "equity", "ticker_symbol": "SPY"},
        {"type": "mutual fund", "ticker_symbol": "FUND1"},
        {"type": "mutual fund", "ticker_symbol": None},
        {"type": "other", "ticker_symbol": "SPY"},
        {"type": "fixed income", "ticker_symbol": "BOND"},
        {"type": "derivative", "ticker_symbol": "ODD"},
    ],
)
def test_plan_codes_are_not_market_symbols(fields: dict[str, Any]) -> None:
    """Ensure that a code nobody but the plan vouches for never takes a market's price."""
    one, other = instrument(security(**fields), "USD", "ins_1"), instrument(security(**fields), "USD", "ins_2")
    assert one is not None
    assert other is not None
    assert one.symbol.endswith("@ins_1")
    assert one.symbol != other.symbol
    assert not one.listed


def test_foreign_listing_is_not_the_american_one() -> None:
    """Ensure that a Toronto listing has its suffix and is not streamed."""
    made = instrument(
        security(type="etf", ticker_symbol="VAB", market_identifier_code="XTSE", iso_currency_code="CAD"), "CAD", None
    )
    assert made is not None
    assert (made.symbol, made.currency, made.listed) == ("VAB.TO", "CAD", False)


def test_coin_priced_in_another_currency_is_not_streamed() -> None:
    """Ensure that Alpaca's dollar price is not put on a coin counted in Canadian dollars."""
    made = instrument(security(type="cryptocurrency", ticker_symbol="BTC", iso_currency_code="CAD"), "CAD", None)
    assert made is not None
    assert (made.symbol, made.listed) == ("BTC/CAD", False)


def test_currency_is_never_guessed() -> None:
    """Ensure that without a currency there is no instrument, and that pence are pounds."""
    assert instrument(security(iso_currency_code=None, type="equity", ticker_symbol="AAPL"), None, None) is None
    assert currency_of(None, "GBX") == "GBP"
    assert currency_of(None, "BTC") is None
    assert currency_of("usd", None) == "USD"
    assert cash("EUR").symbol == "CUR:EUR"
