"""Connections of our own for the few commands whose time counts; half the cost of the pool's way."""

import asyncio
from collections.abc import Iterable, Sequence
from hashlib import sha1
from typing import Any, NamedTuple, Protocol, cast

from redis.exceptions import AskError, ClusterDownError, NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from realtime.bus.client import Bus
from realtime.bus.cluster import as_cluster, place_of
from realtime.bus.connection import Cancellable

_ANSWER_WITHIN_S = 5.0


class Commands(Protocol):
    """What runs a command: the bus, or a direct connection."""

    async def execute_command(self, *arguments: Any) -> Any:
        """Run a command and return its answer as redis-py shapes it."""


class Direct:
    """Runs commands one after another, and fails at once where the bus would try again; the next one connects anew."""

    def __init__(self, bus: Bus, key: str) -> None:
        """Connect at the first command.

        Args:
            bus: The server, or the cluster.
            key: On a cluster: all commands go to the node that holds it.
        """
        self._bus = bus
        self._key = key
        self._connection: Cancellable | None = None
        self._is_misled = False

    async def execute_command(self, *arguments: Any) -> Any:
        """Run a command within 5 s.

        Raises:
            RedisError: It failed, and unless Redis itself said so nobody knows whether it was carried out.
        """
        return (await self._ask([arguments]))[0]

    async def execute_commands(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """Run commands that are sent together, within 5 s; what Redis itself refuses is an error among the answers.

        Raises:
            RedisError: They failed, and nobody knows which were carried out.
        """
        return await self._ask(commands, raises=False)

    async def _ask(self, commands: Sequence[Sequence[Any]], *, raises: bool = True) -> list[Any]:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                if self._connection is None:
                    self._connection = await self._connect()
                answers = await self._connection.ask(*commands)
        except TimeoutError as error:
            await self._let_go()
            raise RedisTimeoutError("Redis does not answer") from error
        except (RedisError, OSError, asyncio.CancelledError):
            await self._let_go()
            raise
        for answer in answers:
            if isinstance(answer, AskError | ClusterDownError):  # another node's by now
                await self._let_go()
                raise answer
            if raises and isinstance(answer, RedisError):
                raise answer
        callbacks = self._bus.response_callbacks
        return [
            answer if isinstance(answer, RedisError) or command[0] not in callbacks else callbacks[command[0]](answer)
            for command, answer in zip(commands, answers, strict=True)
        ]

    async def _connect(self) -> Cancellable:
        cluster = as_cluster(self._bus)
        if cluster is None:
            connection = await self._bus.connection_pool.get_connection()  # type: ignore[no-untyped-call]
            return cast("Cancellable", connection)
        if self._is_misled:
            await cluster.find_nodes()
            self._is_misled = False
        return await cluster.connect_to(self._key)

    async def _let_go(self) -> None:
        self._is_misled = True
        connection, self._connection = self._connection, None
        if connection is None:
            return
        cluster = as_cluster(self._bus)
        if cluster is not None:
            await cluster.disconnect(connection)
        else:
            await connection.disconnect(nowait=True)
            await self._bus.connection_pool.release(connection)


class Share(NamedTuple):
    """What goes over one connection.

    Attributes:
        portions: Indices of the keys asked about; one script may name all the keys of a portion.
    """

    direct: Direct
    portions: list[list[int]]


class Directs:
    """A direct connection to each node: to the one server, or to each primary of a cluster."""

    def __init__(self, bus: Bus) -> None:
        """Connect to each node at its first command."""
        self._bus = bus
        self._directs: dict[str, Direct] = {}

    def shares(self, keys: Sequence[str]) -> list[Share]:
        """Return who runs what names these keys; on a cluster no script spans two of them.

        Raises:
            redis.exceptions.ConnectionError: A part of the cluster has no node.
        """
        if as_cluster(self._bus) is None:
            return [Share(self._direct("", keys[0]), [list(range(len(keys)))])]
        shares: dict[str, Share] = {}
        for index, key in enumerate(keys):
            place = place_of(self._bus, key)
            shares.setdefault(place, Share(self._direct(place, key), [])).portions.append([index])
        return list(shares.values())

    def _direct(self, place: str, key: str) -> Direct:
        direct = self._directs.get(place)
        if direct is None:
            direct = self._directs[place] = Direct(self._bus, key)
        return direct


class Call(NamedTuple):
    """The keys and arguments of one call of a script."""

    keys: list[str]
    arguments: list[str | int | bytes]


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

    async def run_all(self, direct: Direct, calls: Iterable[Call]) -> None:
        """Run it several times in one round trip.

        Raises:
            RedisError: At least one failed.
        """
        todo = list(calls)
        answers = await direct.execute_commands(
            [("EVALSHA", self._sha, len(keys), *keys, *arguments) for keys, arguments in todo]
        )
        for (keys, arguments), answer in zip(todo, answers, strict=True):
            if isinstance(answer, NoScriptError):
                await direct.execute_command("EVAL", self._text, len(keys), *keys, *arguments)
            elif isinstance(answer, ResponseError):
                raise answer
