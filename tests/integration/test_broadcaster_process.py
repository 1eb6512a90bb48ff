"""`python -m broadcaster` as a process of its own, on uvloop."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from navstream.client import Stream
from realtime.bus.client import Bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.store.pool import Pool
from tests.support.broadcasting import SECRET, Peer, Publisher, add_user, connect_to, figures_of, token_for
from tests.support.waiting import wait_until


@asynccontextmanager
async def process_at(postgres_dsn: str, redis_url: str) -> AsyncIterator[tuple[int, asyncio.subprocess.Process]]:
    """Start one on a free port; yield the port once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "NAVSTREAM_DATABASE_URL": postgres_dsn,
        "NAVSTREAM_REDIS_URL": redis_url,
        "NAVSTREAM_JWT_SECRET": SECRET,
        "NAVSTREAM_BROADCASTER_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "broadcaster", env=environment)

    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await wait_until(listens, 20, "the broadcaster listens")
        yield port, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_serves_reports_and_says_goodbye(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """Values reach a client, the heartbeat counts it, SIGTERM closes it with 1012 and ends with status 0."""
    user = await add_user(pool)
    await Publisher(bus, user).publish(figures_of("5.00"))
    async with process_at(postgres_dsn, redis_url) as (port, process):
        peer = Peer(await connect_to(port))
        await peer.sign_in(user)
        await peer.subscribe("portfolio")
        assert (await peer.receive())["data"]["total_value"] == 5

        async def is_counted() -> bool:
            beats = [beat for beat in await read_heartbeats(bus) if beat.stage == "broadcaster"]
            return bool(beats) and beats[0].healthy and (beats[0].facts["clients"], beats[0].facts["users"]) == (1, 1)

        await wait_until(is_counted, 10, "the heartbeat")
        process.send_signal(signal.SIGTERM)
        assert await peer.close_code() == 1012
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def test_killed_and_started_again(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """After kill -9 a client is back on its own and current."""
    user = await add_user(pool)
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("1.00"))
    token = token_for(user)

    async def value_at(port: int) -> float:
        async for update in Stream(f"ws://127.0.0.1:{port}/v1", token, ["portfolio"]):
            if update.state is not None:
                return float(update.state["total_value"])
        raise AssertionError

    async with process_at(postgres_dsn, redis_url) as (port, process):
        assert await value_at(port) == 1
        process.kill()
        await process.wait()
    await publisher.publish(figures_of("2.00"))
    async with process_at(postgres_dsn, redis_url) as (port, _):
        assert await value_at(port) == 2
