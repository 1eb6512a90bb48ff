"""What one instrument's last price is made of: prints in the order that decides which is last (pure)."""

from decimal import Decimal
from typing import NamedTuple

from realtime.domain.price import PriceSource

Order = tuple[int, int, str, float]
_DAY_NS = 86_400_000_000_000
_DAY_BEGINS_NS = 5 * 3_600_000_000_000
"""Trade ids start again each day; no session that Alpaca streams crosses 05:00 UTC, summer or winter."""
Key = tuple[int, str, int]
"""A trade: its day, exchange and id."""


class Print(NamedTuple):
    """A trade that may set a price; compares by the market's time, then trade id."""

    time_ns: int
    trade_id: int
    exchange: str
    price: float
    source: PriceSource
    received_ns: int


class Seen(NamedTuple):
    """An observation that may be published; `price` exact."""

    time_ns: int
    price: Decimal
    source: PriceSource
    received_ns: int


def order(trade: Print) -> Order:
    """Return what decides which of two prints is later."""
    return trade[:4]


class Void(NamedTuple):
    """What a trade was turned into; of several for one trade the greatest holds: a cancel, else the latest.

    Attributes:
        price: None when nothing that may set a price is left.
        next_key: The corrected trade's own, where a further correction or a cancel would look for it.
    """

    is_cancel: bool
    time_ns: int
    price: float | None
    next_key: Key | None


def void_order(void: Void) -> tuple[bool, int, float, Key]:
    """Return what decides which of two voids of one trade holds."""
    return void.is_cancel, void.time_ns, void.price or 0.0, void.next_key or (0, "", 0)


def key_of(time_ns: int, exchange: str, trade_id: int) -> Key:
    """Return what tells a trade from all others: its id is unique within a day and exchange."""
    return (time_ns - _DAY_BEGINS_NS) // _DAY_NS, exchange, trade_id
