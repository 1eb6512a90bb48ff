"""Market-data intake: messages a second from a socket through the real alpaca-py to the collector's loop, frames of 10.

The yardstick decodes the same frames alone. A server in a process of its own sends frames that were built before.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from typing import Any

import msgpack
import uvloop
from websockets.asyncio.server import ServerConnection, serve

from realtime.domain.asset_class import MarketStream
from symbol_collector.alpaca_stream import AlpacaStream
from symbol_collector.garbage import look_for_cycles_less_often
from symbol_collector.inbox import Inbox

FRAME_MESSAGES = 10
FRAMES_BUILT = 2_000
ROUNDS = 40
SYMBOLS = [f"Q{chr(65 + number // 26)}{chr(65 + number % 26)}" for number in range(500)]
MESSAGES_COUNT = FRAME_MESSAGES * FRAMES_BUILT * ROUNDS
RUNS = 3
TIMEOUT_S = 20.0


def measure() -> dict[str, Any]:
    """Return the best of a few runs beside the best of as many runs of the yardstick, alternating."""
    frames = build_frames()
    look_for_cycles_less_often()  # as the collector's process does; the yardstick profits too
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.intake", "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        runs = [(decode_rate(frames), uvloop.run(intake_rate(port))) for _ in range(RUNS)]
    finally:
        server.terminate()
        server.wait()
    yardstick, value = max(run[0] for run in runs), max(run[1] for run in runs)
    return {
        "name": "intake",
        "value": value,
        "unit": "messages/s",
        "yardstick": yardstick,
        "ratio": value / yardstick,
        "target": ">= 0.6",
    }


def build_frames() -> list[bytes]:
    """Return frames of trades as Alpaca sends them, most of them odd lots."""
    choose = random.Random(7)
    return [
        msgpack.packb([_trade(choose, frame * FRAME_MESSAGES + place) for place in range(FRAME_MESSAGES)])
        for frame in range(FRAMES_BUILT)
    ]


def _trade(choose: random.Random, number: int) -> dict[str, Any]:
    return {
        "T": "t",
        "S": choose.choice(SYMBOLS),
        "i": 52_983_525_000_000 + number,
        "x": choose.choice("DQPZK"),
        "p": choose.randrange(1_000, 60_000) / 100,
        "s": choose.randrange(1, 400),
        "c": ["@", "I"] if choose.random() < 0.6 else ["@"],
        "z": "C",
        "t": msgpack.Timestamp(1_795_206_281 + number // 1_000, number % 1_000 * 1_000_000),
    }


def decode_rate(frames: list[bytes]) -> float:
    """Return the messages a second of decoding alone."""
    unpack = msgpack.unpackb
    began = time.perf_counter()
    for _ in range(ROUNDS):
        for frame in frames:
            unpack(frame, timestamp=2)
    return MESSAGES_COUNT / (time.perf_counter() - began)


async def intake_rate(port: int) -> float:
    """Return the messages a second from the first one taken out of the inbox to the last."""
    inbox = Inbox(asyncio.get_running_loop(), messages_max=MESSAGES_COUNT + 1)
    stream = AlpacaStream(MarketStream.STOCK, f"ws://127.0.0.1:{port}/v2/sip", "key", "secret", inbox, lambda: None)
    stream.start(SYMBOLS)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            frames = await inbox.take()
            began, first = time.perf_counter(), sum(len(frame.messages) for frame in frames)
            taken = first
            while taken < MESSAGES_COUNT:
                taken += sum(len(frame.messages) for frame in await inbox.take())
            elapsed_s = time.perf_counter() - began
    finally:
        stream.stop()
        await asyncio.to_thread(stream.join, 3)
    assert inbox.conflated_count == 0
    return (taken - first) / elapsed_s


async def send(connection: ServerConnection) -> None:
    """Greet, accept, acknowledge, and send every frame as fast as the client reads."""
    frames = [b"\x82" + _length(len(frame)) + frame for frame in build_frames()]
    await connection.send(msgpack.packb([{"T": "success", "msg": "connected"}]))
    await connection.recv()
    await connection.send(msgpack.packb([{"T": "success", "msg": "authenticated"}]))
    wanted = msgpack.unpackb(await connection.recv())
    await connection.send(msgpack.packb([{"T": "subscription", "trades": wanted["trades"]}]))
    await asyncio.sleep(0.2)
    for _ in range(ROUNDS):
        for start in range(0, len(frames), 100):
            connection.transport.write(b"".join(frames[start : start + 100]))
            await connection.drain()
    await connection.wait_closed()


def _length(size: int) -> bytes:
    return bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")


async def serve_frames() -> None:
    async with serve(send, "127.0.0.1", 0, compression=None) as server:
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", action="store_true")
    if parser.parse_args().serve:
        uvloop.run(serve_frames())
    else:
        print(json.dumps(measure()))
