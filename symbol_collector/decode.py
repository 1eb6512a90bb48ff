"""Raw messages of Alpaca's market-data streams and REST → market events (pure).

A message that lacks what it must have, or has an absurd price, is no event: None. Unknown keys are ignored.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from typing import Any

import msgspec

Raw = dict[str, Any]

_SECOND_NS = 1_000_000_000
_REST_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


class Trade(msgspec.Struct, frozen=True, gc=False):
    """A trade as printed.

    Attributes:
        time_ns: When the venue made it, nanoseconds since 1970, UTC.
        trade_id: The venue's own, unique within a day and exchange; 0 for options, which have none.
        tape: Empty for crypto and options.
    """

    symbol: str
    time_ns: int
    trade_id: int
    exchange: str
    price: float
    conditions: tuple[str, ...]
    tape: str


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask; 0 where there is none."""

    symbol: str
    time_ns: int
    bid: float
    ask: float
    conditions: tuple[str, ...] = ()


class Correction(msgspec.Struct, frozen=True, gc=False):
    """A trade is replaced by another, under the same id or a new one; `time_ns` is the correction's own."""

    symbol: str
    time_ns: int
    exchange: str
    original_id: int
    corrected_id: int
    price: float
    conditions: tuple[str, ...]
    tape: str


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """A trade is withdrawn; `time_ns` is the cancellation's own."""

    symbol: str
    time_ns: int
    exchange: str
    trade_id: int


class Status(msgspec.Struct, frozen=True, gc=False):
    """A halt, a resumption or another trading status, in the tape's own codes."""

    symbol: str
    time_ns: int
    code: str
    reason_code: str


class Band(msgspec.Struct, frozen=True, gc=False):
    """The prices between which an instrument may trade: limit-up limit-down."""

    symbol: str
    time_ns: int
    down: float
    up: float


Event = Trade | Quote | Correction | Cancel | Status | Band


def decode(raw: Raw) -> Event | None:
    """Return the event that a stream message states; None for bars, controls, unknown kinds and malformed ones.

    Times are integers, nanoseconds since 1970 (`msgpack.unpackb(frame, timestamp=2)`).
    """
    try:
        read = _READERS.get(raw["T"])
        return None if read is None else read(raw)
    except (KeyError, TypeError, ValueError):
        return None


def rest_trade(symbol: str, raw: Raw) -> Trade | None:
    """Return the trade that a REST answer holds; None when there is none or it was withdrawn since."""
    if raw.get("u") in {"canceled", "incorrect"}:
        return None
    try:
        return _trade(raw | {"S": symbol, "t": rest_time_ns(raw["t"])})
    except (KeyError, TypeError, ValueError):
        return None


def rest_quote(symbol: str, raw: Raw) -> Quote | None:
    """Return the quote that a REST answer holds; None when there is none."""
    try:
        return _quote(raw | {"S": symbol, "t": rest_time_ns(raw["t"])})
    except (KeyError, TypeError, ValueError):
        return None


def rest_time_ns(text: str) -> int:
    """Return an RFC 3339 time, with up to 9 decimals, in nanoseconds since 1970.

    Raises:
        ValueError: It is not such a time, or has no offset.
    """
    found = _REST_TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    whole, decimals, offset = found.groups(default="")
    return int(datetime.fromisoformat(whole + offset).timestamp()) * _SECOND_NS + int(decimals.ljust(9, "0")[:9])


def to_time(time_ns: int) -> datetime:
    """Return the time in microseconds, as prices carry it; what is finer is cut off."""
    seconds, nanoseconds = divmod(time_ns, _SECOND_NS)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)


def to_ns(time: datetime) -> int:
    """Return a time in nanoseconds since 1970."""
    return int(time.replace(microsecond=0).timestamp()) * _SECOND_NS + time.microsecond * 1000


def _trade(raw: Raw) -> Trade:
    return Trade(
        raw["S"],
        _time(raw["t"]),
        raw.get("i", 0),
        raw.get("x", ""),
        _price(raw["p"]),
        tuple(raw.get("c") or ()),
        raw.get("z", ""),
    )


def _quote(raw: Raw) -> Quote:
    return Quote(raw["S"], _time(raw["t"]), float(raw["bp"]), float(raw["ap"]), tuple(raw.get("c") or ()))


def _correction(raw: Raw) -> Correction:
    return Correction(
        raw["S"],
        _time(raw["t"]),
        raw["x"],
        raw["oi"],
        raw["ci"],
        _price(raw["cp"]),
        tuple(raw.get("cc") or ()),
        raw.get("z", ""),
    )


def _cancel(raw: Raw) -> Cancel:
    return Cancel(raw["S"], _time(raw["t"]), raw["x"], raw["i"])


def _status(raw: Raw) -> Status:
    return Status(raw["S"], _time(raw["t"]), raw["sc"], raw.get("rc", ""))


def _band(raw: Raw) -> Band:
    return Band(raw["S"], _time(raw["t"]), _price(raw["d"]), _price(raw["u"]))


def _price(value: float) -> float:
    if not 0 < value < inf:
        raise ValueError(value)
    return float(value)


def _time(value: int) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value


_READERS: dict[str, Callable[[Raw], Event]] = {
    "t": _trade,
    "q": _quote,
    "c": _correction,
    "x": _cancel,
    "s": _status,
    "l": _band,
}
