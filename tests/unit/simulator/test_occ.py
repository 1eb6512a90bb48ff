"""OCC option symbols."""

from datetime import date
from decimal import Decimal

import pytest

from simulator.occ import parse_occ


@pytest.mark.parametrize("spelled", ["AAPL280121C00250000", "AAPL  280121C00250000"])
def test_both_spellings_name_one_option(spelled: str) -> None:
    option = parse_occ(spelled)
    assert option is not None
    assert (option.underlying, option.expiration, option.call, option.strike) == (
        "AAPL",
        date(2028, 1, 21),
        True,
        Decimal(250),
    )
    assert (option.compact, option.padded) == ("AAPL280121C00250000", "AAPL  280121C00250000")
    assert len(option.padded) == 21


def test_strikes_have_three_decimals() -> None:
    option = parse_occ("F241108P00005125")
    assert option is not None
    assert (option.strike, option.compact) == (Decimal("5.125"), "F241108P00005125")


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "BTC/USD", "NHX105509", "AAPL280121X00250000", ""])
def test_other_symbols_are_no_options(symbol: str) -> None:
    assert parse_occ(symbol) is None
