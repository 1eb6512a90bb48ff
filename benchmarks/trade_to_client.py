"""From a trade at the market to a delta at a WebSocket client, through every live stage.

500 users hold 30 of 5,000 symbols each and one client each watches his positions. The yardstick is a bare relay of the
same trades to the same clients (benchmarks/relay.py), measured in the same run.
"""

import asyncio
import json
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from benchmarks.feed import symbol_of
from realtime.auth import Tokens
from realtime.bus.client import open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.embedded import EmbeddedServers, embedded_servers
from realtime.settings import process_environment
from realtime.store.migrate import migrate
from realtime.store.pool import open_pool
from realtime.up import Supervisor, stages_up

USERS, HELD, SYMBOLS = 500, 30, 5_000
MODERATE_RATE, BURST_RATE = 1_000, 50_000
WARM_UP_S, MEASURE_S = 5.0, 10.0
STAGES = ("symbol_collector", "calculator", "broadcaster")
SECRET = "a-benchmark-secret-of-more-than-32-bytes"


def measure() -> list[dict[str, Any]]:
    return asyncio.run(_measure())


async def _measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_servers(Path(folder)) as servers:
            await migrate(servers.database_url)
            users = await populate(servers.database_url)
            bare = await _relay_ages(users, MODERATE_RATE)
            served, _ = await service_ages(servers, users, MODERATE_RATE)
            burst, grown = await service_ages(servers, users, BURST_RATE)
    return [
        _row("trade_to_client_p50", served, bare, 0.50, "<= 4"),
        _row("trade_to_client_p99", served, bare, 0.99, "<= 6"),
        {
            "name": "burst_p99_ms",
            "value": quantile(burst, 0.99),
            "unit": f"ms, {BURST_RATE:,} trades/s; memory grew {grown:.0%}",
            "yardstick": quantile(bare, 0.99),
            "ratio": None,
            "target": "<= 250 ms",
        },
    ]


async def populate(url: str) -> dict[UserId, list[str]]:
    """Fill the database; return each user's symbols."""
    draw = random.Random(11)
    instruments = [(uuid4(), symbol_of(number)) for number in range(SYMBOLS)]
    users: dict[UserId, list[str]] = {}
    async with open_pool(url) as pool:
        await pool.executemany(
            """insert into instruments (id, symbol, asset_class, currency, name, listed)
               values ($1, $2, 'equity', 'USD', $2, true)""",
            instruments,
        )
        for number in range(USERS):
            user, connection, account = uuid4(), uuid4(), uuid4()
            await pool.execute("insert into users (id, name) values ($1, $2)", user, f"user {number}")
            await pool.execute(
                """insert into connections (id, user_id, provider, provider_connection_id)
                   values ($1, $2, 'alpaca', $3)""",
                *(connection, user, str(connection)),
            )
            await pool.execute(
                """insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id,
                   account_type, name, currency, holdings_version)
                   values ($1, $2, $3, $4, 'alpaca', $2, 'brokerage', 'account', 'USD', 1)""",
                *(account, f"alpaca_{account.hex}", user, connection),
            )
            held = draw.sample(instruments, HELD)
            await pool.executemany(
                """insert into holdings (account_id, user_id, instrument_id, quantity, cost_basis)
                   values ($1, $2, $3, $4, $5)""",
                [(account, user, instrument, Decimal(draw.randint(1, 500)), Decimal(1000)) for instrument, _ in held],
            )
            users[UserId(str(user))] = [symbol for _, symbol in held]
    return users


async def _relay_ages(users: dict[UserId, list[str]], rate: int) -> list[float]:
    with listening("benchmarks.feed", "--rate", str(rate)) as feed, listening("benchmarks.relay", feed) as relay:
        clients = [{"url": relay, "hello": [json.dumps(symbols)]} for symbols in users.values()]
        return await watch("relay", clients)


async def service_ages(
    servers: EmbeddedServers, users: dict[UserId, list[str]], rate: int, positions_count: int = 0
) -> tuple[list[float], float]:
    """Return the ages, and by how much the stages' memory grew while measuring."""
    with listening("benchmarks.feed", "--rate", str(rate)) as feed:
        port = free_port()
        env = process_environment() | _settings(servers, feed, port)
        async with stages_up(env, STAGES) as supervisor:
            await _healthy(servers.redis_url, positions_count)
            await _listening_at(port)
            tokens = Tokens(SECRET, "navstream", "navstream")
            clients = [
                {
                    "url": f"ws://127.0.0.1:{port}/v1",
                    "hello": [
                        json.dumps({"op": "auth", "token": tokens.issue(user, WallClock().now(), 3600)}),
                        json.dumps({"op": "subscribe", "channels": ["positions"]}),
                    ],
                }
                for user in users
            ]
            watching = asyncio.ensure_future(watch("service", clients))
            await asyncio.sleep(WARM_UP_S)
            before = _memory(supervisor)
            ages = await watching
            return ages, _memory(supervisor) / before - 1


def _settings(servers: EmbeddedServers, feed: str, port: int) -> dict[str, str]:
    return {
        "NAVSTREAM_DATABASE_URL": servers.database_url,
        "NAVSTREAM_REDIS_URL": servers.redis_url,
        "NAVSTREAM_JWT_SECRET": SECRET,
        "NAVSTREAM_BROADCASTER_PORT": str(port),
        "NAVSTREAM_LOG_LEVEL": "ERROR",
        "NAVSTREAM_MAX_RATE_HZ": "1000",
        "NAVSTREAM_ALPACA_STREAM_URL": feed.replace("http", "ws", 1),
        "NAVSTREAM_ALPACA_DATA_URL": feed,
        "NAVSTREAM_ALPACA_FEED": "sip",
        "NAVSTREAM_ALPACA_SYMBOLS_MAX": "",
        "APCA_API_KEY_ID": "k",
        "APCA_API_SECRET_KEY": "s",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _healthy(redis_url: str, positions_count: int) -> None:
    """Wait until every stage works and the calculator has loaded so many positions."""
    async with asyncio.timeout(120), open_bus(redis_url) as bus:
        while True:
            beats = {beat.stage: beat for beat in await read_heartbeats(bus) if beat.healthy}
            loaded = beats["calculator"].facts.get("positions") if "calculator" in beats else None
            if beats.keys() >= set(STAGES) and int(loaded or 0) >= positions_count:
                return
            await asyncio.sleep(0.1)


async def _listening_at(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


async def watch(kind: str, clients: list[dict[str, Any]]) -> list[float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.watchers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 28,
    )
    order = {"clients": clients, "warm_up_s": WARM_UP_S, "measure_s": MEASURE_S, "kind": kind}
    out, _ = await process.communicate(json.dumps(order).encode() + b"\n")
    ages: list[float] = json.loads(out)
    if not ages:
        raise RuntimeError(f"no {kind} message arrived")
    return ages


@contextmanager
def listening(module: str, *arguments: str) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait()


def _memory(supervisor: Supervisor) -> int:
    return sum(psutil.Process(child.pid).memory_info().rss for child in supervisor.children.values() if child.pid)


def _row(name: str, ages: list[float], yardstick: list[float], share: float, target: str) -> dict[str, Any]:
    value, base = quantile(ages, share), quantile(yardstick, share)
    unit = f"ms, {MODERATE_RATE:,} trades/s, {USERS} clients"
    return {"name": name, "value": value, "unit": unit, "yardstick": base, "ratio": value / base, "target": target}


def quantile(ages: list[float], share: float) -> float:
    """Return a quantile of sorted ages."""
    return ages[min(int(len(ages) * share), len(ages) - 1)]
