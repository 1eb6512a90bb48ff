"""One connection of our own for the few commands whose time counts; half the cost of the pool's way."""

import asyncio
from hashlib import sha1
from typing import Any, Protocol, cast

from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from realtime.bus.client import Bus
from realtime.bus.connection import Cancellable

_ANSWER_WITHIN_S = 5.0


class Commands(Protocol):
    """What runs a command: the bus, or a direct connection."""

    async def execute_command(self, *arguments: Any) -> Any:
        """Run a command and return its answer as redis-py shapes it."""


class Direct:
    """Runs one command at a time, and fails at once where the bus would try again; the next command connects anew."""

    def __init__(self, bus: Bus) -> None:
        """Connect at the first command."""
        self._bus = bus
        self._connection: Cancellable | None = None

    async def execute_command(self, *arguments: Any) -> Any:
        """Run a command within 5 s.

        Raises:
            RedisError: It failed, and unless Redis itself said so nobody knows whether it was carried out.
        """
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                if self._connection is None:
                    connection = await self._bus.connection_pool.get_connection()  # type: ignore[no-untyped-call]
                    self._connection = cast("Cancellable", connection)
                answer = await self._connection.ask(*arguments)
        except ResponseError:
            raise
        except TimeoutError as error:
            await self._let_go()
            raise RedisTimeoutError("Redis does not answer") from error
        except (RedisError, OSError, asyncio.CancelledError):
            await self._let_go()
            raise
        callback = self._bus.response_callbacks.get(arguments[0])
        return answer if callback is None else callback(answer)

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
            await self._bus.connection_pool.release(connection)


class Script:
    """A Lua script that is sent once and then called by its name."""

    def __init__(self, text: str) -> None:
        """Keep its text; nothing is sent yet."""
        self._text = text
        self._sha = sha1(text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, commands: Commands, keys: list[str], arguments: list[str | int | bytes]) -> Any:
        """Run it and return its answer.

        Raises:
            RedisError: It failed.
        """
        try:
            return await commands.execute_command("EVALSHA", self._sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return await commands.execute_command("EVAL", self._text, len(keys), *keys, *arguments)
