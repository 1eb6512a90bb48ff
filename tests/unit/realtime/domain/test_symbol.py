"""Spellings of providers become one canonical symbol, or none."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.symbol import (
    CURRENCIES,
    bond_symbol,
    cash_symbol,
    crypto_symbol,
    equity_symbol,
    is_fund_ticker,
    is_us_ticker,
    occ_symbol,
    option_symbol,
    plan_symbol,
)

letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=4)
separators = st.sampled_from(["-", "/", ".", " "])


@pytest.mark.parametrize("text", ["BRK.B", "BRK-B", "BRK/B", "BRK B", "brk.b", " BRK.B ", "BRKB"])
def test_class_share_has_one_symbol(text: str) -> None:
    """Ensure that every spelling of a class share is the dotted one."""
    assert equity_symbol(text) == "BRK.B"


@pytest.mark.parametrize("text", ["BAC.PRL", "BAC-PL", "BAC PR L", "BAC/PRL", "BAC.PR.L"])
def test_preferred_has_one_symbol(text: str) -> None:
    """Ensure that a preferred's series is written as our market-data source does."""
    assert equity_symbol(text) == "BAC.PRL"


@pytest.mark.parametrize(
    ("text", "exchange", "symbol"),
    [
        ("VAB.TO", None, "VAB.TO"),
        ("VAB", "XTSE", "VAB.TO"),
        ("VAB.TO", "TSX", "VAB.TO"),
        ("HBND.U.TO", "XTSE", "HBND.U.TO"),
        ("HBND-U", "XTSE", "HBND.U.TO"),
        ("VOD", "XLON", "VOD.L"),
        ("AAPL", "XNAS", "AAPL"),
        ("ACME-WT", None, "ACME.WS"),
        ("ACME/WS/A", None, "ACME.WS.A"),
        ("ABCD", None, "ABCD"),
        ("", None, None),
        ("É.B", None, None),
        ("A&B", None, None),
    ],
)
def test_listing_decides_about_suffixes(text: str, exchange: str | None, symbol: str | None) -> None:
    """Ensure that a foreign listing never takes the symbol of a US one."""
    assert equity_symbol(text, exchange) == symbol


def test_unknown_letters_are_not_split() -> None:
    """Ensure that only listed compact spellings become class shares."""
    assert equity_symbol("NOPEB") == "NOPEB"


@given(root=letters, share_class=st.sampled_from("ABCDEFGHIJKLMNOQRSTUVWXYZ"), separator=separators)
def test_separator_does_not_matter(root: str, share_class: str, separator: str) -> None:
    """Ensure that the separator carries no meaning, and that canonical stays canonical."""
    symbol = equity_symbol(f"{root}{separator}{share_class}")
    assert symbol == f"{root}.{share_class}"
    assert equity_symbol(symbol) == symbol
    assert is_us_ticker(symbol)


@given(st.text(max_size=12), st.sampled_from([None, "XNAS", "XTSE", "XLON"]))
def test_equity_symbol_is_stable(text: str, exchange: str | None) -> None:
    """Ensure that what is canonical once is canonical again, for any text."""
    symbol = equity_symbol(text, exchange)
    if symbol is not None:
        assert equity_symbol(symbol, exchange) == symbol


@given(root=letters, year=st.integers(2000, 2099), strike=st.decimals("0.001", "99999.999", places=3))
def test_padded_and_unpadded_options_are_one(root: str, year: int, strike: Decimal) -> None:
    """Ensure that padding does not matter and that terms and symbol agree."""
    symbol = option_symbol(root, date(year, 2, 28), strike, call=False)
    assert symbol is not None
    padded = f"{root:<6}{symbol[len(root) :]}"
    assert occ_symbol(padded) == symbol == occ_symbol(symbol) == occ_symbol(f"O:{symbol}")


def test_option_of_a_class_share() -> None:
    """Ensure that the root of an option on BRK.B is the OCC's."""
    assert option_symbol("BRK.B", date(2028, 1, 21), Decimal("500.5"), call=True) == "BRKB280121C00500500"


@pytest.mark.parametrize("text", ["AAPL281321C00250000", "AAPL", "280121C00250000", "AAPL280121X00250000"])
def test_what_is_no_option(text: str) -> None:
    """Ensure that a text with an impossible date or form is no option."""
    assert occ_symbol(text) is None


def test_strike_with_too_many_decimals_is_no_option() -> None:
    """Ensure that a strike is never rounded into another contract."""
    assert option_symbol("AAPL", date(2028, 1, 21), Decimal("1.0001"), call=True) is None


@pytest.mark.parametrize(
    "text", ["CUR:BTC", "BTC", "btc", "BTCUSD", "BTC-USD", "BTC/USD", "XBT", "XXBT", "XXBTZUSD", "XBTUSD"]
)
def test_coin_has_one_symbol(text: str) -> None:
    """Ensure that all spellings of a coin are its dollar pair."""
    assert crypto_symbol(text) == "BTC/USD"


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("XTZUSD", "XTZ/USD"), ("USDC", "USDC/USD"), ("BUSD", "BUSD/USD"), ("PYUSD", "PYUSD/USD"), ("WBTC", "WBTC/USD"),
        ("BTCUSDT", "BTC/USDT"), ("USD", None), ("", None), ("CUR:", None),
    ],
)  # fmt: skip
def test_coins_that_look_like_pairs(text: str, symbol: str | None) -> None:
    """Ensure that a stablecoin's name is not cut into a pair."""
    assert crypto_symbol(text) == symbol


def test_coin_priced_elsewhere() -> None:
    """Ensure that a coin priced in another currency is another instrument."""
    assert crypto_symbol("BTC", "CAD") == "BTC/CAD"


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-/ ", max_size=12))
def test_crypto_symbol_is_stable(text: str) -> None:
    """Ensure that a canonical pair stays what it is."""
    symbol = crypto_symbol(text)
    if symbol is not None:
        assert crypto_symbol(symbol) == symbol


@given(st.sampled_from(sorted(CURRENCIES)))
def test_cash_has_one_symbol(code: str) -> None:
    """Ensure that money is CUR: and its code, however it is spelled."""
    assert cash_symbol(code) == cash_symbol(f"CUR:{code}") == cash_symbol(code.lower()) == f"CUR:{code}"


def test_coin_is_no_cash() -> None:
    """Ensure that CUR:BTC is not taken for money at a price of 1."""
    assert cash_symbol("CUR:BTC") is None


def test_bond_is_its_cusip() -> None:
    """Ensure that CUSIP and US ISIN lead to one symbol."""
    assert bond_symbol(cusip="037833AL4", isin=None) == "037833AL4"
    assert bond_symbol(cusip=None, isin="US037833AL42") == "037833AL4"
    assert bond_symbol(cusip=None, isin="DE0001102580") == "DE0001102580"
    assert bond_symbol(cusip="n/a", isin=None) is None


def test_plan_code_never_meets_a_ticker() -> None:
    """Ensure that a code of a plan cannot be taken for a listed symbol, nor for another plan's."""
    assert not is_us_ticker(plan_symbol("SPY", "ins_1"))
    assert plan_symbol("SPY", "ins_1") != plan_symbol("SPY", "ins_2")


def test_forms_of_tickers() -> None:
    """Ensure that the forms of US listings and funds are told from codes."""
    assert [is_us_ticker(text) for text in ("AAPL", "BRK.B", "BAC.PRL", "X.WS.A", "NHX105509", "VAB.TO")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    assert [is_fund_ticker(text) for text in ("VTSAX", "AAPL", "SPAXX", "FXAIXX")] == [True, False, True, False]
