"""Bare WebSocket clients for `benchmarks.fanout`: connect, subscribe to `portfolio`, count what arrives.

`python -m benchmarks.receivers PORT`; on stdin a list of tokens, one a client, then numbers of bytes to wait for, or
"last": each client's last message is printed (which must have arrived alone).
"""

import asyncio
import json
import math
import sys
from typing import cast

import uvloop

_HANDSHAKE = (
    "GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {}\r\n\r\n"
)
_SUBSCRIBE = b'{"op":"subscribe","channels":["portfolio"]}'
_QUIET_S = 0.15


class Count:
    """Bytes that have arrived and those that somebody waits for."""

    def __init__(self) -> None:
        self.received = 0
        self.wanted = math.inf
        self.reached = asyncio.Event()


class Receiver(asyncio.BufferedProtocol):
    """One client; all share a buffer, of which each keeps what it received last."""

    buffer = bytearray(1 << 18)

    def __init__(self, token: str, count: Count) -> None:
        self.token = token
        self.count = count
        self.received = bytearray()
        self.is_up = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.writer = cast("asyncio.Transport", transport)
        self.writer.write(_HANDSHAKE.format(self.token).encode())

    def get_buffer(self, _hint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, size: int) -> None:
        if not self.is_up.done():
            self.is_up.set_result(None)
            self.writer.write(bytes((0x81, 0x80 | len(_SUBSCRIBE), 0, 0, 0, 0)) + _SUBSCRIBE)
        self.received = self.buffer[:size]
        self.count.received += size
        if self.count.received >= self.count.wanted:
            self.count.reached.set()


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    count, receivers = Count(), []
    for token in json.loads(await reader.readline()):
        _, receiver = await loop.create_connection(lambda token=token: Receiver(token, count), "127.0.0.1", port)  # type: ignore[misc]
        await receiver.is_up
        receivers.append(receiver)
    say("connected")
    await asyncio.sleep(_QUIET_S)
    count.received = 0
    while line := await reader.readline():
        wanted = json.loads(line)
        if wanted == "last":
            say(json.dumps([text_of(receiver.received) for receiver in receivers]))
        else:
            await reached(count, wanted)
            say("received")


async def reached(count: Count, wanted: int) -> None:
    """Wait for so many bytes more."""
    count.wanted = wanted
    if count.received < count.wanted:
        count.reached.clear()
        await count.reached.wait()
    count.received -= wanted
    count.wanted = math.inf


def text_of(frame: bytearray) -> str:
    """Return the text of one whole frame, from a server."""
    size, header = frame[1], 2
    if size == 126:
        size, header = int.from_bytes(frame[2:4], "big"), 4
    assert len(frame) == header + size, "it has not arrived alone"
    return frame[header:].decode()


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
