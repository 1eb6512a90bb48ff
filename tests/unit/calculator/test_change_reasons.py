"""Why changes are unknown."""

import pytest

from calculator.change_reasons import Session, reasons
from realtime.market_hours import MarketSession

REGULAR, POST, PRE, CLOSED = MarketSession.REGULAR, MarketSession.POST, MarketSession.PRE, MarketSession.CLOSED
NIGHT = {"extended": "no_extended_price", "overnight": "no_overnight_price", "round_the_clock": "has_sessions"}
OPEN = {"extended": "regular_session", "overnight": "regular_session", "round_the_clock": "has_sessions"}


@pytest.mark.parametrize(
    ("session", "made_in", "is_after_close", "has_previous", "has_session_close", "expected"),
    [
        (REGULAR, Session.REGULAR, False, True, False, OPEN),
        (REGULAR, None, False, True, False, OPEN | {"regular": "no_price_since_open"}),
        (REGULAR, Session.REGULAR, False, False, False, OPEN | dict.fromkeys(("day", "regular"), "no_previous_close")),
        (PRE, None, False, True, False, NIGHT | {"regular": "before_open"}),
        (PRE, Session.EXTENDED, False, True, False, _without := {
            name: reason for name, reason in (NIGHT | {"regular": "before_open"}).items() if name != "extended"
        }),
        (POST, None, True, True, True, NIGHT),
        (CLOSED, Session.OVERNIGHT, True, True, True, {k: v for k, v in NIGHT.items() if k != "overnight"}),
        (POST, Session.EXTENDED, True, True, False,
         NIGHT | dict.fromkeys(("regular", "extended", "overnight"), "no_session_close")),
    ],
)  # fmt: skip
def test_of_what_has_sessions(
    session: MarketSession,
    made_in: Session | None,
    is_after_close: bool,
    has_previous: bool,
    has_session_close: bool,
    expected: dict[str, str],
) -> None:
    """Ensure each unknown change has one reason, and a known one none."""
    found = reasons(
        session, made_in, is_after_close=is_after_close, has_previous=has_previous,
        has_session_close=has_session_close, round_the_clock=False,
    )  # fmt: skip
    assert found == expected


def test_of_what_trades_at_all_hours() -> None:
    """Ensure a coin has its own change and no other, whatever the stock exchange does."""
    others = dict.fromkeys(("regular", "extended", "overnight"), "round_the_clock")
    for made_in, has_previous, expected in (
        (Session.ROUND_THE_CLOCK, True, {}),
        (None, True, {"round_the_clock": "no_price_since"}),
        (Session.ROUND_THE_CLOCK, False, dict.fromkeys(("day", "round_the_clock"), "no_previous_close")),
    ):
        found = reasons(
            POST, made_in, is_after_close=True, has_previous=has_previous, has_session_close=False, round_the_clock=True
        )
        assert found == others | expected
