"""Both forms of a message, JSON and MessagePack, and the WebSocket frame around it. Pure.

What a channel has to say is encoded once: two clients that were last sent the same state share all bytes but the
epoch and seq, which stand in front of the shared rest.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, NamedTuple

import msgspec

from broadcaster.protocol import SUBPROTOCOL_MSGPACK, Malformed, Message, Op, Times, read_op

_TEXT = 0x81
_BINARY = 0x82
_HEADER_16 = Struct("!BBH").pack
_HEADER_64 = Struct("!BBQ").pack
_UINT_32 = Struct("!BI").pack


class Body(NamedTuple):
    """A snapshot or delta but for its epoch and seq.

    Attributes:
        head: Bytes before the epoch (snapshot) or seq (delta).
        tail: Bytes after the seq.
    """

    head: bytes
    tail: bytes
    is_snapshot: bool


class JsonEncoding:
    """Text frames; numbers keep the decimals they have."""

    name = "json"

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder(decimal_format="number").encode
        self._decode = msgspec.json.Decoder().decode

    def read(self, data: bytes) -> Op:
        """Return a client's op.

        Raises:
            Malformed: No JSON object.
            OpRefused: As `read_op`.
        """
        try:
            fields = self._decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Malformed from None
        return read_op(fields)

    def frame_of(self, message: Message) -> bytes:
        """Return a message as a whole frame."""
        return frame(_TEXT, self._encode(message))

    def snapshot(self, channel: str, as_of: str, data: Mapping[str, Any], times: Times | None = None) -> Body:
        """Encode a snapshot's shared part."""
        head = b'{"type":"snapshot","channel":' + self._encode(channel) + b',"epoch":"'
        tail = b',"as_of":"%b","data":%b%b}' % (as_of.encode(), self._encode(data), _json_times(times))
        return Body(head, tail, is_snapshot=True)

    def delta(
        self,
        channel: str,
        as_of: str,
        data: Mapping[str, Any],
        removed: Sequence[str],
        times: Times | None = None,
    ) -> Body:
        """Encode a delta's shared part."""
        end = (b',"removed":' + self._encode(removed) if removed else b"") + _json_times(times) + b"}"
        tail = b',"as_of":"%b","data":%b%b' % (as_of.encode(), self._encode(data), end)
        return Body(_json_delta_head(channel), tail, is_snapshot=False)

    def frame(self, body: Body, epoch: str, seq: int) -> bytes:
        """Return the frame for one client."""
        head, tail, is_snapshot = body
        if is_snapshot:
            return frame(_TEXT, b'%b%b","seq":%d%b' % (head, epoch.encode(), seq, tail))
        return frame(_TEXT, b"%b%d%b" % (head, seq, tail))


class MsgpackEncoding:
    """Binary frames; numbers are doubles or integers."""

    name = "msgpack"

    def __init__(self) -> None:
        self._encode = msgspec.msgpack.Encoder(decimal_format="number").encode
        self._decode = msgspec.msgpack.Decoder().decode

    def read(self, data: bytes) -> Op:
        """Return a client's op.

        Raises:
            Malformed: No MessagePack map.
            OpRefused: As `read_op`.
        """
        try:
            fields = self._decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Malformed from None
        return read_op(fields)

    def frame_of(self, message: Message) -> bytes:
        """Return a message as a whole frame."""
        return frame(_BINARY, self._encode(message))

    def snapshot(self, channel: str, as_of: str, data: Mapping[str, Any], times: Times | None = None) -> Body:
        """Encode a snapshot's shared part."""
        opening = self._opening(6 if times is None else 7, "snapshot", channel, b"\xa5epoch")
        return Body(opening, self._rest(as_of, data, times), is_snapshot=True)

    def delta(
        self,
        channel: str,
        as_of: str,
        data: Mapping[str, Any],
        removed: Sequence[str],
        times: Times | None = None,
    ) -> Body:
        """Encode a delta's shared part."""
        rest = self._rest(as_of, data, times)
        fields_count = 5 if times is None else 6
        if removed:
            rest += b"\xa7removed" + self._encode(removed)
            fields_count += 1
        return Body(self._opening(fields_count, "delta", channel, b"\xa3seq"), rest, is_snapshot=False)

    def frame(self, body: Body, epoch: str, seq: int) -> bytes:
        """Return the frame for one client."""
        head, tail, is_snapshot = body
        number = _UINT_32(0xCE, seq)
        if is_snapshot:
            return frame(_BINARY, head + self._encode(epoch) + b"\xa3seq" + number + tail)
        return frame(_BINARY, head + number + tail)

    def _opening(self, fields_count: int, kind: str, channel: str, last_key: bytes) -> bytes:
        return bytes((0x80 | fields_count,)) + b"\xa4type" + self._encode(kind) + b"\xa7channel" + self._encode(
            channel
        ) + last_key  # fmt: skip

    def _rest(self, as_of: str, data: Mapping[str, Any], times: Times | None) -> bytes:
        rest = b"\xa5as_of" + self._encode(as_of) + b"\xa4data" + self._encode(data)
        return rest if times is None else rest + b"\xa5times" + self._encode(times)


def _json_times(times: Times | None) -> bytes:
    if times is None:
        return b""
    return b',"times":{"traded":%d,"received":%d,"computed":%d,"sent":%d}' % (
        times.traded,
        times.received,
        times.computed,
        times.sent,
    )


@lru_cache(maxsize=10_000)
def _json_delta_head(channel: str) -> bytes:
    return b'{"type":"delta","channel":' + msgspec.json.encode(channel) + b',"seq":'


Encoding = JsonEncoding | MsgpackEncoding

JSON = JsonEncoding()
MSGPACK = MsgpackEncoding()


def encoding_for(subprotocol: str | None) -> Encoding:
    """Return the encoding that a client negotiated."""
    return MSGPACK if subprotocol == SUBPROTOCOL_MSGPACK else JSON


def frame(first_byte: int, payload: bytes) -> bytes:
    """Return an unmasked, unfragmented, uncompressed server frame (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((first_byte, length)) + payload
    if length < 65536:
        return _HEADER_16(first_byte, 126, length) + payload
    return _HEADER_64(first_byte, 127, length) + payload
