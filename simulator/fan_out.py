"""From one event to the clients that subscribed to it: encoded once, queued per client (pure but for the wake-up)."""

import asyncio
import json
from collections.abc import Iterable

import msgpack

from simulator.events import Event, Stream, stream_of
from simulator.subscriptions import Endpoint
from simulator.wire import Fields, json_frame, json_point, msgpack_frame, msgpack_point, route

FRAME_POINTS_MAX = 512
ROOM_POINTS = 2_000


class Outbox:
    """What one client is still to be sent.

    Bounded to: `points_max` points. When full: `overflowed`, and the stream sends 407 and closes, as Alpaca does with
    slow clients. Order: as delivered; answers to the client's own messages go first. Writers: the fan-out and the
    client's reader; reader: its writer task. Lost when: the client disconnects.
    """

    def __init__(self, *, binary: bool, points_max: int, frame_points_max: int = FRAME_POINTS_MAX) -> None:
        self.binary = binary
        self.overflowed = asyncio.Event()
        self.points_sent = 0
        self._points: list[bytes] = []
        self._answers: list[bytes] = []
        self._points_max = points_max
        self._frame_points_max = frame_points_max
        self.filled = asyncio.Event()
        self.has_room = asyncio.Event()
        self.idle = asyncio.Event()
        self.has_room.set()
        self.idle.set()

    def __len__(self) -> int:
        return len(self._points)

    def put(self, point: bytes) -> None:
        """Queue an encoded point."""
        if len(self._points) >= self._points_max:
            self.overflowed.set()
        else:
            self._points.append(point)
            if len(self._points) >= ROOM_POINTS:
                self.has_room.clear()
        self.idle.clear()
        self.filled.set()

    def put_answer(self, answer: Fields) -> None:
        """Queue an answer: an array of its own."""
        packed: bytes = msgpack.packb([answer]) if self.binary else json.dumps([answer]).encode()
        self._answers.append(packed)
        self.idle.clear()
        self.filled.set()

    def take_frames(self) -> list[bytes]:
        """Return everything queued as frames, and consider it sent."""
        self.filled.clear()
        answers, points = self._answers, self._points
        self._answers, self._points = [], []
        self.points_sent += len(points)
        frame = msgpack_frame if self.binary else json_frame
        size = self._frame_points_max
        return answers + [frame(points[start : start + size]) for start in range(0, len(points), size)]

    def written(self) -> None:
        """Note that the socket took what was taken."""
        self.has_room.set()
        if not self.filled.is_set():
            self.idle.set()

    def abandon(self) -> None:
        """Let nobody wait for this client again."""
        self._points.clear()
        self.has_room.set()
        self.idle.set()


class FanOut:
    """Who wants what."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], set[Outbox]] = {}
        self._wildcards: dict[tuple[str, Stream], set[Outbox]] = {}
        self.outboxes: set[Outbox] = set()

    def change(self, outbox: Outbox, endpoint: Endpoint, channel: str, joined: set[str], left: set[str]) -> None:
        """Route a channel's symbols to a client, or no longer."""
        for symbol in joined:
            self._clients(endpoint, channel, symbol).add(outbox)
        for symbol in left:
            self._clients(endpoint, channel, symbol).discard(outbox)

    def _clients(self, endpoint: Endpoint, channel: str, symbol: str) -> set[Outbox]:
        if symbol == "*":
            return self._wildcards.setdefault((channel, endpoint.stream), set())
        return self._routes.setdefault((channel, symbol), set())

    def remove(self, outbox: Outbox) -> None:
        """Forget a client."""
        self.outboxes.discard(outbox)
        for clients in (*self._routes.values(), *self._wildcards.values()):
            clients.discard(outbox)
        outbox.abandon()

    def wanted(self, channel: str) -> frozenset[str]:
        """Return the symbols somebody subscribes to on a channel; `*` when somebody wants them all."""
        named = {symbol for (name, symbol), clients in self._routes.items() if name == channel and clients}
        if any(clients for (name, _), clients in self._wildcards.items() if name == channel):
            named.add("*")
        return frozenset(named)

    def deliver(self, event: Event) -> None:
        """Queue an event for its clients."""
        key = route(event)
        clients: Iterable[Outbox] = self._routes.get(key, ())
        if self._wildcards:
            everything = self._wildcards.get((key[0], stream_of(key[1])))
            if everything:
                clients = {*clients, *everything}
        packed = text = b""
        for outbox in clients:
            if outbox.binary:
                packed = packed or msgpack_point(event)
                outbox.put(packed)
            else:
                text = text or json_point(event)
                outbox.put(text)

    async def wait_for_room(self) -> None:
        """Wait until every client can take more."""
        for outbox in tuple(self.outboxes):
            await outbox.has_room.wait()

    async def wait_until_written(self) -> None:
        """Wait until every client's socket has taken everything."""
        for outbox in tuple(self.outboxes):
            await outbox.idle.wait()
