"""Looks at every client each second (loop): pings, expired tokens, clients that stopped reading or answering."""

import asyncio
from enum import Enum
from typing import Protocol

from broadcaster.desk import Closed, Desk
from broadcaster.interest import Interest
from broadcaster.latency import Latency
from broadcaster.protocol import CloseCode
from broadcaster.server import Broadcaster
from realtime import metrics
from realtime.clock import Clock
from realtime.log import Log
from realtime.process import Health

LOOK_EVERY_S = 1.0
STALLED_AFTER_S = 60.0
_UNANSWERED_PINGS = 3
_LOOKS_A_TURN = 500


class Seen(Protocol):
    """What a look at a connection shows; loop times."""

    heard_at: float
    full_since: float | None


class Verdict(Enum):
    WELL = "well"
    PROBE = "probe"
    STALLED = "stalled"
    SILENT = "silent"


def judge(seen: Seen, now: float, heartbeat_s: float) -> Verdict:
    """Return what to do with a connection; pings begin when nothing was heard for a heartbeat."""
    if seen.full_since is not None:
        return Verdict.STALLED if now - seen.full_since >= STALLED_AFTER_S else Verdict.WELL
    silent_s = now - seen.heard_at
    if silent_s >= heartbeat_s * (_UNANSWERED_PINGS + 1):
        return Verdict.SILENT
    return Verdict.PROBE if silent_s >= heartbeat_s and silent_s % heartbeat_s < LOOK_EVERY_S else Verdict.WELL


class Watchdog:
    """Keeps the house in order and says how it is."""

    def __init__(
        self,
        broadcaster: Broadcaster,
        desk: Desk,
        interest: Interest,
        latency: Latency,
        health: Health,
        clock: Clock,
        log: Log,
    ) -> None:
        """Take what is looked after."""
        self._broadcaster = broadcaster
        self._desk = desk
        self._interest = interest
        self._health = health
        self._clock = clock
        self._log = log
        self._counted = 0
        self._messages = metrics.Tally(metrics.BROADCASTER_MESSAGES)
        self._bytes = metrics.Tally(metrics.BROADCASTER_BYTES)
        self._latency = latency

    async def run(self, heartbeat_s: float) -> None:
        """Look each second, for ever."""
        while True:
            now = self._clock.monotonic()
            await self._look_at_connections(heartbeat_s)
            await self._desk.sources.sweep(now)
            self._desk.retained.expire(now)
            self._report()
            await self._clock.sleep(LOOK_EVERY_S)

    async def _look_at_connections(self, heartbeat_s: float) -> None:
        wall = self._clock.now().timestamp()
        for place, wire in enumerate(list(self._broadcaster.wires)):
            if place % _LOOKS_A_TURN == 0:
                await asyncio.sleep(0)
            client = self._broadcaster.clients.get(wire)
            if client is not None and client.expires_at <= wall:
                wire.shut(CloseCode.UNAUTHENTICATED, "the token has expired")
                continue
            match judge(wire, wire.loop.time(), heartbeat_s):
                case Verdict.PROBE:
                    wire.probe()
                case Verdict.STALLED | Verdict.SILENT as verdict:
                    closed = Closed(CloseCode.OVERLOADED, f"the client is {verdict.value}")
                    self._log.info("client_closed", code=closed.code.value, reason=closed.reason)
                    wire.shut(closed.code, closed.reason)

    def _report(self) -> None:
        facts, sent = self._health.facts, self._desk.fanout.messages_count
        self._health.latency_counts = self._latency.counts()
        metrics.BROADCASTER_CLIENTS.set(len(self._broadcaster.clients))
        metrics.BROADCASTER_USERS.set(self._interest.users_count)
        metrics.BROADCASTER_CHANNELS.set(len(self._desk.sources.channels))
        self._messages.reached(sent)
        self._bytes.reached(self._desk.fanout.bytes_count)
        facts["clients"] = len(self._broadcaster.clients)
        facts["users"] = self._interest.users_count
        facts["channels"] = len(self._desk.sources.channels)
        facts["messages_per_s"] = sent - self._counted
        self._counted = sent
        if self._desk.market.is_reachable:
            self._health.well()
        else:
            self._health.problem = "Redis is unreachable"
