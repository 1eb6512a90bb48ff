"""Accepts WebSocket clients: handshake, authentication, ops in, close codes out (loop)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Origin, Subprotocol

from broadcaster.client import Client, OpBudget
from broadcaster.desk import Closed, Desk, new_epoch
from broadcaster.encoding import Encoding, encoding_for
from broadcaster.protocol import (
    PATH,
    SUBPROTOCOL_JSON,
    SUBPROTOCOL_MSGPACK,
    Auth,
    CloseCode,
    Error,
    ErrorCode,
    Malformed,
    OpId,
    OpRefused,
)
from broadcaster.wire import HIGH_WATER_BYTES, LOW_WATER_BYTES, Wire
from realtime.clock import Clock
from realtime.errors import RetryLater
from realtime.log import Log

_SUBPROTOCOLS = [Subprotocol(SUBPROTOCOL_JSON), Subprotocol(SUBPROTOCOL_MSGPACK)]
_HANDSHAKE_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 5.0
_AUTH_BYTES_MAX = 16_384
_FRAMES_QUEUED_MAX = 4
_TOKEN_PARAMETERS = frozenset({"token", "access_token", "id_token", "jwt", "auth", "authorization", "bearer"})
_DRAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Door:
    """Who gets in.

    Attributes:
        clients_per_user_max: Authenticated clients of one user; None for any number.
        clients_per_address_max: Connections from one address; None for any number.
        origins: Origins that browsers may connect from; empty for any.
    """

    host: str
    port: int
    clients_max: int
    auth_timeout_s: float
    clients_per_user_max: int | None = None
    clients_per_address_max: int | None = None
    origins: tuple[str, ...] = ()


class Broadcaster:
    """Serves clients until told to stop.

    Attributes:
        wires: Every connection after its handshake.
        clients: The authenticated ones.
    """

    def __init__(self, door: Door, desk: Desk, clock: Clock, log: Log) -> None:
        """Prepare; nothing listens yet."""
        self._door = door
        self._desk = desk
        self._clock = clock
        self._log = log
        self.wires: set[Wire] = set()
        self.clients: dict[Wire, Client] = {}
        self._by_address: Counter[str] = Counter()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Accept clients; yield the port. On leaving, what was written gets out, then all are closed with 1012."""
        origins = [Origin(origin) for origin in self._door.origins]
        server = await serve(
            self._serve,
            self._door.host,
            self._door.port,
            compression=None,
            subprotocols=_SUBPROTOCOLS,
            process_request=_route,
            origins=[*origins, None] if origins else None,
            max_size=_AUTH_BYTES_MAX,
            create_connection=Wire,
            open_timeout=_HANDSHAKE_TIMEOUT_S,
            ping_interval=None,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_queue=_FRAMES_QUEUED_MAX,
            write_limit=(HIGH_WATER_BYTES, LOW_WATER_BYTES),
            server_header=None,
        )
        try:
            yield next(iter(server.sockets)).getsockname()[1]
        finally:
            await self._close(server)

    async def _close(self, server: Server) -> None:
        server.close(close_connections=False)
        for wire in list(self.wires):
            wire.shut(CloseCode.RESTART, "the server restarts")
        try:
            async with asyncio.timeout(_DRAIN_S):
                await server.wait_closed()
        except TimeoutError:
            for wire in list(self.wires):
                wire.transport.abort()
            await server.wait_closed()

    async def _serve(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Wire)
        wire = connection
        self.wires.add(wire)
        address = str(wire.remote_address[0])
        self._by_address[address] += 1
        encoding = encoding_for(wire.subprotocol)
        client: Client | None = None
        try:
            self._let_in(address)
            client = await self._admit(wire, encoding)
            await self._work(wire, client)
        except Closed as closed:
            self._refuse(wire, client, closed)
        except Malformed as error:
            wire.write(encoding.frame_of(Error(None, ErrorCode.MALFORMED, error.reason)))
            self._refuse(wire, client, Closed(CloseCode.MALFORMED, error.reason))
        except RetryLater as error:
            self._refuse(wire, client, Closed(CloseCode.OVERLOADED, error.reason))
        except (ConnectionClosed, OSError):
            pass  # the client is gone
        finally:
            self.wires.discard(wire)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
            wire.on_room = None
            if client is not None:
                del self.clients[wire]
                self._desk.leave(client, self._clock.monotonic())

    def _let_in(self, address: str) -> None:
        if len(self.wires) > self._door.clients_max:
            raise Closed(CloseCode.OVERLOADED, "too many clients; try again later")
        most = self._door.clients_per_address_max
        if most is not None and self._by_address[address] > most:
            raise Closed(CloseCode.TOO_MANY, "too many clients from this address")

    async def _admit(self, wire: Wire, encoding: Encoding) -> Client:
        assert wire.request is not None
        if _has_token(wire.request.path):
            raise Closed(CloseCode.UNAUTHENTICATED, "a token in the URL is never accepted; send it in an auth op")
        token = _bearer(wire.request)
        if token is None:
            token = await self._first_token(wire, encoding)
        user_id, expires_at = await self._desk.identify(token)
        if expires_at <= self._clock.now().timestamp():
            raise Closed(CloseCode.UNAUTHENTICATED, "the token has expired")
        most = self._door.clients_per_user_max
        if most is not None and len(self._desk.clients.get(user_id, ())) >= most:
            raise Closed(CloseCode.TOO_MANY, "too many clients of this user")
        client = Client(uuid4().hex, new_epoch(), user_id, encoding, wire, self._desk.limits)
        client.expires_at = expires_at
        self.clients[wire] = client
        wire.limit_messages(self._desk.limits.message_bytes_max)
        wire.on_room = lambda: self._desk.fanout.room(client)
        self._desk.join(client)
        return client

    async def _first_token(self, wire: Wire, encoding: Encoding) -> str:
        try:
            async with asyncio.timeout(self._door.auth_timeout_s):
                data = await wire.recv(decode=False)
        except TimeoutError:
            raise Closed(CloseCode.AUTH_TIMEOUT, "no auth op came in time") from None
        try:
            op = encoding.read(data)
        except OpRefused as refused:
            op_id: OpId = refused.op_id
        else:
            if isinstance(op, Auth):
                return op.token
            op_id = op.id
        message = "the first op must be auth"
        wire.write(encoding.frame_of(Error(op_id, ErrorCode.NOT_AUTHENTICATED, message)))
        raise Closed(CloseCode.UNAUTHENTICATED, message)

    async def _work(self, wire: Wire, client: Client) -> None:
        budget = OpBudget(counted_at=self._clock.monotonic())
        while True:
            data = await wire.recv(decode=False)
            now = self._clock.monotonic()
            if not budget.spend(now):
                raise Closed(CloseCode.TOO_MANY, "too many messages")
            try:
                await self._desk.carry_out(client, client.encoding.read(data), now)
            except OpRefused as refused:
                error = Error(refused.op_id, ErrorCode(refused.code), refused.reason)
                wire.write(client.encoding.frame_of(error))
            # Answers count too: who does not read them is not read from.
            await wire.drain()

    def _refuse(self, wire: Wire, client: Client | None, closed: Closed) -> None:
        self._log.info(
            "client_closed" if client else "client_refused",
            code=closed.code.value,
            reason=closed.reason,
            client=client.id if client else None,
        )
        wire.shut(closed.code, closed.reason[:120])


def _route(connection: ServerConnection, request: Request) -> Response | None:
    match urlsplit(request.path).path:
        case "/health":
            return connection.respond(HTTPStatus.OK, "ok\n")
        case path if path == PATH:
            return None
        case _:
            return connection.respond(HTTPStatus.NOT_FOUND, f"WebSocket clients connect to {PATH}\n")


def _has_token(path: str) -> bool:
    return any(
        name.lower() in _TOKEN_PARAMETERS or value.startswith("eyJ")
        for name, value in parse_qsl(urlsplit(path).query, keep_blank_values=True)
    )


def _bearer(request: Request) -> str | None:
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
