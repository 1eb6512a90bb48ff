"""What happens on the simulated market, before anyone spells it for a wire.

Times are nanoseconds since 1970, UTC; prices are US dollars; sizes are shares, contracts or coins.
"""

from enum import StrEnum
from typing import NamedTuple


class Stream(StrEnum):
    """Which family of endpoints carries a symbol."""

    STOCK = "stock"
    CRYPTO = "crypto"
    OPTION = "option"
    TEST = "test"


TEST_SYMBOL = "FAKEPACA"


def stream_of(symbol: str) -> Stream:
    """Return the family of a canonical symbol: pairs are crypto, OCC codes options, FAKEPACA the test stream's."""
    if "/" in symbol:
        return Stream.CRYPTO
    if len(symbol) > 15 and symbol[-8:].isdigit():
        return Stream.OPTION
    return Stream.TEST if symbol == TEST_SYMBOL else Stream.STOCK


class Trade(NamedTuple):
    """A trade; `taker_side` is crypto's only, the exchange and tape are empty for crypto."""

    symbol: str
    time_ns: int
    id: int
    price: float
    size: float
    exchange: str
    conditions: tuple[str, ...]
    tape: str
    taker_side: str = ""


class Quote(NamedTuple):
    """The national best bid and offer."""

    symbol: str
    time_ns: int
    bid: float
    bid_size: float
    ask: float
    ask_size: float
    bid_exchange: str
    ask_exchange: str
    conditions: tuple[str, ...]
    tape: str


class Bar(NamedTuple):
    """One bar; `span` says which of the stream's three kinds it is: b minute, u updated minute, d daily."""

    symbol: str
    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    trades_count: int
    vwap: float
    span: str = "b"


class Correction(NamedTuple):
    """A trade replaced by another of the same id or a new one."""

    original: Trade
    corrected: Trade
    time_ns: int


class Cancel(NamedTuple):
    """A trade withdrawn: `action` is C (cancel) or E (error)."""

    trade: Trade
    action: str
    time_ns: int


class Status(NamedTuple):
    """A halt, a resumption, or another trading status, in the tape's own codes."""

    symbol: str
    time_ns: int
    code: str
    message: str
    reason_code: str
    reason_message: str
    tape: str


class PriceBand(NamedTuple):
    """Limit-up, limit-down prices."""

    symbol: str
    time_ns: int
    limit_up: float
    limit_down: float
    indicator: str
    tape: str


Event = Trade | Quote | Bar | Correction | Cancel | Status | PriceBand


class Due(NamedTuple):
    """An event and the market time at which it reaches the wire, which may be later than its own."""

    due_ns: int
    event: Event
