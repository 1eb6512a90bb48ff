"""How our connection differs from the library's, and that its state is the library's."""

from collections.abc import Callable

import pytest
from websockets.frames import CloseCode as LibraryCloseCode
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from broadcaster.protocol import CloseCode
from broadcaster.wire import WireProtocol

_REQUEST = (
    b"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def open_protocol() -> tuple[WireProtocol, list[State]]:
    """A protocol after its handshake, and what it tells of its state."""
    protocol = WireProtocol(subprotocols=[Subprotocol("a"), Subprotocol("b")], max_size=1000)
    protocol.receive_data(_REQUEST)
    (request,) = protocol.events_received()
    assert isinstance(request, Request)
    told: list[State] = []
    protocol.on_state = told.append
    protocol.send_response(protocol.accept(request))
    assert told == [State.OPEN]
    told.clear()
    return protocol, told


def masked(opcode: Opcode, data: bytes) -> bytes:
    return bytes(Frame(opcode, data).serialize(mask=True))


def test_the_state_is_the_librarys() -> None:
    """It is read and set through the one property that we watch."""
    protocol, told = open_protocol()
    assert protocol.state is State.OPEN
    assert ServerProtocol.state.fget(protocol) is State.OPEN  # type: ignore[attr-defined]
    protocol.send_close(1000)
    assert told == [State.CLOSING]
    assert ServerProtocol.state.fget(protocol) is State.CLOSING  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "end",
    [
        lambda protocol: protocol.send_close(1012),
        lambda protocol: protocol.fail(4400),
        lambda protocol: protocol.receive_eof(),
        lambda protocol: protocol.receive_data(masked(Opcode.CLOSE, b"\x03\xe8")),
        lambda protocol: protocol.receive_data(b"\xff" * 20),
        lambda protocol: protocol.receive_data(masked(Opcode.TEXT, b"x" * 1001)),
    ],
)
def test_every_way_of_closing_is_told(end: Callable[[WireProtocol], None]) -> None:
    """Nobody writes a message after a close frame: each way out of OPEN is told as it happens."""
    protocol, told = open_protocol()
    end(protocol)
    assert told[0] in {State.CLOSING, State.CLOSED}


def test_too_large_is_our_code() -> None:
    """4413 instead of 1009, known from the header alone; other failures keep the library's code."""
    protocol, _ = open_protocol()
    protocol.receive_data(masked(Opcode.TEXT, b"x" * 1001)[:8])
    assert protocol.close_sent is not None
    assert protocol.close_sent.code == CloseCode.TOO_LARGE
    other, _ = open_protocol()
    other.fail(LibraryCloseCode.PROTOCOL_ERROR)
    assert other.close_sent is not None
    assert other.close_sent.code == 1002


@pytest.mark.parametrize(
    ("offered", "chosen"), [([], None), (["x"], None), (["x", "b"], "b"), (["b", "a"], "b"), (["a"], "a")]
)
def test_subprotocols(offered: list[str], chosen: str | None) -> None:
    """The client's order counts; none is fine."""
    protocol, _ = open_protocol()
    assert protocol.select_subprotocol([Subprotocol(name) for name in offered]) == chosen
