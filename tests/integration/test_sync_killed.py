"""A sync killed with -9 in any line: the next run repairs it. `KILLS_SEED=7` replays."""

import asyncio
import base64
import os
import pickle
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from realtime.domain.account import ConnectionId
from realtime.store.jobs import JobKind
from realtime.store.pool import Pool
from tests.support.syncing import SyncWorld, sync_world

_SEED = int(os.environ.get("KILLS_SEED", "1"))
_NEVER = 10**9
_KILLS_EACH = 5
"""Then other connections and other simulators: both sides keep to so many calls a minute."""
_KINDS = (JobKind.HOLDINGS, JobKind.BALANCES, JobKind.TRANSACTIONS)
_END_CLAIM = "update jobs set claimed_until = now() - interval '1 second' where state = 'running'"
_UNFINISHED = """
select (select count(*) from jobs where state <> 'done') + (select count(*) from sync_runs where finished_at is null)
"""


class Killed:
    """The process that forks syncs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def run(self, kill_at: int) -> str:
        """Run the next due job until this many lines are executed; return `killed`, or how many it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{kill_at}\n".encode())
        async with asyncio.timeout(30):
            return (await self._process.stdout.readline()).decode().strip()


@asynccontextmanager
async def killed_syncs(world: SyncWorld) -> AsyncIterator[Killed]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.killed_sync"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(base64.b64encode(pickle.dumps(world.settings)) + b"\n")
    try:
        yield Killed(process)
    finally:
        process.stdin.close()
        await process.wait()


async def test_a_sync_killed_in_a_few_lines_is_repaired(postgres_dsn: str, pool: Pool) -> None:
    """Ensure the same as the 200 kills, in a few seconds."""
    assert await _survived(postgres_dsn, pool, 10) >= 8


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_sync_killed_in_any_of_200_lines_is_repaired(postgres_dsn: str, pool: Pool) -> None:
    """Ensure that wherever a sync dies, the next run leaves what the provider has: nothing lost, nothing doubled."""
    assert await _survived(postgres_dsn, pool, 200) >= 180


async def _survived(dsn: str, pool: Pool, count: int) -> int:
    """Kill so many syncs, each followed by its repair; return how many really died."""
    chance, deaths, lengths = random.Random(_SEED), 0, dict[tuple[str, JobKind], int]()
    for first in range(0, count, _KILLS_EACH):
        async with (
            sync_world(dsn, pool, only=("plaid", "snaptrade"), seed=first) as world,
            killed_syncs(world) as killed,
        ):
            keys = await _linked(world, f"user {first}")
            if not lengths:
                lengths = {(name, kind): await _length(world, killed, key, kind)
                           for name, key in keys.items() for kind in _KINDS}  # fmt: skip
                keys = await _linked(world, "another")
            for number in range(first, first + _KILLS_EACH):
                provider, kind = chance.choice(sorted(lengths))
                kill_at = chance.randrange(1, lengths[provider, kind])
                where = f"seed {_SEED}, number {number}: {provider} {kind} killed at line {kill_at}"
                await _change(world, provider, Decimal(number + 1))
                job = await world.ask(keys[provider], kind)
                deaths += await killed.run(kill_at) == "killed"
                await pool.execute(_END_CLAIM)
                await world.run_due()
                assert await pool.fetchval("select state from jobs where id = $1", job) == "done", where
                await _is_whole(world, keys[provider], kind, Decimal(number + 1), where)
    return deaths


async def _is_whole(world: SyncWorld, key: ConnectionId, kind: JobKind, quantity: Decimal, where: str) -> None:
    """Make sure that nothing is left to do, and that a sync which nothing disturbs would have stored the same."""
    assert await world.pool.fetchval(_UNFINISHED) == 0, where
    assert await world.status(key) == ("active", None), where
    repaired = await _stored(world, key)
    for again in (JobKind.HOLDINGS, JobKind.TRANSACTIONS) if kind is JobKind.TRANSACTIONS else (kind,):
        await world.ask(key, again)
    await world.run_due()
    whole = await _stored(world, key)
    assert any(account.get("AAPL") == quantity for account in whole[0].values()), where
    assert repaired[1] == whole[1], where
    assert kind is JobKind.TRANSACTIONS or repaired[0] == whole[0], where


async def _linked(world: SyncWorld, name: str) -> dict[str, ConnectionId]:
    user = await world.user(name)
    keys = {"plaid": await world.link_plaid(user), "snaptrade": await world.link_snaptrade(user)}
    await world.run_due()
    return keys


async def _length(world: SyncWorld, killed: Killed, key: ConnectionId, kind: JobKind) -> int:
    """Return how many lines a sync executes that has something to store."""
    await _change(world, "plaid", Decimal(1_000))
    await _change(world, "snaptrade", Decimal(1_000))
    await world.ask(key, kind)
    lines = int(await killed.run(_NEVER))
    await world.run_due()
    return lines


async def _change(world: SyncWorld, provider: str, quantity: Decimal) -> None:
    """Have the user trade until he holds so many shares."""
    account = {"plaid": "ada-brokerage", "snaptrade": "ada-robinhood"}[provider]
    await world.control(provider, "holdings", account=account, symbol="AAPL", quantity=str(quantity))


async def _stored(world: SyncWorld, key: ConnectionId) -> tuple[Any, int]:
    transactions: int = await world.pool.fetchval(
        """select count(*) from investment_transactions t join accounts a on a.id = t.account_id
           where a.connection_id = $1""",
        key,
    )
    return await world.holdings(key), transactions
