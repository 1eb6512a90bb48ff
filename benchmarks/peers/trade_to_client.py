"""From a trade to a client, beside the naive design (benchmarks/peers/naive.py): the same trades, users and clients.

Measured is how old each trade is that a message is the first to show; of ours, the newest trade in each message, which
is its only one at this rate (nearly always).
"""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.trade_to_client import MODERATE_RATE, USERS, listening, populate, quantile, service_ages, watch
from realtime.domain.account import UserId
from realtime.embedded import EmbeddedServers, embedded_servers
from realtime.store.migrate import migrate


def measure() -> list[dict[str, Any]]:
    ours, theirs = asyncio.run(_measure())
    return [
        {
            "work": f"trade to client, {share:.0%} of values, {MODERATE_RATE:,} trades/s, {USERS} clients",
            "unit": "ms",
            "ours": quantile(ours, share),
            "peer": "a GET a position, every 2 s",
            "theirs": quantile(theirs, share),
            "times": quantile(theirs, share) / quantile(ours, share),
        }
        for share in (0.5, 0.99)
    ]


async def _measure() -> tuple[list[float], list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_servers(Path(folder)) as servers:
            await migrate(servers.database_url)
            users = await populate(servers.database_url)
            theirs = await _naive_ages(servers, users)
            ours, _ = await service_ages(servers, users, MODERATE_RATE)
            return ours, theirs


async def _naive_ages(servers: EmbeddedServers, users: dict[UserId, list[str]]) -> list[float]:
    with (
        listening("benchmarks.feed", "--rate", str(MODERATE_RATE)) as feed,
        listening("benchmarks.peers.naive", feed, servers.redis_url) as naive,
    ):
        clients = [{"url": naive, "hello": [json.dumps(dict.fromkeys(symbols, 100))]} for symbols in users.values()]
        return await watch("naive", clients)
