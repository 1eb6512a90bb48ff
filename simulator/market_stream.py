"""The market-data WebSocket endpoints: one reader and one writer per client (loop)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import msgpack
from aiohttp import WSMessage, WSMsgType, web

from simulator.fan_out import FanOut, Outbox
from simulator.plan import Plan
from simulator.subscriptions import AUTHENTICATED, CONNECTED, ENDPOINTS, Endpoint, Refused, Subscriptions, error
from simulator.wire import Fields

PING_EVERY_S = 30.0
_LAST_WORDS_S = 0.5
MESSAGE_BYTES_MAX = 4 * 1024 * 1024


@dataclass(slots=True)
class StreamClient:
    """One open stream, for the control API to look at."""

    endpoint: Endpoint
    subscriptions: Subscriptions
    outbox: Outbox
    drop: Callable[[], None]
    close: Callable[[int], Awaitable[None]]


class MarketStream:
    """All stream endpoints of the simulated service.

    Args:
        points_max: Points a client may lag behind before 407.
        frame_points_max: Points in a frame at most.
        on_change: Called after any subscription changed.
    """

    def __init__(
        self,
        plan: Plan,
        fan_out: FanOut,
        *,
        points_max: int,
        frame_points_max: int,
        on_change: Callable[[], None],
        auth_timeout_s: float,
    ) -> None:
        self._plan = plan
        self._fan_out = fan_out
        self._points_max = points_max
        self._frame_points_max = frame_points_max
        self._on_change = on_change
        self._auth_timeout_s = auth_timeout_s
        self.clients: list[StreamClient] = []

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints' routes."""
        return [web.get(path, self._handle) for path in ENDPOINTS]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self._plan.upgrade_status is not None:
            return web.json_response({"message": "too many requests."}, status=self._plan.upgrade_status)
        socket = web.WebSocketResponse(heartbeat=PING_EVERY_S, compress=False, max_msg_size=MESSAGE_BYTES_MAX)
        if not socket.can_prepare(request).ok:
            return web.json_response({"message": "upgrade required"}, status=426)
        await socket.prepare(request)
        binary = "msgpack" in request.headers.get("Content-Type", "")
        outbox = Outbox(binary=binary, points_max=self._points_max, frame_points_max=self._frame_points_max)
        client = _Client(request, socket, ENDPOINTS[request.path], outbox, self._plan, self._fan_out, self._on_change)
        self._fan_out.outboxes.add(outbox)
        self.clients.append(client.seen)
        try:
            await client.run(self._auth_timeout_s)
        finally:
            self.clients.remove(client.seen)
            self._fan_out.remove(outbox)
            client.release()
            self._on_change()
        return socket


class _Client:
    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        endpoint: Endpoint,
        outbox: Outbox,
        plan: Plan,
        fan_out: FanOut,
        on_change: Callable[[], None],
    ) -> None:
        self._request = request
        self._socket = socket
        self._outbox = outbox
        self._plan = plan
        self._key: str | None = None
        self._on_change = on_change
        self._frame_type = WSMsgType.BINARY if outbox.binary else WSMsgType.TEXT
        self._authenticated = asyncio.Event()
        self._subscriptions = Subscriptions(
            endpoint, outbox.binary, self._admit, lambda: plan.symbols_max, partial(fan_out.change, outbox, endpoint)
        )
        self.seen = StreamClient(endpoint, self._subscriptions, outbox, self._abort, self._close)

    def _abort(self) -> None:
        transport = self._request.transport
        if transport is not None:
            transport.abort()

    async def _close(self, code: int) -> None:
        await self._socket.close(code=code)

    def _admit(self, key: str, secret: str) -> None:
        self._plan.admit(self._subscriptions.endpoint.path, key, secret)
        self._key = key

    def release(self) -> None:
        if self._key is not None:
            self._plan.release(self._subscriptions.endpoint.path, self._key)

    async def run(self, auth_timeout_s: float) -> None:
        self._outbox.put_answer(CONNECTED)
        self._authenticate_by_headers()
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(self._write())
            timer = tasks.create_task(self._expect_auth(auth_timeout_s))
            watch = tasks.create_task(self._cut_off_when_slow())
            try:
                async for message in self._socket:
                    self._outbox.put_answer(self._answer(message))
                    self._on_change()
            finally:
                writer.cancel()
                timer.cancel()
                watch.cancel()

    def _authenticate_by_headers(self) -> None:
        key = self._request.headers.get("APCA-API-KEY-ID")
        if key is not None:
            secret = self._request.headers.get("APCA-API-SECRET-KEY", "")
            answer = self._subscriptions.answer({"action": "auth", "key": key, "secret": secret})
            self._outbox.put_answer(answer)
            if answer is AUTHENTICATED:
                self._authenticated.set()

    def _answer(self, message: WSMessage) -> Fields:
        try:
            decoded = self._decode(message)
        except Refused as refused:
            return error(refused.code)
        answer = self._subscriptions.answer(decoded)
        if answer is AUTHENTICATED:
            self._authenticated.set()
        return answer

    def _decode(self, message: WSMessage) -> object:
        try:
            if message.type is WSMsgType.BINARY:
                return msgpack.unpackb(message.data)
            return json.loads(message.data)
        except (ValueError, TypeError, msgpack.UnpackException) as malformed:
            raise Refused(400) from malformed

    async def _expect_auth(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._authenticated.wait()
        except TimeoutError:
            self._outbox.put_answer(error(404))
            await self._outbox.idle.wait()
            await self._socket.close()

    async def _write(self) -> None:
        try:
            while True:
                await self._outbox.filled.wait()
                for frame in self._outbox.take_frames():
                    await self._socket.send_frame(frame, self._frame_type)
                self._outbox.written()
        except (ConnectionError, RuntimeError):  # aiohttp raises RuntimeError for a socket that is closing
            self._outbox.abandon()

    async def _cut_off_when_slow(self) -> None:
        """Tell a client that lags too far and hang up; what it does not read in time is lost."""
        await self._outbox.overflowed.wait()
        refusal = msgpack.packb([error(407)]) if self._outbox.binary else json.dumps([error(407)]).encode()
        with suppress(TimeoutError, ConnectionError, RuntimeError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await self._socket.send_frame(refusal, self._frame_type)
        if self._request.transport is not None:
            self._request.transport.close()
        await asyncio.sleep(_LAST_WORDS_S)
        self._abort()
