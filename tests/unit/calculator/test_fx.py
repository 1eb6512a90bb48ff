"""Exchange rates: dollars as the pivot, unknown stays unknown."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from calculator.fx import SAME, Rates


def test_a_currency_to_itself_needs_no_rate() -> None:
    """Ensure a Canadian holding in a Canadian account is valued without any rate."""
    assert Rates().rate("CAD", "CAD") is SAME


def test_unknown_rate_is_none() -> None:
    """Ensure an unknown rate never becomes 1.0, in either direction."""
    rates = Rates()
    rates.set_dollars("EUR", Decimal("1.1"))
    assert rates.rate("CAD", "USD") is None
    assert rates.rate("USD", "CAD") is None
    assert rates.rate("EUR", "CAD") is None


def test_dollar_rate_is_taken_as_it_is_and_a_cross_rate_has_16_digits() -> None:
    """Ensure a cross rate is one decimal from which everybody's arithmetic goes on exactly."""
    rates = Rates()
    rates.set_dollars("CAD", Decimal("0.7093"))
    rates.set_dollars("EUR", Decimal("1.1"))
    assert rates.rate("CAD", "USD") == Decimal("0.7093")
    assert rates.rate("USD", "CAD") == Decimal("1.409840688002256")
    assert rates.rate("CAD", "EUR") == Decimal("0.6448181818181818")


def test_news_are_told_and_forget_old_pairs() -> None:
    """Ensure a new rate is seen at once, that the same again is no news, and that a lost one is unknown again."""
    rates = Rates()
    assert rates.set_dollars("CAD", Decimal("0.7"))
    assert rates.rate("CAD", "USD") == Decimal("0.7")
    assert not rates.set_dollars("CAD", Decimal("0.70"))
    assert rates.set_dollars("CAD", Decimal("0.8"))
    assert rates.rate("CAD", "USD") == Decimal("0.8")
    assert rates.set_dollars("CAD", None)
    assert rates.rate("CAD", "USD") is None


def test_the_dollar_is_always_a_dollar() -> None:
    """Ensure a price of CUR:USD on the board changes nothing."""
    rates = Rates()
    assert not rates.set_dollars("USD", Decimal(2))
    assert rates.rate("USD", "USD") == 1


def test_a_rate_grows_old_and_is_fresh_again_with_the_next() -> None:
    """Ensure the time of the older stale rate behind a pair is told, and every change of that is news, once."""
    noon = datetime(2026, 11, 20, 17, tzinfo=UTC)
    rates = Rates(noon - timedelta(hours=1))
    rates.set_dollars("CAD", Decimal("0.7"), noon)
    rates.set_dollars("EUR", Decimal("1.1"), noon + timedelta(minutes=30))
    assert rates.stale_since("CAD", "USD") is None
    assert rates.advance(noon + timedelta(minutes=1)) == {"CAD"}
    assert rates.advance(noon + timedelta(minutes=2)) == set()
    assert rates.stale_since("CAD", "USD") == rates.stale_since("EUR", "CAD") == noon
    assert rates.stale_since("CAD", "CAD") is None
    assert rates.advance(noon + timedelta(hours=1)) == {"EUR"}
    assert rates.stale_since("EUR", "CAD") == noon
    assert rates.set_dollars("CAD", Decimal("0.7"), noon + timedelta(hours=2))
    assert rates.stale_since("CAD", "USD") is None
