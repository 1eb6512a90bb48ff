"""Serve one simulator's HTTP application until SIGTERM or SIGINT (loop)."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

DRAIN_S = 0.2


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve `app` inside the block and yield its URL; port 0 takes a free one."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=DRAIN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        bound_port = runner.addresses[0][1]
        yield f"http://{host}:{bound_port}"
    finally:
        await runner.cleanup()


async def serve_until_signal(app: web.Application, host: str, port: int) -> None:
    """Serve, print the line `{"event":"listening","url":…}`, and return at SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with listening(app, host, port) as url:
        sys.stdout.write(json.dumps({"event": "listening", "url": url}, separators=(",", ":")) + "\n")
        sys.stdout.flush()
        await stop.wait()


def run(app: web.Application, host: str, port: int) -> None:
    """Run `serve_until_signal`; a port that is taken ends the process with one clear line."""
    try:
        asyncio.run(serve_until_signal(app, host, port))
    except OSError as error:
        sys.exit(f"cannot listen on {host}:{port}: {error.strerror}")
