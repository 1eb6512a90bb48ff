"""Which trades may set a last price, by their sale conditions (pure).

Source: Alpaca's market data FAQ, "how are bars aggregated", column of the minute bar's close. A trade may carry
several conditions; the strictest wins, and one that we do not know does not set a price.
"""

from functools import lru_cache

_BOTH = "FKLOTX56"
_CTA = frozenset(_BOTH + " E")
"""Tapes A and B. A single space is their regular sale; B is an average price here."""
_UTP = frozenset(_BOTH + "@ABDY")
"""Tapes C, O and N. `@` is their regular sale; B is a bunched trade here."""
_OPRA_EXCLUDED = frozenset("ABCDEGH")
"""Options have no tape: cancellations (A C E G), late and out-of-sequence reports (B D H)."""


@lru_cache(maxsize=4096)
def may_set_last_price(conditions: tuple[str, ...], tape: str) -> bool:
    """Return whether a trade with these conditions may set the last price.

    Args:
        conditions: One letter each; none at all is a regular sale.
        tape: A, B, C, O or N for stocks; empty for crypto (which has no conditions) and options.
    """
    if not tape:
        return not _OPRA_EXCLUDED.intersection(conditions)
    return (_CTA if tape in "AB" else _UTP).issuperset(conditions)


def is_official_close(conditions: tuple[str, ...], tape: str) -> bool:
    """Return whether this is the listing exchange's official closing price, which sets no last price."""
    return bool(tape) and "M" in conditions
