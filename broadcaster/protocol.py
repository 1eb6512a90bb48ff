"""The v1 protocol: ops, messages, error and close codes. docs/asyncapi.yaml says the same; a test holds them equal."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from realtime.errors import BadRequest

PATH = "/v1"
SUBPROTOCOL_MSGPACK = "navstream.v1.msgpack"
SUBPROTOCOL_JSON = "navstream.v1.json"

OpId = int | str | None
"""Chosen by the client, given back in the answer."""


class CloseCode(IntEnum):
    """Why the server closes a client. 4400, 4403 and 4413 are the client's fault: trying again ends the same way."""

    RESTART = 1012
    OVERLOADED = 1013
    MALFORMED = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    AUTH_TIMEOUT = 4408
    TOO_LARGE = 4413
    TOO_MANY = 4429


class ErrorCode(StrEnum):
    """What an error message, or a rejected channel, says."""

    UNKNOWN_OP = "unknown_op"
    MALFORMED = "malformed"
    TOO_MANY_CHANNELS = "too_many_channels"
    NOT_AUTHENTICATED = "not_authenticated"
    UNKNOWN_CHANNEL = "unknown_channel"
    FORBIDDEN = "forbidden"
    BAD_REQUEST = "bad_request"


class ResumePoint(msgspec.Struct, frozen=True):
    """Where a client stood on a channel."""

    epoch: str
    seq: int


class Auth(msgspec.Struct, frozen=True, tag_field="op", tag="auth"):
    """Prove who you are: the first op, and again before the token expires."""

    token: str
    id: OpId = None


class Subscribe(msgspec.Struct, frozen=True, tag_field="op", tag="subscribe"):
    """Follow channels; a channel that is followed already starts over with a snapshot.

    Attributes:
        max_rate_hz: Most messages a second on each of these channels; the newest state always gets out.
        resume: By channel: the last message that the client has.
        self_check: Send a check of each of these channels at intervals.
    """

    channels: list[str]
    id: OpId = None
    max_rate_hz: float | None = None
    resume: dict[str, ResumePoint] | None = None
    self_check: bool = False


class Unsubscribe(msgspec.Struct, frozen=True, tag_field="op", tag="unsubscribe"):
    """Follow channels no longer; answered with the channels still followed."""

    channels: list[str]
    id: OpId = None


class Ping(msgspec.Struct, frozen=True, tag_field="op", tag="ping"):
    """Ask for a pong."""

    id: OpId = None


Op = Auth | Subscribe | Unsubscribe | Ping
OPS: Mapping[str, type[Op]] = {"auth": Auth, "subscribe": Subscribe, "unsubscribe": Unsubscribe, "ping": Ping}


class Limits(msgspec.Struct, frozen=True):
    """What a client may ask for."""

    channels_max: int
    message_bytes_max: int
    max_rate_hz: float


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The client is authenticated. Its fresh channels are numbered in `epoch`."""

    client_id: str
    epoch: str
    heartbeat_s: float
    market: Mapping[str, Any] | None
    limits: Limits


class Authenticated(msgspec.Struct, frozen=True, tag="authenticated"):
    """A token was renewed on an open connection, which now ends at `expires_at` (wall time, RFC 3339)."""

    id: OpId
    expires_at: str


class Rejected(msgspec.Struct, frozen=True):
    """A channel that a subscribe does not get, and why."""

    channel: str
    code: ErrorCode


class Subscribed(msgspec.Struct, frozen=True, tag="subscribed"):
    """The answer to a subscribe: what it got, before any of their messages; to an unsubscribe: what is left."""

    id: OpId
    channels: list[str]
    rejected: list[Rejected]


class Times(msgspec.Struct, frozen=True):
    """When the newest price behind a message was where, microseconds since 1970.

    Attributes:
        traded: Market time of the price.
        received: When it came in; this and the following are wall clock.
        computed: When its values were ready.
        sent: When the message was made; clients with the same state share it.
    """

    traded: int
    received: int
    computed: int
    sent: int

    def sent_at(self, sent: int) -> "Times":
        """Return the same of a message made then."""
        return Times(self.traded, self.received, self.computed, sent)


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot", omit_defaults=True):
    """A channel's full state."""

    channel: str
    epoch: str
    seq: int
    as_of: str
    data: Mapping[str, Any]
    times: Times | None = None


class Delta(msgspec.Struct, frozen=True, tag="delta", omit_defaults=True):
    """The change from the state of `seq - 1`."""

    channel: str
    seq: int
    as_of: str
    data: Mapping[str, Any]
    removed: list[str] = []
    times: Times | None = None


class Check(msgspec.Struct, frozen=True, tag="check"):
    """The hash of the state that message `seq` left; a client with another one subscribes again, without resume."""

    channel: str
    seq: int
    hash: str


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    """The answer to a ping."""

    id: OpId


class Error(msgspec.Struct, frozen=True, tag="error"):
    """An op was refused."""

    id: OpId
    code: ErrorCode
    message: str


Message = Welcome | Authenticated | Subscribed | Snapshot | Delta | Check | Pong | Error


class Malformed(BadRequest):
    """A message is no object at all: the client does not speak this protocol."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.MALFORMED, "a message must be one object with an `op`")


class OpRefused(BadRequest):
    """An op is refused; the connection stays."""

    def __init__(self, op_id: OpId, code: ErrorCode, reason: str) -> None:
        super().__init__(code, reason)
        self.op_id = op_id


def read_op(fields: object) -> Op:
    """Return the op that a decoded message holds.

    Raises:
        Malformed: It is not an object.
        OpRefused: The op is unknown, or its fields are wrong.
    """
    if not isinstance(fields, dict):
        raise Malformed
    kind = OPS.get(name) if isinstance(name := fields.get("op"), str) else None
    if kind is None:
        raise OpRefused(_id_of(fields), ErrorCode.UNKNOWN_OP, f"the ops are {', '.join(OPS)}")
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise OpRefused(_id_of(fields), ErrorCode.BAD_REQUEST, str(error)) from None


def _id_of(fields: dict[str, Any]) -> OpId:
    op_id = fields.get("id")
    return op_id if isinstance(op_id, int | str) and not isinstance(op_id, bool) else None
