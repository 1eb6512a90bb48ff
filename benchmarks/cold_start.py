"""A calculator starts: 3 million holdings from Postgres to first values, beside a COPY of the same rows thrown away."""

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from calculator.engine import Engine
from calculator.publisher import Publisher
from calculator.whole_loader import WholeLoader
from realtime.bus.client import Bus, open_bus
from realtime.clock import MarketClock, WallClock
from realtime.domain.partition import all_partitions
from realtime.embedded import embedded_servers
from realtime.log import Log
from realtime.process import end_task
from realtime.store.book import stored_book
from realtime.store.migrate import migrate
from realtime.store.pool import Pool, open_pool

USERS, ACCOUNTS, HELD, INSTRUMENTS = 50_000, 100_000, 30, 10_000
ROUNDS = 3
_FILL = """
set session_replication_role = replica;
insert into users (id, name) select md5('u' || n)::uuid, 'user ' || n from generate_series(1, {users}) n;
insert into connections (id, user_id, provider, provider_connection_id)
    select md5('c' || n)::uuid, md5('u' || n)::uuid, 'alpaca', 'c' || n from generate_series(1, {users}) n;
insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, account_type, name,
    currency, holdings_version)
    select md5('a' || n)::uuid, 'alpaca_' || md5('a' || n), md5('u' || n % {users} + 1)::uuid,
        md5('c' || n % {users} + 1)::uuid, 'alpaca', 'a' || n, 'brokerage', 'account', 'USD', 1
    from generate_series(1, {accounts}) n;
insert into instruments (id, symbol, asset_class, currency, name, listed)
    select md5('i' || n)::uuid, 'S' || n, 'equity', 'USD', 'Stock ' || n, true
    from generate_series(0, {instruments} - 1) n;
insert into instrument_prices select md5('i' || n)::uuid, 1 + n % 500, now(), 'alpaca'
    from generate_series(0, {instruments} - 1) n;
alter table holdings drop constraint holdings_pkey;
drop index holdings_instrument_id_idx, holdings_user_id_idx;
insert into holdings (account_id, user_id, instrument_id, quantity, cost_basis)
    select md5('a' || a)::uuid, md5('u' || a % {users} + 1)::uuid,
        md5('i' || (a::bigint * 7919 + h * 331) % {instruments})::uuid, 1 + (a + h) % 100, 1000
    from generate_series(1, {accounts}) a, generate_series(1, {held}) h;
set maintenance_work_mem = '1GB';
alter table holdings add primary key (account_id, instrument_id);
create index on holdings (instrument_id);
create index on holdings (user_id);
reset maintenance_work_mem;
set session_replication_role = default;
analyze;
"""


def measure() -> dict[str, Any]:
    ours_s, copy_s = asyncio.run(_measure())
    return {
        "name": "cold_start",
        "value": ours_s,
        "unit": f"s, {ACCOUNTS * HELD / 1e6:.0f} M holdings in Postgres to first values",
        "yardstick": copy_s,
        "ratio": ours_s / copy_s,
        "target": "<= 2",
    }


async def _measure() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_servers(Path(folder)) as servers, open_bus(servers.redis_url) as bus:
            await migrate(servers.database_url)
            async with open_pool(servers.database_url) as pool:
                await fill(pool)
                copying = [await _copy_s(pool) for _ in range(ROUNDS)]
                starting = [await _start_s(pool, bus) for _ in range(ROUNDS)]
                return min(starting), min(copying)


async def fill(pool: Pool, accounts_count: int = ACCOUNTS) -> None:
    """Fill an empty database; two accounts a user."""
    users_count = accounts_count * USERS // ACCOUNTS
    script = _FILL.format(users=users_count, accounts=accounts_count, instruments=INSTRUMENTS, held=HELD)
    await pool.execute(script, timeout=accounts_count / 400)


async def _copy_s(pool: Pool) -> float:
    async def throw_away(_chunk: bytes) -> None: ...

    started = perf_counter()
    async with stored_book(pool) as stored:
        await stored.copy_positions(throw_away)
    return perf_counter() - started


async def _start_s(pool: Pool, bus: Bus) -> float:
    """Return how long it takes until every account has its figures, from the loader's first query on."""
    clock, log = WallClock(), Log()
    market = MarketClock.real(clock)
    publisher = Publisher(bus, market)
    await publisher.begin(all_partitions())
    engine = Engine(bus, publisher, market, clock, log)
    loader = WholeLoader(pool, engine, clock, log)
    started = perf_counter()
    loader.reload()
    running = asyncio.ensure_future(loader.run())
    while loader.book.accounts_count < ACCOUNTS:
        await asyncio.sleep(0.005)
        if running.done():
            running.result()
    aggregates = await asyncio.to_thread(loader.book.valuation().run)
    took_s = perf_counter() - started
    assert aggregates.total_value > 0
    await end_task(running)
    return took_s
