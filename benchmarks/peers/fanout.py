"""Fan-out beside FastAPI's and Node ws's: 1,000 clients, each of whom is sent a message of his own in every round.

All send the same fields of the same new states as JSON over bare WebSockets, one round when the one before is written.
Ours is the broadcaster from the new state on: it finds out which fields have changed, encodes, numbers and queues them
with a bound. The peers are told what to send, and only encode and send it; they are written as their documentation does
it (`await websocket.send_json(...)` in turn, `client.send(JSON.stringify(...))`). Each server has a process of its own,
the clients another one. In the end every client's total must be what it should be, to the cent.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.connected import Clients, connected
from benchmarks.fanout import OneUserEach, broadcaster_running, settle, state, until
from broadcaster.channels import Channel, parse_channel
from broadcaster.encoding import JSON
from broadcaster.fanout import Fanout
from realtime.domain.account import UserId
from tools.build_dashboard import find_npm

CLIENTS, ROUNDS, RUNS = 1_000, 50, 3
_WARM_UP_ROUNDS = 5
PEERS = ("starlette", "ws")
_SERVERS = {
    "starlette": (sys.executable, "-m", "benchmarks.peers.starlette_server"),
    "ws": ("node", str(Path(__file__).parent / "node" / "server.js")),
}
_LINE_BYTES_MAX = 1 << 24

Round = Callable[[int], Awaitable[tuple[float, int]]]


def measure(clients: int = CLIENTS, rounds: int = ROUNDS, runs: int = RUNS) -> list[dict[str, Any]]:
    """Return the best of a few runs of ours beside the best of each peer's, alternating."""
    ours, theirs, versions = 0.0, dict.fromkeys(PEERS, 0.0), dict[str, str]()
    for _ in range(runs):
        ours = max(ours, uvloop.run(our_rate(clients, rounds)))
        for peer in PEERS:
            rate, versions[peer] = uvloop.run(peer_rate(peer, clients, rounds))
            theirs[peer] = max(theirs[peer], rate)
    return [
        {
            "work": f"fan-out to {clients:,} clients, each a message of its own",
            "unit": "messages/s",
            "ours": ours,
            "peer": versions[peer],
            "theirs": theirs[peer],
            "times": ours / theirs[peer],
        }
        for peer in PEERS
    ]


async def our_rate(count: int, rounds: int) -> float:
    """Return the messages a second of the broadcaster, from the new states on."""
    async with broadcaster_running() as (port, _, fanout, sources), connected(port, count) as clients:
        await until(lambda: fanout.messages_count >= count)
        return await _rate(_our_round(fanout, sources), clients, count, rounds)


def _our_round(fanout: Fanout, sources: OneUserEach) -> Round:
    channels = list(sources.channels)

    async def send(number: int) -> tuple[float, int]:
        for place, channel in enumerate(channels):
            channel.show(state(number, place))
        before, goal = fanout.bytes_count, fanout.messages_count + len(channels)
        began = time.perf_counter()
        fanout.changed(channels)
        while fanout.messages_count < goal:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return time.perf_counter() - began, fanout.bytes_count - before

    return send


async def peer_rate(peer: str, count: int, rounds: int) -> tuple[float, str]:
    """Return a peer's messages a second, and its version."""
    async with _peer_running(peer) as (server, told), connected(told["port"], count) as clients:
        return await _rate(_peer_round(server, count), clients, count, rounds), told["version"]


@asynccontextmanager
async def _peer_running(peer: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    find_npm()  # puts a Node on the path where the machine has none
    process = await asyncio.create_subprocess_exec(
        *_SERVERS[peer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=_LINE_BYTES_MAX
    )
    try:
        yield process, await _answer(process)
    finally:
        process.terminate()
        await process.wait()


def _peer_round(server: asyncio.subprocess.Process, count: int) -> Round:
    async def send(number: int) -> tuple[float, int]:
        assert server.stdin is not None
        messages = [json.loads(_message(number, place)) for place in range(count)]
        server.stdin.write(json.dumps(messages).encode() + b"\n")
        answer = await _answer(server)
        return answer["spent_s"], answer["bytes"]

    return send


async def _answer(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    answer: dict[str, Any] = json.loads(await process.stdout.readline())
    return answer


def _message(number: int, place: int) -> str:
    """Return what the broadcaster would send after the state before."""
    name = parse_channel("portfolio")
    assert name is not None
    body = state(number, place).body_after(state(number - 1, place), Channel(UserId(""), name), JSON)
    assert body is not None
    return JSON.frame(body, "", number + 2)[4:].decode()


async def _rate(send: Round, clients: Clients, count: int, rounds: int) -> float:
    """Send rounds until the clients have them; then one more, which arrives alone, to look at what each was told."""
    await settle()
    for number in range(_WARM_UP_ROUNDS):
        _, size = await send(number)
        await clients.receive(size)
    spent_s, sent = 0.0, 0
    for number in range(_WARM_UP_ROUNDS, _WARM_UP_ROUNDS + rounds):
        round_s, size = await send(number)
        spent_s, sent = spent_s + round_s, sent + size
    began = time.perf_counter()
    await clients.receive(sent)
    spent_s += time.perf_counter() - began
    last = _WARM_UP_ROUNDS + rounds
    _, size = await send(last)
    await clients.receive(size)
    told = sorted(Decimal(str(json.loads(text)["data"]["total_value"])) for text in await clients.last())
    assert told == sorted(state(last, place).data["total_value"] for place in range(count)), "totals differ"
    return rounds * count / spent_s


if __name__ == "__main__":
    for row in measure():
        print(row)
