"""Every alert, caused on real parts: it fires once and clears once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil
import pytest
import structlog

from realtime.bus.client import Bus
from realtime.bus.prices import write_batch
from realtime.clock import now_ns
from realtime.contract.messages import PriceBatch
from realtime.embedded import EmbeddedPostgres, EmbeddedValkey, free_port
from realtime.store.migrate import migrate
from realtime.store.pool import open_pool
from tests.support.monitoring import Operator, looked, monitoring, operator, played
from tests.support.waiting import wait_until
from tests.unit.monitor.builders import beat


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
