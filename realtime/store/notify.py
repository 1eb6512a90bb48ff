"""LISTEN that survives lost connections.

The stream of payloads is unbounded in time and bounded in memory (`_PENDING_MAX`, oldest dropped and a gap said).
After every (re)connect, and after a drop, it yields None: something may have been missed, read everything again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg

from realtime.clock import Clock
from realtime.log import Log
from realtime.store.pool import DATABASE_ERRORS

_PENDING_MAX = 10_000
_RECONNECT_AFTER_S = 0.25
_PING_EVERY_S = 2.0


async def listen(url: str, channel: str, clock: Clock, log: Log) -> AsyncIterator[str | None]:
    """Yield each payload sent on a NOTIFY channel; None when some may have been missed."""
    while True:
        try:
            connection = await asyncpg.connect(url, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            log.warning("database_unreachable", reason=type(error).__name__)
            await clock.sleep(_RECONNECT_AFTER_S)
            continue
        pending: asyncio.Queue[str | None] = asyncio.Queue(_PENDING_MAX)
        try:
            await connection.add_listener(channel, _offer_to(pending))
            yield None
            async for payload in _payloads(connection, pending):
                yield payload
        except DATABASE_ERRORS as error:
            log.warning("database_unreachable", reason=type(error).__name__)
            await clock.sleep(_RECONNECT_AFTER_S)
        finally:
            connection.terminate()


async def _payloads(connection: asyncpg.Connection, pending: asyncio.Queue[str | None]) -> AsyncIterator[str | None]:
    while True:
        try:
            async with asyncio.timeout(_PING_EVERY_S):
                payload = await pending.get()
        except TimeoutError:
            await connection.execute("select 1", timeout=5)
        else:
            yield payload


def _offer_to(pending: asyncio.Queue[str | None]) -> Callable[..., None]:
    def offer(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        if not pending.full():
            pending.put_nowait(str(payload))
            return
        while not pending.empty():
            pending.get_nowait()
        pending.put_nowait(None)

    return offer
