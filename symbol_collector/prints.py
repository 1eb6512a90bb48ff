"""What one instrument's last price is made of: prints in the order that decides which is last (pure)."""

from decimal import Decimal
from typing import NamedTuple

from realtime.domain.price import PriceSource

Order = tuple[int, int, str, float]


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
