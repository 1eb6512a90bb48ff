"""Prices: an observation of a market with its time and source."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from realtime.domain.corporate_action import Split
from realtime.domain.instrument import InstrumentId


class PriceSource(StrEnum):
    """Where a price comes from, best first."""

    TRADE = "trade"
    QUOTE = "quote"
    BAR = "bar"
    POLL = "poll"
    SESSION_CLOSE = "session_close"
    PREVIOUS_CLOSE = "previous_close"
    PROVIDER = "provider"


LIVE_SOURCES = frozenset({PriceSource.TRADE, PriceSource.QUOTE, PriceSource.BAR, PriceSource.POLL})
"""The sources that observe the market itself; of the rest, what is not the close of the current day is an estimate."""


class TradingStatus(StrEnum):
    """Whether an instrument may trade now, as its exchange says."""

    TRADING = "trading"
    HALTED = "halted"
    PAUSED = "paused"
    """A limit-up limit-down pause."""


class LimitState(StrEnum):
    """Which limit-up limit-down band the price has reached."""

    UP = "limit_up"
    DOWN = "limit_down"


class Delivery(StrEnum):
    """How prices of an instrument reach us."""

    STREAM = "stream"
    POLL = "poll"


class HoldReason(StrEnum):
    """Why a price was not let through."""

    FAR_FROM_LAST = "far_from_last"
    SPLIT_LIKE = "split_like"


@dataclass(frozen=True, slots=True)
class HeldPrice:
    """A price that waits for a second source before it may value anything."""

    price: Decimal
    time: datetime
    reason: HoldReason


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Between which prices the exchanges let an instrument trade at the moment (limit-up limit-down).

    Attributes:
        time: When the bands were set, UTC.
        state: Which of them the price has reached; None while it is in between.
    """

    down: Decimal
    up: Decimal
    time: datetime
    state: LimitState | None


@dataclass(frozen=True, slots=True)
class Price:
    """An observation of one instrument.

    Attributes:
        price: Per unit, in the instrument's currency, exactly as the source printed it; None when only the
            previous close is known.
        time: When the market made it (not when we got it), UTC, microseconds; None exactly when `price` is.
        revision: Rises when a correction or cancel takes the price back; orders prices before their time does.
        previous_close: Official close of the session before `trading_day`; None when unknown.
        received_ns: Wall clock at intake, nanoseconds since 1970; for latency only; 0 where it says nothing of it.
        session_close: Official close of the current trading day's regular session; None until it is made.
        status: As the exchange says; `price` stays the last one while it is not trading.
        held: A newer price that is held back; `price` is the last good one.
        delivery: None for what no stream could carry.
        band: Told only while it matters: the price is near one, or trading is paused.
        split: Took effect today; told with the price so that nobody has the one without the other.
    """

    instrument_id: InstrumentId
    price: Decimal | None
    time: datetime | None
    source: PriceSource
    revision: int
    previous_close: Decimal | None
    previous_close_date: date | None
    received_ns: int
    session_close: Decimal | None = None
    session_close_date: date | None = None
    status: TradingStatus = TradingStatus.TRADING
    held: HeldPrice | None = None
    delivery: Delivery | None = None
    band: PriceBand | None = None
    split: Split | None = None


def supersedes(new: Price, old: Price) -> bool:
    """Whether `new` replaces `old`: prices move forward in time, except where the market takes one back."""
    if new.revision != old.revision:
        return new.revision > old.revision
    if new.time is None or old.time is None:
        return new.time is not None or old.time is None
    return new.time >= old.time
