"""Trade to client while holdings change: 500 accounts a second in a book of 3 million positions, and the same without.

The book is the one of the cold start beside the watched users' accounts; a tenth of what the target speaks of, since
filling a database with 30 million rows takes longer than everything else here together.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import asyncpg

from benchmarks.cold_start import ACCOUNTS, HELD, fill
from benchmarks.trade_to_client import MODERATE_RATE, populate, quantile, service_ages
from realtime.contract.names import HOLDINGS_CHANGED
from realtime.embedded import embedded_servers
from realtime.store.migrate import migrate
from realtime.store.pool import open_pool

CHANGES_PER_S = 500
_EVERY_S = 0.1
_CHANGE = f"""
with touched as (
    update accounts set holdings_version = holdings_version + 1
    where id = any(select md5('a' || n)::uuid from unnest($1::int[]) n)
    returning id, user_id, public_id, holdings_version
), changed as (
    update holdings h set quantity = quantity + 1 from touched t where h.account_id = t.id
)
select pg_notify('{HOLDINGS_CHANGED}', user_id || ' ' || public_id || ' ' || holdings_version) from touched
"""  # a constant


def measure() -> dict[str, Any]:
    still, moving = asyncio.run(_measure())
    value, base = quantile(moving, 0.99), quantile(still, 0.99)
    return {
        "name": "holdings_churn_p99",
        "value": value,
        "unit": f"ms, {CHANGES_PER_S} accounts/s change, {ACCOUNTS * HELD / 1e6:.0f} M positions",
        "yardstick": base,
        "ratio": value / base,
        "target": "<= 1.5",
    }


async def _measure() -> tuple[list[float], list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_servers(Path(folder)) as servers:
            await migrate(servers.database_url)
            async with open_pool(servers.database_url) as pool:
                await fill(pool)
            users = await populate(servers.database_url)
            still, _ = await service_ages(servers, users, MODERATE_RATE, ACCOUNTS * HELD)
            async with _changing(servers.database_url):
                moving, _ = await service_ages(servers, users, MODERATE_RATE, ACCOUNTS * HELD)
    return still, moving


@asynccontextmanager
async def _changing(url: str) -> AsyncIterator[None]:
    """Change holdings of random accounts while inside."""
    changes = asyncio.ensure_future(_change(url))
    try:
        yield
        if changes.done():
            changes.result()
    finally:
        changes.cancel()
        await asyncio.wait({changes})


async def _change(url: str) -> None:
    draw = Random(5)
    connection = await asyncpg.connect(url)
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        await connection.execute(_CHANGE, draw.sample(range(1, ACCOUNTS + 1), int(CHANGES_PER_S * _EVERY_S)))
        due += _EVERY_S
        await asyncio.sleep(max(0.0, due - loop.time()))
