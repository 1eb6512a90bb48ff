"""Alerts about the work in Postgres: overdue, failing, dead, to be repaired; and about none of it out of hours."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from monitor.checks import Limits
from realtime.clock import WallClock
from realtime.store.pool import Pool
from realtime.up import STAGES
from tests.support.monitoring import Operator, looked, market_at, monitoring, operator, played


@pytest.fixture
async def told() -> AsyncIterator[Operator]:
    async with operator() as told:
        yield told


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


async def test_webhooks_that_cannot_be_carried_out(
    redis_url: str, postgres_dsn: str, told: Operator, pool: Pool
) -> None:
    """Ensure a dead webhook is an alert of its provider, and an hour without another one clears it."""
    event = uuid4()
    await pool.execute(
        """insert into webhook_events (id, provider, event_key, signature_digest, type, code, body, state, error,
           processed_at) values ($1, 'plaid', 'k', 'd', 'ITEM', 'ERROR', '{}', 'dead', 'unknown_connection', now())""",
        event,
    )
    async with played(redis_url), monitoring(redis_url, postgres_dsn, told):
        await told.hears("webhooks_failing", ("plaid", "fired"))
        await pool.execute(
            "update webhook_events set processed_at = now() - interval '61 minutes' where id = $1", event
        )
        await told.hears("webhooks_failing", ("plaid", "fired"), ("plaid", "cleared"))


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
