"""What the terminal shows."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from realtime.watch import money, view

FIGURES: dict[str, Any] = {
    "total_value": 105750.25, "currency": "USD", "day_change": -250.5, "day_change_pct": -0.2372,
    "unrealized_gain": None, "unrealized_gain_pct": None, "live_coverage": 0.93, "unpriced_count": 1, "stale_count": 2,
}  # fmt: skip
ROW: dict[str, Any] = {
    "symbol": "BRK.B", "name": "Berkshire Hathaway", "quantity": 2.5, "price": 480.1, "market_value": 1200.25,
    "day_change": 3, "day_change_pct": 0.25, "price_source": "trade", "unpriced_reason": None, "stale": False,
}  # fmt: skip
UNPRICED = {**ROW, "symbol": "NONE", "price": None, "market_value": None, "day_change": None, "day_change_pct": None,
            "price_source": None, "unpriced_reason": "no_price"}  # fmt: skip
MARKET = {"session": "regular", "market_time": "2026-11-20T15:30:00.000000Z", "feed": "live", "feed_message": None}
CHANNELS = ["portfolio", "positions", "market"]


def drawn(states: dict[str, Any], status: str = "live") -> str:
    page = StringIO()
    Console(file=page, width=140).print(view(states, CHANNELS, status))
    return page.getvalue()


def test_before_the_first_message() -> None:
    """It says that it waits."""
    text = drawn({}, "connecting")
    assert "waiting for values" in text
    assert "connecting" in text


def test_figures_positions_and_market() -> None:
    """Totals with their change, the largest position first, the market below; unknown is a dash, never 0."""
    text = drawn({"portfolio": FIGURES, "positions": {"1": UNPRICED, "2": ROW}, "market": MARKET})
    assert "105,750.25 USD" in text
    assert "▼ -250.50 (-0.24 %)" in text
    assert "gain —" in text
    assert "1 unpriced" in text
    assert "2 stale" in text
    assert text.index("BRK.B") < text.index("NONE")
    assert "no_price" in text
    assert "regular · 2026-11-20 15:30:00 UTC · feed live · live" in text


def test_long_lists_are_cut() -> None:
    """The rest is counted."""
    rows = {str(number): {**ROW, "market_value": number} for number in range(40)}
    assert "and 10 more" in drawn({"portfolio": FIGURES, "positions": rows})


@pytest.mark.parametrize(("amount", "text"), [(None, "—"), (0, "0.00"), (-1234.5, "-1,234.50")])
def test_money(amount: float | None, text: str) -> None:
    """Two decimals; unknown is a dash."""
    assert money(amount) == text
