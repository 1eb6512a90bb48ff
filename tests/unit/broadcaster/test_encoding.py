"""Frames and both forms of the messages."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from broadcaster.encoding import JSON, MSGPACK, Encoding, encoding_for, frame
from broadcaster.protocol import (
    Auth,
    Delta,
    Error,
    ErrorCode,
    Malformed,
    Message,
    OpRefused,
    Ping,
    Pong,
    Rejected,
    ResumePoint,
    Snapshot,
    Subscribe,
    Subscribed,
    Times,
    Unsubscribe,
)

AS_OF = "2026-11-20T15:30:00.000000Z"
ENCODINGS = [JSON, MSGPACK]


def unframed(data: bytes) -> bytes:
    size = data[1]
    return data[{126: 4, 127: 10}.get(size, 2) :]


def decoded(encoding: Encoding, data: bytes) -> Any:
    decode = msgspec.json.decode if encoding is JSON else msgspec.msgpack.decode
    return decode(unframed(data))


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_frames_are_the_librarys(length: int) -> None:
    """Our header is the one that the library writes, at every boundary of its length."""
    payload = b"x" * length
    assert frame(0x81, payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)
    assert frame(0x82, payload) == Frame(Opcode.BINARY, payload).serialize(mask=False)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(
    seq=st.integers(min_value=1, max_value=2**32 - 1),
    data=st.dictionaries(st.text(), st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()),
    removed=st.lists(st.text(), max_size=3),
    channel=st.text(min_size=1),
    times=st.none() | st.builds(Times, *[st.integers(0, 2**53)] * 4),
)
def test_shared_parts_make_the_message(
    encoding: Encoding, seq: int, data: dict[str, Any], removed: list[str], channel: str, times: Times | None
) -> None:
    """What is put together from shared bytes is exactly the message that protocol.py describes."""
    snapshot = encoding.frame(encoding.snapshot(channel, AS_OF, data, times), "epoch-_1", seq)
    assert decoded(encoding, snapshot) == decoded(
        encoding, encoding.frame_of(Snapshot(channel, "epoch-_1", seq, AS_OF, data, times))
    )
    delta = encoding.frame(encoding.delta(channel, AS_OF, data, removed, times), "epoch-_1", seq)
    assert decoded(encoding, delta) == decoded(
        encoding, encoding.frame_of(Delta(channel, seq, AS_OF, data, removed, times))
    )


def test_json_keeps_the_decimals() -> None:
    """Amounts are numbers, exactly as the calculator rounded them."""
    body = JSON.delta("portfolio", AS_OF, {"total_value": Decimal("12345678901234.50"), "gain": None}, ())
    assert b'"data":{"total_value":12345678901234.50,"gain":null}}' in JSON.frame(body, "", 1)


def test_msgpack_amounts_are_numbers() -> None:
    """The same amounts as doubles."""
    body = MSGPACK.delta("portfolio", AS_OF, {"total_value": Decimal("105.25")}, ())
    assert decoded(MSGPACK, MSGPACK.frame(body, "", 1))["data"] == {"total_value": 105.25}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "message",
    [
        Pong("x"),
        Error(None, ErrorCode.UNKNOWN_OP, "no"),
        Subscribed(1, ["market"], [Rejected("account:x", ErrorCode.FORBIDDEN)]),
    ],
)
def test_small_messages(encoding: Encoding, message: Message) -> None:
    """They carry their type, and null where there is no id."""
    fields = decoded(encoding, encoding.frame_of(message))
    assert fields["type"] == type(message).__name__.lower()
    assert "id" in fields


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("fields", "op"),
    [
        ({"op": "auth", "token": "t"}, Auth("t")),
        ({"op": "ping", "id": "7"}, Ping("7")),
        ({"op": "unsubscribe", "channels": []}, Unsubscribe([])),
        (
            {
                "op": "subscribe",
                "id": 1,
                "channels": ["a"],
                "max_rate_hz": 5,
                "resume": {"a": {"epoch": "e", "seq": 4}},
            },
            Subscribe(["a"], 1, 5, {"a": ResumePoint("e", 4)}),
        ),
        ({"op": "ping", "later_versions": "may add fields"}, Ping()),
    ],
)
def test_ops_are_read(encoding: Encoding, fields: dict[str, Any], op: object) -> None:
    """Every op, in both forms."""
    data = msgspec.json.encode(fields) if encoding is JSON else msgspec.msgpack.encode(fields)
    assert encoding.read(data) == op


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(data=st.binary(max_size=64))
def test_any_bytes_are_read_or_refused_by_name(encoding: Encoding, data: bytes) -> None:
    """Nothing a client sends is a surprise."""
    with suppress(Malformed, OpRefused):
        assert isinstance(encoding.read(data), Auth | Ping | Subscribe | Unsubscribe)


def test_refusals_carry_the_ops_id() -> None:
    """So that a client knows which op it was."""
    with pytest.raises(OpRefused) as refused:
        JSON.read(b'{"op":"launch","id":"x1"}')
    assert (refused.value.op_id, refused.value.code) == ("x1", "unknown_op")
    with pytest.raises(OpRefused) as refused:
        JSON.read(b'{"op":"auth","id":true}')
    assert (refused.value.op_id, refused.value.code) == (None, "bad_request")


def test_negotiation() -> None:
    """JSON unless MessagePack was agreed on."""
    assert encoding_for(None) is JSON
    assert encoding_for("navstream.v1.json") is JSON
    assert encoding_for("navstream.v1.msgpack") is MSGPACK
