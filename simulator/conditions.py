"""Sale conditions: which letters exist, and what a trade that carries them may move (pure).

Source: Alpaca's market data FAQ, table "how are bars aggregated". A trade may carry several; the strictest wins.
"""

from collections.abc import Iterable
from typing import NamedTuple

CTA_TAPES = frozenset("AB")
REGULAR = {"A": " ", "B": " ", "C": "@", "O": "@", "N": "@"}
"""The letter of a regular sale by tape."""

ODD_LOT = "I"
EXTENDED_HOURS = "T"
ROUND_LOT = 100


class Moves(NamedTuple):
    """What a trade may move.

    Attributes:
        last: Open and close of the minute bar, and with them the last price.
        minute_range: High and low of the minute bar.
        daily_close: Open and close of the daily bar.
        daily_open_if_first: Those too, but only as the first trade of the daily bar.
        daily_range: High and low of the daily bar.
        volume: Counted in volume.
    """

    last: bool
    minute_range: bool
    daily_close: bool
    daily_open_if_first: bool
    daily_range: bool
    volume: bool

    def and_also(self, other: "Moves") -> "Moves":
        """Return the stricter of the two in every respect."""
        return Moves(*(mine and theirs for mine, theirs in zip(self, other, strict=True)))


_ALL = Moves(*[True] * 6)
_EXTENDED = Moves(
    last=True, minute_range=True, daily_close=False, daily_open_if_first=False, daily_range=False, volume=True
)
_VOLUME = Moves(
    last=False, minute_range=False, daily_close=False, daily_open_if_first=False, daily_range=False, volume=True
)
_DAY_RANGE = Moves(
    last=False, minute_range=False, daily_close=False, daily_open_if_first=True, daily_range=True, volume=True
)
_NOTHING = Moves(*[False] * 6)
_CORRECTED_CLOSE = Moves(
    last=False, minute_range=False, daily_close=True, daily_open_if_first=True, daily_range=True, volume=False
)

_ANY_TAPE = (
    dict.fromkeys("FKLOX56", _ALL)
    | {EXTENDED_HOURS: _EXTENDED}
    | dict.fromkeys("CHINRUV7", _VOLUME)
    | dict.fromkeys("PZ4", _DAY_RANGE)
    | dict.fromkeys("MQ", _NOTHING)
    | {"9": _CORRECTED_CLOSE}
)
_CTA = _ANY_TAPE | dict.fromkeys(" E", _ALL) | {"B": _VOLUME}
_UTP = _ANY_TAPE | dict.fromkeys("@ABDY", _ALL) | {"W": _VOLUME, "G": _DAY_RANGE}

_cache: dict[tuple[str, tuple[str, ...]], Moves] = {}


def moves(conditions: tuple[str, ...], tape: str) -> Moves:
    """Return what a trade with these conditions may move; an unknown letter moves only volume.

    Crypto and option trades (no tape) move everything.
    """
    key = (tape, conditions)
    found = _cache.get(key)
    if found is None:
        found = _cache[key] = _strictest(conditions, tape)
    return found


def _strictest(conditions: Iterable[str], tape: str) -> Moves:
    if not tape:
        return _ALL
    table = _CTA if tape in CTA_TAPES else _UTP
    result = _ALL
    for letter in conditions:
        result = result.and_also(table.get(letter, _VOLUME))
    return result
