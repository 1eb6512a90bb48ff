"""A reconnecting, resuming stream of updates from the broadcaster (loop)."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from navstream.errors import Refused
from navstream.protocol.apply import Replicas, State
from navstream.protocol.state_hash import state_hash

_PACKED = Subprotocol("navstream.v1.msgpack")
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 3.0
_FINAL_CODES = frozenset({4400, 4401, 4403, 4413})

Token = str | Callable[[], Awaitable[str]]
"""A bearer token, or a coroutine function that returns a fresh one."""


@dataclass(frozen=True, slots=True)
class Update:
    """One message from the server.

    Attributes:
        channel: Its channel; None for messages about the connection itself.
        state: The channel's state after the message; None when `channel` is.
        message: The message as it came.
    """

    channel: str | None
    state: State | None
    message: dict[str, Any]


class Stream:
    """Subscribes to channels and yields every message with the state that results.

    Connects again with growing, jittered waits, resumes where it stood, and asks for a snapshot after a gap.
    Iterate it once. End by cancelling the task, or iterate `updates()` in `contextlib.aclosing` and leave the loop.

    Attributes:
        agreed_count: How often the server's hash of a state was ours.
        drifted_count: How often it was not, so that we asked for a snapshot.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        channels: Iterable[str],
        *,
        max_rate_hz: float | None = None,
        packed: bool = False,
        on_disconnect: Callable[[str], None] | None = None,
    ) -> None:
        """Prepare a stream; nothing is sent before it is iterated.

        Args:
            url: `ws://host:port/v1`.
            token: Bearer token, or a coroutine function that fetches a fresh one for each connection.
            channels: `portfolio`, `positions`, `account:<id>`, `positions:<id>`, `prices:<symbol>`, `market`.
            max_rate_hz: Most messages a second on each channel; None for the server's limit.
            packed: MessagePack instead of JSON on the wire.
            on_disconnect: Told why, at each lost connection.
        """
        self.channels = list(channels)
        self.replicas = Replicas()
        self.agreed_count = 0
        self.drifted_count = 0
        self._url = url
        self._token = token
        self._max_rate_hz = max_rate_hz
        self._packed = packed
        self._on_disconnect = on_disconnect

    def __aiter__(self) -> AsyncIterator[Update]:
        return self.updates()

    async def updates(self) -> AsyncGenerator[Update, None]:
        """Yield each message as it comes, for ever.

        Raises:
            Refused: The server will not have this client; another attempt would end the same way.
        """
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                async with self._connection() as connection, aclosing(self._updates(connection)) as updates:
                    async for update in updates:
                        if update.channel is not None:
                            wait_s = _FIRST_WAIT_S
                        yield update
                reason = "closed by the server"
            except ConnectionClosed as error:
                if error.rcvd is not None and error.rcvd.code in _FINAL_CODES:
                    raise Refused(error.rcvd.code, error.rcvd.reason) from error
                reason = str(error)
            except (OSError, InvalidHandshake, TimeoutError) as error:
                reason = str(error)
            if self._on_disconnect is not None:
                self._on_disconnect(reason)
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311  # jitter
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _connection(self) -> connect:
        return connect(
            self._url, compression=None, max_size=None, subprotocols=[_PACKED] if self._packed else None, proxy=None
        )

    async def _updates(self, connection: ClientConnection) -> AsyncGenerator[Update, None]:
        awaiting_snapshot: set[str] = set()
        await self._send(connection, {"op": "auth", "token": await bearer(self._token)})
        async for data in connection:
            message = self._decode(data)
            match message["type"]:
                case "welcome":
                    await self._subscribe(connection, self.channels)
                    yield Update(None, None, message)
                case "snapshot" | "delta":
                    channel = message["channel"]
                    if channel in awaiting_snapshot and message["type"] == "delta":
                        continue
                    awaiting_snapshot.discard(channel)
                    replica = self.replicas.receive(message)
                    if replica is None:
                        awaiting_snapshot.add(channel)
                        await self._start_over(connection, channel)
                        continue
                    yield Update(channel, replica.state, message)
                case "check":
                    channel = message["channel"]
                    if channel not in awaiting_snapshot and not self._agrees(message):
                        awaiting_snapshot.add(channel)
                        await self._start_over(connection, channel)
                    yield Update(None, None, message)
                case _:
                    yield Update(None, None, message)

    def _agrees(self, check: dict[str, Any]) -> bool:
        replica = self.replicas.by_channel.get(check["channel"])
        agrees = replica is not None and replica.seq == check["seq"] and state_hash(replica.state) == check["hash"]
        self.agreed_count += agrees
        self.drifted_count += not agrees
        return agrees

    async def _start_over(self, connection: ClientConnection, channel: str) -> None:
        self.replicas.forget(channel)
        await self._subscribe(connection, [channel])

    async def _subscribe(self, connection: ClientConnection, channels: list[str]) -> None:
        op: dict[str, Any] = {"op": "subscribe", "channels": channels, "self_check": True}
        if self._max_rate_hz is not None:
            op["max_rate_hz"] = self._max_rate_hz
        if resume := self.replicas.resume_points(channels):
            op["resume"] = resume
        await self._send(connection, op)

    async def _send(self, connection: ClientConnection, op: dict[str, Any]) -> None:
        with suppress(ConnectionClosed):  # whoever reads meets it, with what was received before
            if self._packed:
                await connection.send(msgspec.msgpack.encode(op))
            else:
                await connection.send(msgspec.json.encode(op), text=True)

    def _decode(self, data: str | bytes) -> dict[str, Any]:
        message: dict[str, Any]
        message = msgspec.msgpack.decode(data) if isinstance(data, bytes) else msgspec.json.decode(data)
        return message


async def bearer(token: Token) -> str:
    """Return the token to send now."""
    return token if isinstance(token, str) else await token()
