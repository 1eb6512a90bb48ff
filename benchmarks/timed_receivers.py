"""Bare WebSocket clients for `benchmarks.stalled_clients`: how old messages are when they arrive; some never read.

`python -m benchmarks.timed_receivers PORT`; on stdin `{"tokens": [...], "stalled": N}`, of which the last N stop
reading once they are connected; then a line begins the measurement and another one ends it: the ages in ms, sorted,
are printed.
"""

import asyncio
import json
import os
import socket
import sys
import time

import uvloop

from benchmarks.receivers import Count, Receiver, say

_MARK = b'"traded":'
_RECEIVE_BUFFER_BYTES = 8_192


class TimedReceiver(Receiver):
    """Notes the age of each message."""

    ages: list[float]

    def buffer_updated(self, size: int) -> None:
        super().buffer_updated(size)
        now_us = time.time_ns() / 1_000
        at = self.buffer.find(_MARK, 0, size)
        while at >= 0:
            begins = at + len(_MARK)
            ends = self.buffer.find(b",", begins, size)
            if ends < 0:
                return
            self.ages.append((now_us - int(self.buffer[begins:ends])) / 1_000)
            at = self.buffer.find(_MARK, ends, size)


async def main(port: int) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    count, ages = Count(), list[float]()
    TimedReceiver.ages = ages
    order = json.loads(await reader.readline())
    transports = []
    for number, token in enumerate(order["tokens"]):
        is_stalled = number >= len(order["tokens"]) - order["stalled"]
        raw = socket.socket()
        raw.setblocking(False)
        if is_stalled:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        await loop.sock_connect(raw, ("127.0.0.1", port))
        transport, receiver = await loop.create_connection(lambda token=token: TimedReceiver(token, count), sock=raw)  # type: ignore[misc]
        await receiver.is_up
        if is_stalled:
            transport.pause_reading()
        transports.append(transport)
    say("connected")
    await reader.readline()
    ages.clear()
    await reader.readline()
    say(json.dumps(sorted(ages)))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
