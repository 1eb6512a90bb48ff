"""Every alert, caused on real parts: it fires once and clears once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import psutil
import pytest
import structlog

from monitor.checks import Limits
from realtime.bus.client import Bus
from realtime.bus.prices import write_batch
from realtime.clock import WallClock, now_ns
from realtime.contract.messages import PriceBatch
from realtime.embedded import EmbeddedPostgres, EmbeddedValkey
from realtime.process import Health
from realtime.store.migrate import migrate
from realtime.store.pool import Pool, open_pool
from realtime.up import STAGES
from tests.support.demo import free_port
from tests.support.monitoring import Operator, market_at, monitoring, operator, played
from tests.support.waiting import wait_until
from tests.unit.monitor.builders import beat

LOOKS = 0.5
"""Seconds in which a test's monitor looks about twenty times."""


async def looked(health: Health) -> None:
    """Wait until the monitor has looked at least once more."""
    before = health.facts.get("looked_at")
    await wait_until(lambda: health.facts.get("looked_at") not in (None, before), 10, "another look")


@pytest.fixture
async def told() -> AsyncIterator[Operator]:
    async with operator() as told:
        yield told


async def test_a_service_that_works_is_left_alone(redis_url: str, postgres_dsn: str, told: Operator) -> None:
    """Ensure no alert fires while all is well."""
    async with played(redis_url), monitoring(redis_url, postgres_dsn, told) as health:
        await looked(health)
        await looked(health)
        assert health.facts["alerts"] == 0
    assert told.received == []


async def test_a_stopped_stage_fires_and_its_return_clears(redis_url: str, postgres_dsn: str, told: Operator) -> None:
    """Ensure a stage without a living process is told once, with what to do, and its return once."""
    async with played(redis_url) as cast, monitoring(redis_url, postgres_dsn, told):
        del cast.beats["calculator"]
        await told.hears("stage_down", ("calculator", "fired"))
        cast.beats["calculator"] = beat("calculator")
        await told.hears("stage_down", ("calculator", "fired"), ("calculator", "cleared"))
    fired, cleared = told.received
    assert fired["id"] == cleared["id"]
    assert fired["severity"] == "critical"
    assert "calculator" in fired["message"]
    assert fired["what_to_do"] == "docs/operations.md#stage_down"


async def test_a_stage_that_says_it_cannot_work(redis_url: str, postgres_dsn: str, told: Operator) -> None:
    """Ensure the operator reads the stage's own sentence."""
    async with played(redis_url) as cast, monitoring(redis_url, postgres_dsn, told):
        cast.beats["sync"] = beat("sync", "no provider answers")
        await told.hears("stage_unwell", ("sync", "fired"))
        assert "no provider answers" in told.received[0]["message"]
        cast.beats["sync"] = beat("sync")
        await told.hears("stage_unwell", ("sync", "fired"), ("sync", "cleared"))


async def test_a_collector_that_leads_no_more(redis_url: str, postgres_dsn: str, told: Operator) -> None:
    """Ensure collectors that all stand by are an alert, though their processes live."""
    async with played(redis_url) as cast, monitoring(redis_url, postgres_dsn, told):
        feed, cast.feed = cast.feed, None
        await told.hears("collector_down", ("", "fired"))
        cast.feed = feed
        await told.hears("collector_down", ("", "fired"), ("", "cleared"))


async def test_a_calculator_that_stops_reading(redis_url: str, postgres_dsn: str, told: Operator, bus: Bus) -> None:
    """Ensure prices that wait unread for five seconds are an alert though the calculator's heart beats."""
    await write_batch(bus, PriceBatch((), now_ns()))
    stuck = msgspec.structs.replace(beat("calculator"), facts={"feed_entry": "0-1"})
    async with played(redis_url) as cast, monitoring(redis_url, postgres_dsn, told):
        cast.beats["calculator"] = stuck
        await told.hears("calculator_behind", ("", "fired"))
        cast.beats["calculator"] = msgspec.structs.replace(stuck, facts={"feed_entry": f"{now_ns()}-0"})
        await told.hears("calculator_behind", ("", "fired"), ("", "cleared"))


async def test_a_stopped_valkey(tmp_path: Path, postgres_dsn: str, told: Operator) -> None:
    """Ensure Redis down is one alert, not one for each stage whose heartbeat is gone with it."""
    port = free_port()
    first = EmbeddedValkey(tmp_path / "first", port)
    first.start()
    async with played(first.url), monitoring(first.url, postgres_dsn, told):
        first.kill()
        await told.hears("redis_down", ("", "fired"))
        second = EmbeddedValkey(tmp_path / "second", port)
        second.start()
        await told.hears("redis_down", ("", "fired"), ("", "cleared"))
        second.stop()
    assert {each["alert"] for each in told.received} == {"redis_down"}


async def test_a_stopped_postgres_and_a_webhook_that_fails_meanwhile(
    tmp_path: Path, redis_url: str, told: Operator
) -> None:
    """Ensure Postgres down is told although alerts are stored there, past errors of the webhook, and stored later."""
    postgres = EmbeddedPostgres(tmp_path / "postgres" / "data")
    postgres.start()
    await migrate(postgres.url)
    try:
        async with played(redis_url), monitoring(redis_url, postgres.url, told) as health:
            await looked(health)
            told.answers += [500, 503, 302]
            await asyncio.to_thread(postgres.crash)
            await told.hears("database_down", ("", "fired"))
            assert told.answers == []
            await asyncio.to_thread(postgres.start)
            await told.hears("database_down", ("", "fired"), ("", "cleared"))
            await wait_until(lambda: recorded(postgres.url), what="the record of it")
        async with monitoring(redis_url, postgres.url, told) as health, played(redis_url):
            await looked(health)
        assert told.heard("database_down") == [("", "fired"), ("", "cleared")]
    finally:
        postgres.stop()


async def recorded(database_url: str) -> bool:
    """Return whether an alert about the database is stored there, and that both its turns were told."""
    async with open_pool(database_url, connections_max=1) as pool:
        told = "select count(*) from alerts where name = 'database_down' and cleared_told_at > fired_told_at"
        return bool(await pool.fetchval(told))


async def test_a_postgres_that_hangs(tmp_path: Path, redis_url: str, told: Operator) -> None:
    """Ensure a server that takes connections and never answers is down too, and the monitor does not hang with it."""
    postgres = EmbeddedPostgres(tmp_path / "postgres" / "data")
    postgres.start()
    await migrate(postgres.url)
    server = psutil.Process(int((tmp_path / "postgres" / "data" / "postmaster.pid").read_text().split()[0]))
    try:
        async with played(redis_url), monitoring(redis_url, postgres.url, told) as health:
            await looked(health)
            processes = [server, *server.children(recursive=True)]
            for process in processes:
                process.suspend()
            try:
                await told.hears("database_down", ("", "fired"))
            finally:
                for process in processes:
                    process.resume()
            await told.hears("database_down", ("", "fired"), ("", "cleared"))
    finally:
        postgres.stop()


async def test_a_monitor_that_starts_while_both_servers_are_down(tmp_path: Path, told: Operator) -> None:
    """Ensure the monitor is there when it is needed most."""
    nobody = f"redis://127.0.0.1:{free_port()}/0"
    nowhere = f"postgresql://x@127.0.0.1:{free_port()}/x"
    async with monitoring(nobody, nowhere, told):
        await told.hears("redis_down", ("", "fired"))
        await told.hears("database_down", ("", "fired"))


async def test_a_restarted_monitor_fires_nothing_twice(redis_url: str, postgres_dsn: str, told: Operator) -> None:
    """Ensure an alert outlives the monitor: fired by one, cleared by the next, under one id."""
    async with played(redis_url) as cast:
        del cast.beats["sync"]
        async with monitoring(redis_url, postgres_dsn, told) as health:
            await told.hears("stage_down", ("sync", "fired"))
            await looked(health)
        async with monitoring(redis_url, postgres_dsn, told) as health:
            await looked(health)
            await looked(health)
            assert told.heard("stage_down") == [("sync", "fired")]
            cast.beats["sync"] = beat("sync")
            await told.hears("stage_down", ("sync", "fired"), ("sync", "cleared"))
    assert len({each["id"] for each in told.received}) == 1


async def test_what_a_dead_webhook_did_not_take_is_told_by_the_next_monitor(
    redis_url: str, postgres_dsn: str, told: Operator
) -> None:
    """Ensure an alert that fired while the webhook was away is not lost with the monitor."""
    async with played(redis_url) as cast:
        del cast.beats["sync"]
        told.answers += [500] * 10_000
        with structlog.testing.capture_logs() as logs:
            async with monitoring(redis_url, postgres_dsn, told) as health:
                await wait_until(lambda: health.facts.get("alerts") == 1, 10, "the alert")
                await looked(health)
        assert "HTTP 500" in str(logs)
        assert told.url not in str(logs), "its address may hold a secret"
        told.answers.clear()
        async with monitoring(redis_url, postgres_dsn, told):
            await told.hears("stage_down", ("sync", "fired"))


async def add_account(pool: Pool, synced_at: datetime, status: str = "active") -> str:
    user, connection, account = uuid4(), uuid4(), uuid4()
    await pool.execute("insert into users (id, name) values ($1, 'Ada')", user)
    await pool.execute(
        "insert into connections (id, user_id, provider, provider_connection_id, status) "
        "values ($1, $2, 'plaid', $3, $4)",
        connection, user, connection.hex, status,
    )  # fmt: skip
    await pool.execute(
        """insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, account_type,
           name, currency, last_synced_at) values ($1, $2, $3, $4, 'plaid', 'p', 'investment', 'IRA', 'USD', $5)""",
        account, f"plaid_{account.hex}", user, connection, synced_at,
    )  # fmt: skip
    return str(connection)


async def test_overdue_holdings(redis_url: str, postgres_dsn: str, told: Operator, pool: Pool) -> None:
    """Ensure holdings older than six hours are an alert, removed connections' are none, and a sync clears it."""
    now = WallClock().now()
    await add_account(pool, now - timedelta(hours=5, minutes=59))
    await add_account(pool, now - timedelta(hours=30), status="removed")
    late = await add_account(pool, now - timedelta(hours=6, minutes=1))
    async with played(redis_url), monitoring(redis_url, postgres_dsn, told, patience=0.002):
        await told.hears("sync_overdue", ("", "fired"))
        assert "1 users" in told.received[0]["message"]
        await pool.execute("update accounts set last_synced_at = now() where connection_id = $1", late)
        await told.hears("sync_overdue", ("", "fired"), ("", "cleared"))


async def test_connections_to_repair(redis_url: str, postgres_dsn: str, told: Operator, pool: Pool) -> None:
    """Ensure as many broken connections as the operator wants to hear of are an alert, and their repair clears it."""
    now = WallClock().now()
    broken = await add_account(pool, now - timedelta(hours=30), status="reconnect_needed")
    limits = Limits(STAGES, reconnect_needed_min=1)
    async with played(redis_url), monitoring(redis_url, postgres_dsn, told, limits=limits):
        await told.hears("reconnect_needed", ("", "fired"))
        await pool.execute("update connections set status = 'active' where id = $1", broken)
        await pool.execute("update accounts set last_synced_at = now()")
        await told.hears("reconnect_needed", ("", "fired"), ("", "cleared"))
    assert told.heard("sync_overdue") == []


async def add_run(pool: Pool, connection: str, product: str, outcome: str, ago: timedelta) -> None:
    await pool.execute(
        """insert into sync_runs (id, connection_id, user_id, product, trigger, started_at, finished_at, outcome)
           select $1, id, user_id, $3, 'schedule', $4, $4, $5 from connections where id = $2""",
        uuid4(), connection, product, WallClock().now() - ago, outcome,
    )  # fmt: skip


async def test_a_product_that_fails_for_an_hour_and_a_dead_job(
    redis_url: str, postgres_dsn: str, told: Operator, pool: Pool
) -> None:
    """Ensure an hour without a success is an alert of its product, a dead job one too, and a success clears both."""
    connection = await add_account(pool, WallClock().now())
    hours = timedelta(hours=1)
    await add_run(pool, connection, "holdings", "complete", 3 * hours)
    await add_run(pool, connection, "holdings", "retry_later", 2 * hours)
    await add_run(pool, connection, "holdings", "failed", hours / 2)
    await add_run(pool, connection, "transactions", "retry_later", hours / 2)
    await pool.execute(
        """insert into jobs (id, kind, connection_id, user_id, trigger, state, finished_at)
           select $1, 'holdings', id, user_id, 'schedule', 'dead', now() from connections where id = $2""",
        uuid4(), connection,
    )  # fmt: skip
    async with played(redis_url), monitoring(redis_url, postgres_dsn, told):
        await told.hears("sync_failing", ("holdings", "fired"))
        await told.hears("jobs_dead", ("", "fired"))
        await add_run(pool, connection, "holdings", "complete", timedelta())
        await told.hears("sync_failing", ("holdings", "fired"), ("holdings", "cleared"))
        await told.hears("jobs_dead", ("", "fired"), ("", "cleared"))


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 22, 18, 0, tzinfo=UTC),
        datetime(2026, 11, 27, 18, 1, tzinfo=UTC),
        datetime(2026, 11, 24, 7, 0, tzinfo=UTC),
    ],
    ids=["Sunday", "a half day's 13:01", "overnight"],
)
async def test_nothing_of_the_market_or_the_syncs_fires_out_of_hours(
    redis_url: str, postgres_dsn: str, told: Operator, pool: Pool, at: datetime
) -> None:
    """Ensure the same overdue work that fires in market hours fires not then, and a dead stage does at any hour."""
    await add_account(pool, WallClock().now() - timedelta(hours=30))
    await add_account(pool, WallClock().now(), status="reconnect_needed")
    async with played(redis_url) as cast, monitoring(redis_url, postgres_dsn, told, market=market_at(at)) as health:
        await looked(health)
        await looked(health)
        assert told.received == []
        del cast.beats["sync"]
        await told.hears("stage_down", ("sync", "fired"))
