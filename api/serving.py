"""Uvicorn as a part of our process: signals, logs and exit belong to realtime/process.py."""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

_DRAIN_S = 3
_BACKLOG = 512


@asynccontextmanager
async def serving(
    app: ASGIApp, host: str, port: int, trusted_proxies: str = "127.0.0.1"
) -> AsyncIterator[uvicorn.Server]:
    """Serve the application while the block runs; then finish the requests under way, for 3 seconds at most."""
    listener = listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield server
    finally:
        await server.shutdown(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; ends the process with a sentence when the port cannot be had."""
    try:
        return socket.create_server((host, port), backlog=_BACKLOG, reuse_port=False)
    except OSError as error:
        sys.exit(f"The API cannot listen on {host}:{port} ({error.strerror}); choose another NAVSTREAM_API_PORT.")
