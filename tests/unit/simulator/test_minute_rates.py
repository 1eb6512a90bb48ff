"""Limits per minute."""

from simulator.minute_rates import MinuteRates


def test_a_limit_holds_over_any_sixty_seconds() -> None:
    """The window slides: a request is forgotten 60 s after it was made, refused ones are not counted."""
    rates = MinuteRates()
    assert [rates.admit("k", 2, now) for now in (0.0, 30.0, 59.9, 60.0, 61.0, 90.0)] == [
        True, True, False, True, False, True,
    ]  # fmt: skip


def test_keys_do_not_share() -> None:
    rates = MinuteRates()
    assert rates.admit("a", 1, 0.0)
    assert rates.admit("b", 1, 0.0)
    assert (rates.used("a", 1.0), rates.used("c", 1.0)) == (1, 0)


def test_reset_is_when_the_oldest_leaves() -> None:
    rates = MinuteRates()
    rates.admit("a", 5, 100.0)
    rates.admit("a", 5, 130.0)
    assert rates.reset_s("a", 140.0) == 21
    assert rates.reset_s("b", 140.0) == 60
    rates.clear()
    assert rates.used("a", 140.0) == 0
