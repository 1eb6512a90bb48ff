"""Which session a mark was made in, and why the changes of a priced position that are unknown are so (pure)."""

from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache

from realtime.market_hours import MarketSession

Reasons = Mapping[str, str]
NO_REASONS: Reasons = {}


class Session(IntEnum):
    """The figures of `SessionChanges`, in their order."""

    REGULAR = 0
    EXTENDED = 1
    OVERNIGHT = 2
    ROUND_THE_CLOCK = 3


@lru_cache(maxsize=256)
def reasons(
    session: MarketSession,
    made_in: Session | None,
    *,
    is_after_close: bool,
    has_previous: bool,
    has_session_close: bool,
    round_the_clock: bool,
) -> Reasons:
    """Return the reasons by `day`, `regular`, `extended`, `overnight` and `round_the_clock`; shared, never changed.

    Args:
        session: The market session now.
        made_in: In which session since the newest bell the mark was made.
        is_after_close: Whether the current trading day's regular session is over.
        has_previous: Whether the previous close is known.
        has_session_close: Whether the current trading day's close is.
        round_the_clock: Whether the instrument trades at all hours.
    """
    no_previous = None if has_previous else "no_previous_close"
    if round_the_clock:
        found: dict[str, str | None] = {
            "day": no_previous,
            "regular": "round_the_clock",
            "extended": "round_the_clock",
            "overnight": "round_the_clock",
            "round_the_clock": no_previous or (None if made_in is not None else "no_price_since"),
        }
    else:
        late = {
            "extended": _late(made_in, Session.EXTENDED, "no_extended_price"),
            "overnight": _late(made_in, Session.OVERNIGHT, "no_overnight_price"),
        }
        if is_after_close:
            no_close = None if has_session_close else "no_session_close"
            regular, no_base = no_previous or no_close, no_close
        elif session is MarketSession.REGULAR:
            regular = no_previous or (None if made_in is Session.REGULAR else "no_price_since_open")
            no_base = "regular_session"
        else:
            regular, no_base = "before_open", no_previous
        found = {
            "day": no_previous,
            "regular": regular,
            **{name: no_base or reason for name, reason in late.items()},
            "round_the_clock": "has_sessions",
        }
    return {name: reason for name, reason in found.items() if reason is not None}


def _late(made_in: Session | None, session: Session, otherwise: str) -> str | None:
    return None if made_in is session else otherwise
