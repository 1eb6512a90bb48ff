"""Jobs: coalesced, exclusive, claimed again when their worker dies, done by nobody else meanwhile."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from itertools import pairwise

import asyncpg
import pytest

from realtime.domain.account import UserId
from realtime.store.jobs import (
    Job,
    JobKind,
    Trigger,
    bury_job,
    claim_job,
    count_jobs,
    enqueue_refresh,
    hold_claim,
    renew_claim,
    retry_job,
    seconds_until_due,
)
from realtime.store.pool import Pool, as_user
from sync.parts import ClaimLost
from sync.worker import run_job
from tests.support.syncing import SyncWorld, sync_world
from tests.support.waiting import wait_until

_ENDED = "select not exists (select from jobs where state in ('queued', 'running'))"


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, only=("plaid",)) as world:
        yield world


async def queued(world: SyncWorld) -> int:
    return (await count_jobs(world.pool)).queued


async def test_requests_coalesce(world: SyncWorld) -> None:
    """Ensure that a second request joins the queued job, and one during a run waits for its end."""
    key = await world.link_plaid(await world.user())
    await world.run_due()
    first = await world.ask(key)
    assert await world.ask(key) == first
    running = await world.claim()
    second = await world.ask(key)
    assert second != first
    assert await world.ask(key) == second
    assert await claim_job(world.pool, "other", 30) is None
    await run_job(world.parts, running)
    assert (await world.claim()).id == second


async def test_a_volley_of_webhooks_refreshes_once_at_first(world: SyncWorld) -> None:
    """Ensure the first of a volley is answered at once, the rest together a little later, a person always at once."""
    key = await world.link_plaid(await world.user())
    await world.run_due()
    await world.ask(key, trigger=Trigger.WEBHOOK)
    await run_job(world.parts, await world.claim())
    await world.run_due()
    for _ in range(2):
        await world.ask(key, trigger=Trigger.WEBHOOK)
        assert await claim_job(world.pool, "test", 30) is None
    due_in_s = await seconds_until_due(world.pool)
    assert due_in_s is not None
    assert 3 < due_in_s <= 5
    await world.ask(key)
    assert (await world.claim()).trigger == Trigger.REQUEST


async def test_one_run_at_a_time_for_each_connection(world: SyncWorld) -> None:
    """Ensure that workers who claim at the same moment never get two jobs of one connection."""
    ada = await world.user()
    keys = [await world.link_plaid(ada) for _ in range(3)]
    for key in keys:
        await world.ask(key, JobKind.BALANCES)
    claims = await asyncio.gather(*(claim_job(world.pool, f"worker {n}", 30) for n in range(9)))
    jobs = [job for job in claims if job is not None]
    assert len(jobs) == len({job.connection_id for job in jobs}) == len(keys)


async def test_refreshes_of_one_connection_never_overlap(world: SyncWorld) -> None:
    """Ensure that runs of a connection follow each other, with two workers and requests all the time."""
    key = await world.link_plaid(await world.user())
    await world.run_due()
    async with world.working(name="one"), world.working(name="two"):
        for kind in [JobKind.HOLDINGS, JobKind.BALANCES, JobKind.TRANSACTIONS] * 4:
            await world.ask(key, kind)
            await asyncio.sleep(0)
        await world.settled(key)
    runs = await world.pool.fetch(
        "select started_at, finished_at, outcome from sync_runs where connection_id = $1 order by started_at", key
    )
    assert len(runs) >= 3
    assert {run["outcome"] for run in runs} == {"complete"}
    assert all(earlier["finished_at"] <= later["started_at"] for earlier, later in pairwise(runs))


async def test_lost_claim_stores_nothing(world: SyncWorld) -> None:
    """Ensure that a worker which was taken for dead cannot overwrite what its successor stored."""
    key = await world.link_plaid(await world.user())
    slow = await world.claim(claim_s=-1)
    fast = await claim_job(world.pool, "successor", 30)
    assert fast is not None
    assert (fast.id, fast.attempts) == (slow.id, 2)
    assert not await renew_claim(world.pool, slow, 30)
    with pytest.raises(ClaimLost):
        await run_job(world.parts, slow)
    assert await world.holdings(key) == {}
    await run_job(world.parts, fast)
    assert len(await world.holdings(key)) == 2
    await bury_job(world.pool, slow, "too late")
    assert await world.pool.fetchval("select state from jobs where id = $1", fast.id) == "done"


async def test_retry_gives_way_to_a_newer_request(world: SyncWorld) -> None:
    """Ensure that a job to be retried does not stand beside the same job queued meanwhile."""
    key = await world.link_plaid(await world.user())
    running = await world.claim()
    newer = await world.ask(key)
    await retry_job(world.pool, running, 60, "try later")
    rows = await world.pool.fetch("select id from jobs where kind = 'holdings' and state = 'queued'")
    assert [row["id"] for row in rows] == [newer]


async def test_people_come_before_the_schedule(world: SyncWorld) -> None:
    """Ensure that a requested refresh does not wait behind the nightly ones."""
    ada = await world.user()
    keys = [await world.link_plaid(ada) for _ in range(3)]
    await world.run_due()
    for key in keys[:2]:
        await enqueue_refresh(world.pool, connection_id=key, user_id=ada, trigger=Trigger.SCHEDULE)
    asked = await world.ask(keys[2])
    assert (await world.claim()).id == asked


async def test_jobs_of_the_schedule_begin_one_after_the_other(world: SyncWorld) -> None:
    """Ensure that what is due at one hour does not begin at one moment, and that what people ask for does not wait."""
    keys = [await world.link_plaid(await world.user(name)) for name in ("ada", "grace", "alan", "mary")]
    await world.run_due()
    for key in keys[:3]:
        user = UserId(await world.pool.fetchval("select user_id::text from connections where id = $1", key))
        await enqueue_refresh(world.pool, connection_id=key, user_id=user, trigger=Trigger.SCHEDULE)
    await world.ask(keys[3])
    async with world.working(scheduled_per_s=4):
        for key in keys:
            await world.settled(key)
    query = "select started_at from sync_runs where trigger = $1 order by started_at"
    scheduled, asked = [
        [row["started_at"] for row in await world.pool.fetch(query, kind)] for kind in ("schedule", "request")
    ]
    assert all((later - earlier).total_seconds() > 0.2 for earlier, later in pairwise(scheduled))
    assert asked[0] < scheduled[1]


async def test_request_of_an_uncommitted_transaction_is_none(world: SyncWorld) -> None:
    """Ensure that a request stands or falls with the transaction that makes it, also as the user himself."""
    ada = await world.user()
    key = await world.link_plaid(ada)
    await world.run_due()

    async def ask_and_fail() -> None:
        async with as_user(world.pool, ada) as connection:
            await enqueue_refresh(connection, connection_id=key, user_id=ada, trigger=Trigger.REQUEST)
            raise asyncpg.PostgresError

    with pytest.raises(asyncpg.PostgresError):
        await ask_and_fail()
    assert await queued(world) == 0
    async with as_user(world.pool, ada) as connection:
        await enqueue_refresh(connection, connection_id=key, user_id=ada, trigger=Trigger.REQUEST)
    assert await queued(world) == 1


async def test_stopped_worker_gives_its_jobs_back(world: SyncWorld) -> None:
    """Ensure that a worker which is asked to end leaves its job to others at once, without counting an attempt."""
    key = await world.link_plaid(await world.user())
    await world.control("plaid", "faults", kind="slow", seconds=2, times=1)
    async with world.working():
        await wait_until(lambda: _running(world.pool), what="the job to run")
    job = await world.claim("next")
    assert (job.connection_id, job.kind, job.attempts) == (key, JobKind.HOLDINGS, 1)


async def test_killed_worker_loses_no_job(world: SyncWorld, redis_url: str) -> None:
    """Ensure that the job of a sync process killed with -9 is taken up by another within seconds."""
    key = await world.link_plaid(await world.user())
    await world.control("plaid", "faults", kind="slow", seconds=60, times=1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sync", env=environment(world, redis_url), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await wait_until(lambda: _hanging(world), deadline_s=30, what="the process to call the provider")
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with world.working():
        await world.settled(key)
    assert len((await world.holdings(key))["4821"]) == 15
    assert (await world.last_run(key))["outcome"] == "complete"
    assert await world.pool.fetchval("select count(*) from sync_runs where error_code = 'abandoned'") == 1


async def test_database_outage_is_survived(world: SyncWorld, owner_pool: Pool) -> None:
    """Ensure that a worker goes on by itself after all of its database connections were cut."""
    user = await world.user()
    key = await world.link_plaid(user)
    async with world.working():
        await world.settled(key)
        async with owner_pool.acquire() as uncut:
            await uncut.execute(
                """select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and pid <> pg_backend_pid()"""
            )
            await enqueue_refresh(uncut, connection_id=key, user_id=user, trigger=Trigger.REQUEST)
            await wait_until(lambda: uncut.fetchval(_ENDED), what="the refresh")
        await wait_until(lambda: world.health.problem is None)
    versions = await owner_pool.fetch("select holdings_version from accounts where mask = '4821'")
    assert [row["holdings_version"] for row in versions] == [2]


async def test_claim_is_held_until_the_commit(world: SyncWorld) -> None:
    """Ensure that no one can take a job over while its outcome is being stored."""
    await world.link_plaid(await world.user())
    job: Job = await world.claim(claim_s=1)
    async with world.pool.acquire() as connection, connection.transaction():
        assert await hold_claim(connection, job)
        await connection.execute("update jobs set claimed_until = now() - interval '1 hour' where id = $1", job.id)
        assert await claim_job(world.pool, "other", 30) is None


async def _running(pool: Pool) -> bool:
    return bool((await count_jobs(pool)).running)


async def _hanging(world: SyncWorld) -> bool:
    """Whether the simulator has begun the one answer that it delays."""
    return not (await world.control("plaid", "faults", method="GET"))["faults"]


def environment(world: SyncWorld, redis_url: str) -> dict[str, str]:
    key = world.settings.encryption_keys[0].get_secret_value()
    return os.environ | {
        "NAVSTREAM_DATABASE_URL": world.dsn,
        "NAVSTREAM_REDIS_URL": redis_url,
        "NAVSTREAM_ENCRYPTION_KEYS": key,
        "NAVSTREAM_PLAID_URL": world.urls["plaid"],
        "PLAID_CLIENT_ID": "demo-client",
        "PLAID_SECRET": "demo-secret",
        "NAVSTREAM_PROVIDER_TIMEOUT_S": "90",
    }
