"""Trade to client while holdings change: 500 accounts a second in a book of 3 million positions, and the same without.

The book is the one of the cold start beside the watched users' accounts; a tenth of what the target speaks of, since
filling a database with 30 million rows takes longer than everything else here together. `python -m
benchmarks.holdings_churn --accounts 1000000 --folder FOLDER` fills the folder's database, and measures with it when it
is called again.
"""

import argparse
import asyncio
import json
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
_WATCHED = "watched.json"
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
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(prepare(Path(folder), ACCOUNTS))
        return measure_in(Path(folder), ACCOUNTS)


async def prepare(folder: Path, accounts_count: int) -> None:
    """Fill the folder's database and note whom to watch."""
    async with embedded_servers(folder) as servers:
        await migrate(servers.database_url)
        async with open_pool(servers.database_url) as pool:
            await fill(pool, accounts_count)
        (folder / _WATCHED).write_text(json.dumps(await populate(servers.database_url)))


def measure_in(folder: Path, accounts_count: int) -> dict[str, Any]:
    """Measure in a folder that was prepared with so many accounts."""
    still, moving = asyncio.run(_measure(folder, accounts_count))
    value, base = quantile(moving, 0.99), quantile(still, 0.99)
    return {
        "name": "holdings_churn_p99",
        "value": value,
        "unit": f"ms, {CHANGES_PER_S} accounts/s change, {accounts_count * HELD / 1e6:.0f} M positions",
        "yardstick": base,
        "ratio": value / base,
        "target": "<= 1.5",
    }


async def _measure(folder: Path, accounts_count: int) -> tuple[list[float], list[float]]:
    users = json.loads((folder / _WATCHED).read_text())
    async with embedded_servers(folder) as servers:
        still, _ = await service_ages(servers, users, MODERATE_RATE, accounts_count * HELD)
        async with _changing(servers.database_url, accounts_count):
            moving, _ = await service_ages(servers, users, MODERATE_RATE, accounts_count * HELD)
    return still, moving


@asynccontextmanager
async def _changing(url: str, accounts_count: int) -> AsyncIterator[None]:
    """Change holdings of random accounts while inside."""
    changes = asyncio.ensure_future(_change(url, accounts_count))
    try:
        yield
        if changes.done():
            changes.result()
    finally:
        changes.cancel()
        await asyncio.wait({changes})


async def _change(url: str, accounts_count: int) -> None:
    draw = Random(5)
    connection = await asyncpg.connect(url)
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        await connection.execute(_CHANGE, draw.sample(range(1, accounts_count + 1), int(CHANGES_PER_S * _EVERY_S)))
        due += _EVERY_S
        await asyncio.sleep(max(0.0, due - loop.time()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    if (options.folder / _WATCHED).exists():
        print(json.dumps(measure_in(options.folder, options.accounts)))
    else:
        asyncio.run(prepare(options.folder, options.accounts))
