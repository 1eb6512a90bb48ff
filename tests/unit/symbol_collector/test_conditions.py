"""Alpaca's table of conditions (market data FAQ), row by row."""

import pytest

from symbol_collector.conditions import may_set_last_price

EVERY_CODE = " @ABCDEFGHIKLMNOPQRTUVWXYZ45679"


@pytest.mark.parametrize("code", list("CHIMNPQRUVZ479"))
@pytest.mark.parametrize("tape", list("ABCON"))
def test_excluded_conditions_set_no_price_on_any_tape(code: str, tape: str) -> None:
    """Odd lots, averages, official prints and the like never set a last price."""
    assert not may_set_last_price((code,), tape)


@pytest.mark.parametrize("code", list("FKLOTX56"))
@pytest.mark.parametrize("tape", list("ABCON"))
def test_regular_and_extended_hours_trades_set_a_price(code: str, tape: str) -> None:
    """Sweeps, crosses and extended hours do set one."""
    assert may_set_last_price((code,), tape)


@pytest.mark.parametrize(
    ("code", "cta", "utp"),
    [(" ", True, False), ("@", False, True), ("B", False, True), ("E", True, False), ("A", False, True),
     ("D", False, True), ("Y", False, True), ("W", False, False), ("G", False, False)],
)  # fmt: skip
def test_a_condition_means_what_its_tape_says(code: str, cta: bool, utp: bool) -> None:
    """B is an average price on A and B, a bunched trade elsewhere."""
    assert [may_set_last_price((code,), tape) for tape in "AB"] == [cta, cta]
    assert [may_set_last_price((code,), tape) for tape in "CON"] == [utp, utp, utp]


def test_the_strictest_of_several_wins() -> None:
    """A sweep that is an odd lot is an odd lot."""
    assert may_set_last_price(("@", "F", "T"), "C")
    assert not may_set_last_price(("@", "F", "I"), "C")


@pytest.mark.parametrize("code", ["?", "j", "§", "10"])
def test_an_unknown_condition_sets_no_price(code: str) -> None:
    """What we do not know must not move a price."""
    assert not may_set_last_price((code,), "A")
    assert not may_set_last_price((code,), "C")


def test_crypto_and_options_have_no_tape() -> None:
    """Coins trade without conditions; a cancelled option print sets no price."""
    assert may_set_last_price((), "")
    assert may_set_last_price(("S",), "")
    assert not may_set_last_price(("A",), "")


def test_no_condition_is_a_regular_sale() -> None:
    assert may_set_last_price((), "C")
