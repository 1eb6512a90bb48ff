"""The monitor as a process: killed and started again."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from realtime.store.pool import Pool
from tests.support.monitoring import operator, played
from tests.support.waiting import wait_until
from tests.unit.monitor.builders import beat


@asynccontextmanager
async def monitor_process(
    redis_url: str, database_url: str, webhook_url: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor"),
        env={
            "PATH": "",
            "NAVSTREAM_REDIS_URL": redis_url,
            "NAVSTREAM_DATABASE_URL": database_url,
            "NAVSTREAM_ALERT_WEBHOOK_URL": webhook_url,
            "NAVSTREAM_ALERT_PATIENCE": "0.05",
            "NAVSTREAM_METRICS_PORT_MONITOR": "0",
            "NAVSTREAM_MARKET_ORIGIN": "2026-11-22T18:00:00Z",
            "NAVSTREAM_WALL_ORIGIN": "2026-11-22T18:00:00Z",
        },
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_killed_monitor_goes_on_where_it_was(redis_url: str, postgres_dsn: str, pool: Pool) -> None:
    """Ensure after kill -9 an alert is not fired again, and what has ended meanwhile is cleared, once."""
    async with operator() as told, played(redis_url) as cast:
        del cast.beats["sync"], cast.beats["monitor"]
        async with monitor_process(redis_url, postgres_dsn, told.url) as process:
            await told.hears("stage_down", ("sync", "fired"))
            await wait_until(lambda: recorded(pool), what="the record that it was told")
            process.kill()
            await process.wait()
        cast.beats["sync"] = beat("sync")
        async with monitor_process(redis_url, postgres_dsn, told.url) as process:
            await told.hears("stage_down", ("sync", "fired"), ("sync", "cleared"))
            process.terminate()
            assert await process.wait() == 0
    assert len({each["id"] for each in told.received}) == 1


async def recorded(pool: Pool) -> bool:
    return await pool.fetchval("select fired_told_at from alerts") is not None
