"""Fan-out: messages a second to 1,000 sockets, and the memory of a connected client.

Each client follows the portfolio of a user of its own and every round changes them all, so that no two messages are
the same. `fanout` is what the fan-out itself adds to a message whose shared part is encoded: choose, number, frame and
write. `fanout_from_states` begins one step earlier, at the new state: compare and encode too, for one client each,
which is the worst case. The yardstick is picows sending messages of the same size, ready made. Clients are bare
sockets in a process of their own; a round is sent when the one before is written. Making and freeing states, and the
yardstick's messages, is not in the measured time.
"""

import asyncio
import gc
import json
import math
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import picows
import uvloop

from benchmarks.connected import TOKENS, connected
from broadcaster.channels import Channel, Channels, State, parse_channel
from broadcaster.client import STATES_KEPT
from broadcaster.desk import Desk
from broadcaster.encoding import JSON
from broadcaster.fanout import Fanout
from broadcaster.market import Market
from broadcaster.protocol import ErrorCode, Limits
from broadcaster.retained import RetainedStates
from broadcaster.server import Broadcaster, Door
from broadcaster.sources import Sources
from realtime.bus.client import open_bus
from realtime.clock import MarketClock, WallClock
from realtime.contract.shapes import figures_data
from realtime.domain.account import UserId
from realtime.domain.value import Figures
from realtime.log import Log

CLIENTS = 1000
ROUNDS = 30
RUNS = 4
AS_OF = "2026-11-20T15:30:00.123456Z"
_BASE = Figures(
    market_value=Decimal("104250.25"),
    cash=Decimal("1500.00"),
    total_value=Decimal("105750.25"),
    cost_basis=Decimal("90000.00"),
    unrealized_gain=Decimal("14250.25"),
    unrealized_gain_pct=Decimal("15.8336"),
    day_change=Decimal("250.25"),
    day_change_pct=Decimal("0.2372"),
    live_coverage=Decimal("0.9300"),
    stale_since=None,
    stale_count=0,
    unpriced_count=0,
    uncosted_count=0,
    estimated_value=Decimal("7300.00"),
    positions_count=30,
    currency="USD",
    session="regular",
    holdings_as_of=datetime(2026, 11, 20, 7, tzinfo=UTC),
)


def measure() -> list[dict[str, Any]]:
    """Return the best of a few runs beside the best of as many of the yardstick, and the memory of a client."""
    runs = [
        (uvloop.run(picows_rate()), uvloop.run(fanout_rate(encoded=True)), uvloop.run(fanout_rate(encoded=False)))
        for _ in range(RUNS)
    ]
    yardstick, ready, from_states = (max(column) for column in zip(*runs, strict=True))
    done = subprocess.run([sys.executable, "-m", "benchmarks.fanout", "--kib"], check=True, stdout=subprocess.PIPE)
    return [
        _row("fanout", ready, yardstick, ">= 0.75"),
        _row("fanout_from_states", from_states, yardstick, None),
        {
            "name": "kib_per_client",
            "value": json.loads(done.stdout),
            "unit": "KiB",
            "yardstick": None,
            "ratio": None,
            "target": "<= 25",
        },
    ]


def _row(name: str, value: float, yardstick: float, target: str | None) -> dict[str, Any]:
    ratio = value / yardstick
    return {
        "name": name,
        "value": value,
        "unit": "messages/s",
        "yardstick": yardstick,
        "ratio": ratio,
        "target": target,
    }


class OneUserEach(Sources):
    """Channels without a database or Redis behind them."""

    def __init__(self) -> None:
        self.channels = Channels()

    async def open(self, user_id: UserId, text: str) -> Channel | ErrorCode:
        name = parse_channel(text)
        assert name is not None
        channel = self.channels.open(user_id, name)
        if channel.state is None:
            channel.show(State(AS_OF, figures_data(_BASE)))
        return channel


@asynccontextmanager
async def broadcaster_running() -> AsyncIterator[tuple[int, Broadcaster, Fanout, OneUserEach]]:
    clock, log, sources, fanout = WallClock(), Log(), OneUserEach(), Fanout()
    async with open_bus("redis://127.0.0.1:1/0") as bus:  # never asked
        desk = Desk(
            tokens=TOKENS,
            limits=Limits(500, 1 << 20, math.inf),
            heartbeat_s=15.0,
            sources=sources,
            fanout=fanout,
            retained=RetainedStates(),
            market=Market(bus, fanout, clock, MarketClock.real(clock)),
        )
        broadcaster = Broadcaster(Door("127.0.0.1", 0, 100_000, 10.0), desk, clock, log)
        async with broadcaster.listening() as port:
            yield port, broadcaster, fanout, sources


async def fanout_rate(*, encoded: bool) -> float:
    """Return deltas a second, from encoded bodies or from states."""
    async with broadcaster_running() as (port, _, fanout, sources), connected(port, CLIENTS) as clients:
        await until(lambda: fanout.messages_count >= CLIENTS)
        channels = list(sources.channels)
        await settle()
        before, spent_s = fanout.bytes_count, 0.0
        alive: deque[list[State]] = deque(maxlen=STATES_KEPT + 2)
        for number in range(ROUNDS):
            states = [state(number, place) for place in range(CLIENTS)]
            alive.append(states)
            if encoded:
                for channel, state in zip(channels, states, strict=True):
                    state.body_after(channel.state, channel, JSON)
            for channel, state in zip(channels, states, strict=True):
                channel.show(state)
            goal = fanout.messages_count + CLIENTS
            started = time.perf_counter()
            fanout.changed(channels)
            while fanout.messages_count < goal:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            spent_s += time.perf_counter() - started
        started = time.perf_counter()
        await clients.receive(fanout.bytes_count - before)
        return ROUNDS * CLIENTS / (spent_s + time.perf_counter() - started)


async def picows_rate() -> float:
    """Return messages of the same size a second through picows."""
    transports: list[picows.WSTransport] = []

    class Listener(picows.WSListener):
        def on_ws_connected(self, transport: picows.WSTransport) -> None:
            transports.append(transport)

    server = await picows.ws_create_server(lambda _request: Listener(), "127.0.0.1", 0)
    async with connected(server.sockets[0].getsockname()[1], CLIENTS) as clients:
        await until(lambda: len(transports) == CLIENTS)
        await settle()
        sent, spent_s = 0, 0.0
        for number in range(ROUNDS):
            payloads = [_payload(number, place) for place in range(CLIENTS)]
            started = time.perf_counter()
            for transport, payload in zip(transports, payloads, strict=True):
                transport.send(picows.WSMsgType.TEXT, payload)
            await asyncio.sleep(0)
            spent_s += time.perf_counter() - started
            sent += sum(map(len, payloads)) + 4 * CLIENTS
        started = time.perf_counter()
        await clients.receive(sent)
        spent_s += time.perf_counter() - started
    server.close()
    return ROUNDS * CLIENTS / spent_s


def _payload(number: int, place: int) -> bytes:
    name = parse_channel("portfolio")
    assert name is not None
    body = state(number + 1, place).body_after(state(number, place), Channel(UserId(""), name), JSON)
    assert body is not None
    return JSON.frame(body, "", number + 2)[4:]


async def kib_per_client() -> float:
    """Return what a connected, authenticated client with a portfolio and a few deltas adds to the process, KiB."""
    async with broadcaster_running() as (port, _, fanout, sources):
        async with connected(port, 50):
            await until(lambda: fanout.messages_count >= 50)
        await settle()
        before, count = resident_kib(), fanout.messages_count
        async with connected(port, 2 * CLIENTS):
            await until(lambda: fanout.messages_count >= count + 2 * CLIENTS)
            channels = list(sources.channels)
            for number in range(5):
                goal = fanout.messages_count + 2 * CLIENTS
                for place, channel in enumerate(channels):
                    channel.show(state(number, place))
                fanout.changed(channels)
                await until(lambda goal=goal: fanout.messages_count >= goal)  # type: ignore[misc]
            await settle()
            return (resident_kib() - before) / (2 * CLIENTS)


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4


def state(number: int, place: int) -> State:
    cents = Decimal(number * CLIENTS + place + 1) / 100
    return State(
        AS_OF,
        figures_data(
            replace(
                _BASE,
                market_value=_BASE.market_value + cents,
                total_value=_BASE.total_value + cents,
                unrealized_gain=cast("Decimal", _BASE.unrealized_gain) + cents,
                unrealized_gain_pct=cast("Decimal", _BASE.unrealized_gain_pct) + Decimal(number + 1) / 10000,
                day_change=cast("Decimal", _BASE.day_change) + cents,
                day_change_pct=cast("Decimal", _BASE.day_change_pct) + Decimal(number + 1) / 10000,
            )
        ),
    )


async def settle() -> None:
    gc.collect()
    await asyncio.sleep(0.2)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


if __name__ == "__main__":
    if sys.argv[1:] == ["--kib"]:
        print(uvloop.run(kib_per_client()))
    else:
        for row in measure():
            print(row)
