"""Exchange rates."""

import pytest

from simulator.clock import parse_ns
from simulator.exchange_rates import ExchangeRates
from simulator.rest_access import RestRefused

_NOW = parse_ns("2026-11-21T15:00:30Z")


def test_rates_are_deterministic_and_their_inverses_agree() -> None:
    rates = ExchangeRates(_NOW, 7)
    body = rates.answer({"currency_pairs": "USDCAD,CADUSD,USDXXX"}, _NOW)["rates"]
    assert set(body) == {"USDCAD", "CADUSD"}
    assert body["USDCAD"]["mp"] * body["CADUSD"]["mp"] == pytest.approx(1, rel=1e-5)
    assert body["USDCAD"]["t"] == "2026-11-21T15:00:00Z"
    assert ExchangeRates(_NOW, 7).answer({"currency_pairs": "USDCAD"}, _NOW)["rates"]["USDCAD"] == body["USDCAD"]


@pytest.mark.parametrize("pairs", ["", "USD", "USDCAD,US/CAD"])
def test_malformed_pairs_are_refused(pairs: str) -> None:
    with pytest.raises(RestRefused, match="invalid currency_pairs"):
        ExchangeRates(_NOW, 7).answer({"currency_pairs": pairs}, _NOW)
