"""Connections to Redis whose commands can be cancelled.

redis-py sends under `asyncio.wait_for`, which on Python 3.11 makes a task for each command and can swallow a
cancellation that comes at the wrong moment (https://github.com/python/cpython/issues/86296).
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import Any

from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    ConnectionPool,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError


class Cancellable(AbstractConnection):
    """A connection that ends where its caller does."""

    async def ask(self, *commands: Sequence[Any]) -> list[Any]:
        """Send commands together and return the raw answers, refusals among them; the caller limits the time.

        Raises:
            redis.exceptions.RedisError, OSError: The connection failed.
        """
        packed = [part for command in commands for part in self.pack_command(*command)]
        await self._send_packed_command(packed)
        return [await self._answer() for _ in commands]

    async def _answer(self) -> Any:
        try:
            return await self.read_response(timeout=math.inf)
        except ResponseError as refusal:
            return refusal

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:  # redis-py's
        """Send a command within the socket's time-out.

        Raises:
            redis.exceptions.TimeoutError, redis.exceptions.ConnectionError: The connection is closed.
        """
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        if check_health:
            await self.check_health()  # type: ignore[no-untyped-call]  # redis-py types it nowhere
        data = command.encode() if isinstance(command, str) else command
        try:
            async with asyncio.timeout(self.socket_timeout):
                await self._send_packed_command([data] if isinstance(data, bytes) else data)
        except TimeoutError as error:
            await self.disconnect(nowait=True)
            raise RedisTimeoutError("Redis does not take what is sent") from error
        except OSError as error:
            await self.disconnect(nowait=True)
            raise RedisConnectionError("the connection to Redis broke while sending") from error
        except BaseException:
            await self.disconnect(nowait=True)  # half a command may have been sent
            raise


class CancellableTCP(Cancellable, Connection):
    """Over TCP."""


class CancellableSSL(Cancellable, SSLConnection):
    """Over TLS."""


class _CancellableUnix(Cancellable, UnixDomainSocketConnection):
    """Over a socket file."""


_CANCELLABLE = {
    Connection: CancellableTCP,
    SSLConnection: CancellableSSL,
    UnixDomainSocketConnection: _CancellableUnix,
}


def make_cancellable(pool: ConnectionPool) -> None:
    """Let a pool that has not connected yet make connections of this module."""
    pool.connection_class = _CANCELLABLE[pool.connection_class]
