"""10,000 clients of one broadcaster on one core, a tenth of whom never read: what the others notice of it.

Every client's portfolio changes once a second. Measured is how old messages are when they reach the clients that read,
once while all do (the yardstick) and once while 1,000 of the 10,000 do not. `python -m benchmarks.stalled_clients
--minutes 10` goes on for so long with the stalled ones and prints the memory as it goes.
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from typing import Any

import uvloop

from benchmarks.connected import token
from benchmarks.fanout import AS_OF, broadcaster_running, resident_kib, state, until
from broadcaster.channels import Channel, State
from broadcaster.fanout import Fanout
from broadcaster.protocol import Times
from broadcaster.server import Broadcaster

CLIENTS, STALLED = 10_000, 1_000
MEASURE_S = 20.0
_EVERY_S = 0.01
_FILL_ROUNDS = 3_000
_CONNECT_WITHIN_S = 120.0


def measure() -> list[dict[str, Any]]:
    """Return the others' p99 beside that of the run without stalled clients, and how much memory grew."""
    alone, _ = uvloop.run(run(0, MEASURE_S))
    ages, memory = uvloop.run(run(STALLED, MEASURE_S))
    value, base = _p99(ages), _p99(alone)
    return [
        {
            "name": "stalled_clients_p99",
            "value": value,
            "unit": f"ms, {CLIENTS:,} clients of whom {STALLED:,} never read",
            "yardstick": base,
            "ratio": value / base,
            "target": "<= 1.5",
        },
        {
            "name": "stalled_clients_memory",
            "value": (memory[-1] / memory[0] - 1) * 100,
            "unit": f"% more resident memory after {MEASURE_S:.0f} s",
            "yardstick": None,
            "ratio": None,
            "target": None,
        },
    ]


async def run(stalled: int, seconds: float) -> tuple[list[float], list[int]]:
    """Return the ages that those who read saw, ms, sorted, and the resident memory over time, KiB."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    async with broadcaster_running() as (port, broadcaster, fanout, sources):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.timed_receivers", str(port)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            limit=1 << 27,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        order = {"tokens": [token(number) for number in range(CLIENTS)], "stalled": stalled}
        process.stdin.write(json.dumps(order).encode() + b"\n")
        async with asyncio.timeout(_CONNECT_WITHIN_S):
            assert await process.stdout.readline() == b"connected\n"
        await until(lambda: len(sources.channels) == CLIENTS)
        channels = list(sources.channels)
        await _fill(broadcaster, fanout, channels[CLIENTS - stalled :])
        gc.collect()
        gc.freeze()
        await _change(fanout, channels, 3.0)
        process.stdin.write(b"\n")
        memory = await _change(fanout, channels, seconds)
        process.stdin.write(b"\n")
        ages: list[float] = json.loads(await process.stdout.readline())
        process.stdin.close()
        await process.wait()
        return ages, memory


async def _fill(broadcaster: Broadcaster, fanout: Fanout, channels: list[Channel]) -> None:
    """Send to those who do not read until nothing more fits between us and them."""
    full = 0
    for number in range(_FILL_ROUNDS):
        full = sum(not client.writer.has_room for client in broadcaster.clients.values())
        if full == len(channels):
            return
        for place, channel in enumerate(channels):
            channel.show(state(number, place))
        fanout.changed(channels)
        await asyncio.sleep(0.02)
    raise RuntimeError(f"{full} clients are stalled, not {len(channels)}")


async def _change(fanout: Fanout, channels: list[Channel], seconds: float) -> list[int]:
    """Change every channel once a second, a few at a time; return the resident memory at each second."""
    loop = asyncio.get_running_loop()
    share = int(CLIENTS * _EVERY_S)
    memory = [resident_kib()]
    began = due = loop.time()
    number = 0
    while loop.time() < began + seconds:
        first = number * share % CLIENTS
        some = channels[first : first + share]
        now_us = time.time_ns() // 1_000
        for place, channel in enumerate(some):
            made = state(number % 1_000, first + place)
            channel.show(State(AS_OF, made.data, Times(now_us, now_us, now_us, 0)))
        fanout.changed(some)
        number += 1
        if number % round(1 / _EVERY_S) == 0:
            memory.append(resident_kib())
        due += _EVERY_S
        await asyncio.sleep(max(0.0, due - loop.time()))
    return memory


def _p99(ages: list[float]) -> float:
    return ages[int(len(ages) * 0.99)]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--minutes"]:
        minutes = float(sys.argv[2])
        seen, kib = uvloop.run(run(STALLED, minutes * 60))
        print(f"p99 {_p99(seen):.2f} ms; resident MiB each minute: {[round(each / 1024) for each in kib[::60]]}")
    else:
        for row in measure():
            print(row)
