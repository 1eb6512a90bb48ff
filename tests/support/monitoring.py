"""A monitor on real servers, an operator's webhook, and the heartbeats of stages that a test does not run."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web
from redis.exceptions import RedisError

from monitor.alerts import Alerts
from monitor.checks import Limits
from monitor.monitor import Monitor
from realtime.bus.client import Bus, open_bus
from realtime.bus.heartbeats import write_heartbeat
from realtime.bus.prices import write_feed_state
from realtime.clock import MarketClock, WallClock
from realtime.contract.messages import FeedState, FeedStatus, Heartbeat
from realtime.log import Log
from realtime.overview import Lookout
from realtime.process import Health, end_task
from realtime.store.keys import new_key
from realtime.store.pool import open_pool
from realtime.up import STAGES
from tests.support.waiting import wait_until
from tests.unit.monitor.builders import beat

PATIENCE = 0.02
"""A look every 20 ms; what takes 15 s in production takes 0.3 s."""

OPEN_MARKET = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
_BEAT_EVERY_S = 0.2


@dataclass
class Operator:
    """The operator's webhook.

    Attributes:
        answers: HTTP status of the next answers; 200 when there are none left.
    """

    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def heard(self, alert: str) -> list[tuple[str, str]]:
        """Return what was taken of an alert: subject and state, in order."""
        return [(each["subject"], each["state"]) for each in self.received if each["alert"] == alert]

    async def hears(self, alert: str, *turns: tuple[str, str]) -> None:
        """Wait until exactly these turns were taken."""
        await wait_until(lambda: self.heard(alert) == list(turns), 20, f"{alert}: {turns}, heard {self.received}")


@asynccontextmanager
async def operator() -> AsyncIterator[Operator]:
    told = Operator()

    async def take(request: web.Request) -> web.Response:
        status = told.answers.pop(0) if told.answers else 200
        if status == 200:
            told.received.append(await request.json())
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    told.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield told
    finally:
        await runner.cleanup()


@dataclass
class Cast:
    """Stages that are played: each has a heartbeat while it is in `beats`."""

    beats: dict[str, Heartbeat]
    feed: FeedState | None = field(default_factory=lambda: FeedState(FeedStatus.LIVE, None, 0, None))


@asynccontextmanager
async def played(redis_url: str, stages: Iterable[str] = STAGES, *, collector: bool = True) -> AsyncIterator[Cast]:
    """Beat the hearts of these stages; also say what a collector says, unless a real one does."""
    cast = Cast({stage: beat(stage) for stage in stages})
    if not collector:
        cast.feed = None
    async with open_bus(redis_url) as bus, asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(_play(bus, cast))
        try:
            yield cast
        finally:
            await end_task(playing)


async def _play(bus: Bus, cast: Cast) -> None:
    while True:
        try:
            for each in list(cast.beats.values()):
                await write_heartbeat(bus, msgspec.structs.replace(each, beat_at=WallClock().now()))
            if cast.feed is not None:
                await write_feed_state(bus, cast.feed)
        except RedisError:
            pass
        await asyncio.sleep(_BEAT_EVERY_S)


def market_at(time: datetime) -> MarketClock:
    wall = WallClock()
    return MarketClock(wall, time, wall.now())


@asynccontextmanager
async def monitoring(
    redis_url: str,
    database_url: str,
    told: Operator,
    *,
    market: MarketClock | None = None,
    limits: Limits | None = None,
    patience: float = PATIENCE,
) -> AsyncIterator[Health]:
    """Run a monitor, by default an hour after the open."""
    clock, health = WallClock(), Health()
    async with (
        open_bus(redis_url) as bus,
        open_pool(database_url, connections_max=2, connections_min=0) as pool,
        asyncio.TaskGroup() as tasks,
    ):
        lookout = Lookout(bus, pool, market or market_at(OPEN_MARKET), clock, 6 * 3600, 10 * patience)
        monitor = Monitor(
            lookout,
            Alerts(new_key, patience),
            limits or Limits(STAGES),
            pool=pool,
            webhook_url=told.url,
            clock=clock,
            log=Log(),
            health=health,
            patience=patience,
        )
        running = tasks.create_task(monitor.run())
        try:
            yield health
        finally:
            await end_task(running)


async def looked(health: Health) -> None:
    """Wait until the monitor has looked at least once more."""
    before = health.facts.get("looked_at")
    await wait_until(lambda: health.facts.get("looked_at") not in (None, before), 10, "another look")
