"""Serve a simulator in a thread of its own, so that blocking SDKs can call it over a socket."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from simulator.serving import listening

START_S = 10.0


@contextmanager
def served(build_app: Callable[[], web.Application]) -> Iterator[str]:
    """Yield the URL of the application; `build_app` runs in the loop's thread."""
    started: list[str] = []
    ready = threading.Event()
    stop = asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with listening(build_app(), "127.0.0.1", 0) as url:
            started.append(url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(START_S), "the simulator did not start"
    try:
        yield started[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(START_S)
