"""Option contracts and their model prices."""

import pytest

from simulator.catalog import BY_SYMBOL
from simulator.clock import parse_ns
from simulator.option_prices import Contract, OptionModel, greeks, model_price, parse_occ

_NOW = parse_ns("2026-11-20T15:00:00Z")
_CALL = parse_occ("AAPL280121C00250000")


def test_occ_symbols_name_their_terms() -> None:
    assert Contract("AAPL", parse_ns("2028-01-21T21:00:00Z"), "C", 250.0) == _CALL
    assert parse_occ("F280121P00012500").strike == 12.5


def test_calls_and_puts_are_in_parity() -> None:
    put = Contract(_CALL.underlying, _CALL.expiry_ns, "P", _CALL.strike)
    call_price, put_price = (model_price(contract, 271.49, 0.26, _NOW) for contract in (_CALL, put))
    assert call_price - put_price == pytest.approx(271.49 - 250 * 0.9543, rel=0.01)


def test_at_expiry_only_the_intrinsic_value_is_left() -> None:
    assert model_price(_CALL, 271.49, 0.26, _CALL.expiry_ns) == pytest.approx(21.49, abs=0.01)
    assert model_price(_CALL, 240.0, 0.26, _CALL.expiry_ns) == pytest.approx(0, abs=0.01)


def test_the_price_starts_at_the_base_and_moves_by_delta() -> None:
    model = OptionModel.through_base(BY_SYMBOL["AAPL280121C00250000"], 271.49, _NOW)
    assert model.price(271.49, _NOW) == 47.9
    delta = greeks(_CALL, 271.49, 0.26, _NOW)["delta"]
    assert model.price(272.49, _NOW) - 47.9 == pytest.approx(delta, abs=0.02)
    assert model.price(1.0, _NOW) == 0.01


def test_greeks_have_their_signs() -> None:
    put = greeks(parse_occ("SPY280121P00600000"), 659.03, 0.2, _NOW)
    assert put["delta"] < 0
    assert put["gamma"] > 0
    assert put["theta"] < 0
    assert put["vega"] > 0
    assert put["rho"] < 0
