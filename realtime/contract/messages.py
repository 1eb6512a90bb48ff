"""The messages between stages: MessagePack, one encoder and one decoder for all of them.

A message that does not decode is a bug of the sender's and raises `msgspec.ValidationError`.
"""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import MarketStream
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price
from realtime.domain.value import Figures, Position, Repriced


class PriceBatch(msgspec.Struct, frozen=True, array_like=True):
    """What arrived since the last write: the newest price of each instrument that moved.

    Attributes:
        sent_ns: Wall clock when the collector wrote it, nanoseconds since 1970.
    """

    prices: tuple[Price, ...]
    sent_ns: int


class FeedStatus(StrEnum):
    STARTING = "starting"
    LIVE = "live"
    SILENT = "silent"
    DISCONNECTED = "disconnected"


class StreamReport(msgspec.Struct, frozen=True):
    """One market-data stream, as the operator sees it.

    Attributes:
        silent_s: Wall seconds since it last sent data, over all reconnects; since it was started before the first.
        price_time: Market time of the newest trade or quote that set a price; None before the first.
        symbols_max: As many as the plan allows; None without a limit.
        polled_count: Symbols that it could not carry and that are polled.
        refusal: What the server says no to, and why.
    """

    stream: MarketStream
    connected: bool
    silent_s: float
    price_time: datetime | None
    subscribed_count: int
    symbols_max: int | None
    polled_count: int
    refusal: str | None


class FeedState(msgspec.Struct, frozen=True):
    """The market-data streams, as the operator and the dashboard see them.

    Attributes:
        message: What is wrong, for a person; None when nothing is.
        subscribed_count: Instruments on the streams.
        streams: Each stream that something is held on.
    """

    status: FeedStatus
    message: str | None
    subscribed_count: int
    last_trade_time: datetime | None
    streams: tuple[StreamReport, ...] = ()


class ValueUpdate(msgspec.Struct, frozen=True, array_like=True):
    """New state of one subject, an account or (when `account_id` is None) the user's portfolio.

    Attributes:
        full: `positions` is everything there is; otherwise only what changed since the last update.
        positions: Keyed by instrument id; unchanged ones may be missing unless `full`.
        repriced: Positions of which nothing but the price and what follows from it changed; none when `full`.
    """

    user_id: UserId
    account_id: AccountId | None
    figures: Figures
    full: bool
    positions: dict[InstrumentId, Position]
    repriced: dict[InstrumentId, Repriced] = {}


class Revision(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Orders the batches of one partition, also across calculators: the later generation wins."""

    generation: int
    number: int


class ValueBatch(msgspec.Struct, frozen=True, array_like=True):
    """What one price batch or holdings change did to the watched subjects of one partition.

    `revision.number` rises by one with each batch of a generation, so a reader sees a gap and reads the states
    again.

    Attributes:
        as_of: Market time of the valuation.
        received_ns: Intake time of the newest price in it, wall clock; None when no price caused it.
        traded_us: Market time of that price, microseconds since 1970.
        computed_ns: When the values were ready, wall clock.
    """

    revision: Revision
    as_of: datetime
    received_ns: int | None
    updates: tuple[ValueUpdate, ...]
    traded_us: int | None = None
    computed_ns: int | None = None


class UnreadUpdate(msgspec.Struct, frozen=True, array_like=True):
    """A `ValueUpdate` as it came: its figures and positions not decoded, for the reader who may never need them."""

    user_id: UserId
    account_id: AccountId | None
    figures: msgspec.Raw
    full: bool
    positions: dict[InstrumentId, msgspec.Raw]
    repriced: dict[InstrumentId, msgspec.Raw] = {}


class UnreadBatch(msgspec.Struct, frozen=True, array_like=True):
    """A `ValueBatch` as it came."""

    revision: Revision
    as_of: datetime
    received_ns: int | None
    updates: tuple[UnreadUpdate, ...]
    traded_us: int | None = None
    computed_ns: int | None = None


class SubjectState(msgspec.Struct, frozen=True):
    """The newest published state of a subject, as kept in Redis for clients that come later."""

    revision: Revision
    as_of: datetime
    figures: Figures
    positions: dict[InstrumentId, Position]


class Heartbeat(msgspec.Struct, frozen=True):
    """A process says that it is alive.

    Attributes:
        healthy: It does its work; False with `problem` when it is up but cannot.
        facts: A few numbers for `navstream status`.
        metrics_port: Where it serves its metrics; None when it does not.
        latency_counts: The last minute's observations of each leg from trade to send, by bucket of
            `realtime.metrics`; empty for stages that send nothing.
    """

    stage: str
    process: str
    pid: int
    started_at: datetime
    beat_at: datetime
    healthy: bool
    problem: str | None
    facts: dict[str, str | int | float | None]
    metrics_port: int | None = None
    latency_counts: dict[str, tuple[int, ...]] = {}


_encoder = msgspec.msgpack.Encoder()
_Message = TypeVar("_Message")


def encode(message: object) -> bytes:
    """Return the MessagePack form of any message, or part of one, in this module."""
    return _encoder.encode(message)


def decode(kind: type[_Message], data: bytes) -> _Message:
    """Return the message of the given kind.

    Raises:
        msgspec.ValidationError: The bytes are not such a message.
    """
    return msgspec.msgpack.decode(data, type=kind)
