"""A client's WebSocket: the library's connection, with our close codes, our flow control and a direct way to write.

What is ours and why (docs/decisions/0011): the library's `send` costs a coroutine, two context managers and a Frame
object for each message, about as long as three writes; `write` hands a ready frame to the transport. It keeps the
library's state right because our frames are whole: not compressed (no extension is negotiated), never fragmented (so
none of ours lands between fragments), and written only while the connection is open (`write` is replaced in the very
step in which the protocol's state turns to closing). Reading, pongs and the closing handshake stay the library's.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import CloseCode as LibraryCloseCode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from broadcaster.protocol import CloseCode

HIGH_WATER_BYTES = 32_768
LOW_WATER_BYTES = 8_192
_SOCKET_BUFFER_BYTES = 65_536
"""Asked of the kernel for each socket. Bounds what a stalled client holds, and how old what is under way can be."""

_PONGS_BYTES_MAX = 65_536
_ABORT_AFTER_S = 3.0


class WireProtocol(ServerProtocol):
    """The library's protocol, with an optional subprotocol and our close code for a message that is too large.

    A message's size is known from a frame's header: nothing of it is read before the connection fails.

    Attributes:
        on_state: Told of every change of the connection's state, as it happens.
    """

    on_state: Callable[[State], None] | None = None

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Return the first that the client offers and we know; a client that offers none speaks JSON."""
        return next((name for name in subprotocols if name in (self.available_subprotocols or ())), None)

    @property
    def state(self) -> State:
        """The library's own state."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        if self.on_state is not None:
            self.on_state(state)

    def fail(self, code: LibraryCloseCode | int, reason: str = "") -> None:
        super().fail(CloseCode.TOO_LARGE if code == LibraryCloseCode.MESSAGE_TOO_BIG else code, reason)


class Wire(ServerConnection):
    """One connection.

    Write buffer: bounded to the high water mark and one message. When full: `has_room` is False and nothing more is
    written until it has drained to the low water mark, which `on_room` is told.

    Attributes:
        write: Writes a whole frame; does nothing unless the connection is open.
        heard_at: Loop time at which the client last sent anything, pongs included.
        has_room: Whether what was written before is on its way to the client.
        full_since: Loop time since which the buffer has been full; None while there is room.
    """

    # What fan-out touches for each message lies in the object itself, not in its dictionary.
    __slots__ = ("has_room", "write")

    def __init__(self, protocol: ServerProtocol, server: Server, **options: Any) -> None:
        """Take the place of the library's connection; options are its own."""
        ours = WireProtocol(
            origins=protocol.origins,
            subprotocols=protocol.available_subprotocols,
            max_size=protocol.max_message_size,
            logger=server.logger,
        )
        super().__init__(ours, server, **options)
        self.heard_at = self.loop.time()
        ours.on_state = self._state_changed
        self.has_room = True
        self.write: Callable[[bytes], None] = _drop
        self.full_since: float | None = None
        self.on_room: Callable[[], None] | None = None
        self._pongs_bytes = 0
        self._is_shut = False

    @property
    def is_open(self) -> bool:
        """Whether messages may be sent."""
        return self.protocol.state is State.OPEN

    def limit_messages(self, bytes_max: int) -> None:
        """Accept messages up to this size from now on."""
        self.protocol.max_message_size = bytes_max

    def probe(self) -> None:
        """Send a ping; any answer shows in `heard_at`."""
        if self.is_open:
            self.protocol.send_ping(b"")
            self.send_data()

    def shut(self, code: CloseCode, reason: str) -> None:
        """Start to close, without waiting; the connection is cut when the client does not finish in time."""
        if self._is_shut:
            return
        self._is_shut = True
        if self.is_open:
            self.protocol.send_close(code, reason)
            with suppress(OSError, RuntimeError):
                self.send_data()
        self.loop.call_later(_ABORT_AFTER_S, self.transport.abort)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        if self.full_since is None:
            super().data_received(data)
            return
        # The library answers pings whether or not the client reads: bounded here.
        before = self.transport.get_write_buffer_size()
        super().data_received(data)
        self._pongs_bytes += self.transport.get_write_buffer_size() - before
        if self._pongs_bytes > _PONGS_BYTES_MAX:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.has_room = False
        self.full_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.has_room = True
        self.full_since = None
        self._pongs_bytes = 0
        if self.on_room is not None:
            self.loop.call_soon(self._tell_room)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.on_room = None

    def _state_changed(self, state: State) -> None:
        self.write = self.transport.write if state is State.OPEN else _drop

    def _tell_room(self) -> None:
        if self.on_room is not None:
            self.on_room()


def _drop(_frame: bytes) -> None:
    """Write nothing: the connection is not open."""
