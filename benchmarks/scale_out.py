"""What a second calculator and a second broadcaster add on two cores: `python -m benchmarks.scale_out`.

Calculators are processes of the service, of one and of two. 500 users with 30 of 5,000 stocks each are watched; a newer
price of every stock is written to the feed, and when all 15,000 positions have come back in the value feed, the next
one. Valkey, whoever writes the prices and whoever counts what comes back share the two cores with them.

A broadcaster is what `benchmarks.fanout` runs, from the new states on, pinned to a core that it shares with its 500
clients; two have a core each. No Valkey is behind them.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.peers.fanout import our_rate
from benchmarks.trade_to_client import HELD, SECRET, SYMBOLS, USERS, populate
from realtime.bus.client import Bus, open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.bus.interest import renew_interest
from realtime.bus.prices import write_batch
from realtime.bus.value_feed import Received, ValueFeed
from realtime.clock import WallClock
from realtime.contract.messages import PriceBatch
from realtime.domain.account import SubjectKey
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import all_partitions
from realtime.domain.price import Price, PriceSource
from realtime.embedded import EmbeddedServers, embedded_servers
from realtime.log import Log
from realtime.settings import process_environment
from realtime.store.migrate import migrate
from realtime.store.pool import open_pool
from realtime.up import Supervisor

SWEEPS, WARM_UP_SWEEPS = 30, 3
CLIENTS, ROUNDS = 500, 500
_BATCH = 500
_UP_WITHIN_S = 60.0
_INTEREST_EVERY_S = 5.0


def measure(counts: tuple[int, ...] = (1, 2), sweeps: int = SWEEPS, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Return what so many of each reach together, beside what one reaches alone."""
    valued = {count: asyncio.run(calculators(count, sweeps)) for count in counts}
    sent = {count: broadcasters(count, rounds) for count in counts}
    return [
        *(_row(f"{count}_calculators", "positions/s", rate, valued[counts[0]]) for count, rate in valued.items()),
        *(_row(f"{count}_broadcasters", "messages/s", rate, sent[counts[0]]) for count, rate in sent.items()),
    ]


def _row(name: str, unit: str, rate: float, alone: float) -> dict[str, Any]:
    return {"name": name, "value": rate, "unit": unit, "yardstick": alone, "ratio": rate / alone, "target": None}


async def calculators(count: int, sweeps: int) -> float:
    """Return positions valued and published a second."""
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_servers(Path(folder)) as servers, open_bus(servers.redis_url) as bus:
            await migrate(servers.database_url)
            users = await populate(servers.database_url)
            async with open_pool(servers.database_url) as pool:
                ids = [InstrumentId(str(row["id"])) for row in await pool.fetch("select id from instruments")]
            supervisor = Supervisor(process_environment() | _settings(servers))
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(supervisor.keep(f"calculator {number}", [sys.executable, "-m", "calculator"]))
                    for number in range(count)
                ]
                running.append(tasks.create_task(_stay_interested(bus, [SubjectKey(user, None) for user in users])))
                await _all_watched(bus, count)
                async with _counting(servers.redis_url) as rows:
                    await _sweep(bus, ids, rows, range(WARM_UP_SWEEPS))
                    began = time.perf_counter()
                    await _sweep(bus, ids, rows, range(WARM_UP_SWEEPS, WARM_UP_SWEEPS + sweeps))
                    took_s = time.perf_counter() - began
                for task in running:
                    task.cancel()
            return sweeps * USERS * HELD / took_s


def _settings(servers: EmbeddedServers) -> dict[str, str]:
    return {
        "NAVSTREAM_DATABASE_URL": servers.database_url,
        "NAVSTREAM_REDIS_URL": servers.redis_url,
        "NAVSTREAM_JWT_SECRET": SECRET,
        "NAVSTREAM_LOG_LEVEL": "ERROR",
    }


async def _stay_interested(bus: Bus, subjects: list[SubjectKey]) -> None:
    while True:
        await renew_interest(bus, subjects)
        await asyncio.sleep(_INTEREST_EVERY_S)


async def _all_watched(bus: Bus, count: int) -> None:
    """Wait until the calculators share all partitions and know all positions."""
    async with asyncio.timeout(_UP_WITHIN_S):
        while True:
            facts = [beat.facts for beat in await read_heartbeats(bus) if beat.stage == "calculator" and beat.healthy]
            shares = [int(each.get("partitions") or 0) for each in facts]
            known = sum(int(each.get("watched_positions") or 0) for each in facts)
            if len(facts) == count and min(shares) == max(shares) and known == USERS * HELD:
                return
            await asyncio.sleep(0.2)


class Rows:
    """Positions that have come back in the value feed."""

    def __init__(self) -> None:
        self.count = 0
        self.more = asyncio.Event()

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(_UP_WITHIN_S):
            while self.count < count:
                self.more.clear()
                await self.more.wait()


@asynccontextmanager
async def _counting(redis_url: str) -> AsyncIterator[Rows]:
    """Count positions as the value feed brings them."""
    feed, rows = ValueFeed(redis_url, WallClock(), Log()), Rows()

    async def read() -> None:
        async for event in feed.events():
            if isinstance(event, Received):
                rows.count += sum(len(update.positions) + len(update.repriced) for update in event.batch.updates)
                rows.more.set()

    for partition in all_partitions():
        await feed.watch(partition)
    reading = asyncio.ensure_future(read())
    await asyncio.sleep(1)
    try:
        yield rows
    finally:
        reading.cancel()
        await asyncio.wait({reading})


async def _sweep(bus: Bus, ids: list[InstrumentId], rows: Rows, numbers: range) -> None:
    """Let every price move, again and again, each time when everybody has been valued at the one before."""
    for number in numbers:
        goal = rows.count + USERS * HELD
        now = WallClock().now()
        prices = [
            Price(
                instrument_id=each,
                price=Decimal(10_000 + (number * 37 + place * 11) % 5_000) / 100,
                time=now + timedelta(microseconds=number),
                source=PriceSource.TRADE,
                revision=0,
                previous_close=Decimal("101.25"),
                previous_close_date=now.date() - timedelta(days=1),
                received_ns=1,
            )
            for place, each in enumerate(ids)
        ]
        for first in range(0, SYMBOLS, _BATCH):
            await write_batch(bus, PriceBatch(tuple(prices[first : first + _BATCH]), 0))
        await rows.reach(goal)


def broadcasters(count: int, rounds: int) -> float:
    """Return messages a second of so many broadcasters at once."""
    command = [sys.executable, "-m", "benchmarks.scale_out", "--broadcaster"]
    running = [
        subprocess.Popen([*command, str(core), str(rounds)], stdout=subprocess.PIPE, text=True)
        for core in sorted(os.sched_getaffinity(0))[:count]
    ]
    outs = [process.communicate()[0] for process in running]
    return sum(float(out.splitlines()[-1]) for out in outs)


def one_broadcaster(core: int, rounds: int) -> float:
    """Return the messages a second of a broadcaster that has a core together with its clients."""
    os.sched_setaffinity(0, {core})
    return uvloop.run(our_rate(CLIENTS, rounds))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--broadcaster"]:
        print(one_broadcaster(int(sys.argv[2]), int(sys.argv[3])))
    else:
        for row in measure():
            print(row)
