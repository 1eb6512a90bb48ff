"""The parts of the broadcaster, put together and running."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from broadcaster.access import Access
from broadcaster.desk import Desk
from broadcaster.fanout import Fanout
from broadcaster.interest import Interest
from broadcaster.latency import Latency
from broadcaster.market import Market
from broadcaster.prices import Prices
from broadcaster.protocol import Limits
from broadcaster.retained import RetainedStates
from broadcaster.self_check import send_checks
from broadcaster.server import Broadcaster, Door
from broadcaster.sources import Sources
from broadcaster.values import Values
from broadcaster.watchdog import Watchdog
from realtime.auth import tokens_of
from realtime.bus.client import open_bus
from realtime.bus.value_feeds import value_feed_of
from realtime.clock import WallClock
from realtime.log import Log
from realtime.process import Health
from realtime.settings import Settings
from realtime.store.pool import Role, open_pool

_CANCEL_EVERY_S = 0.2


@dataclass(frozen=True)
class Running:
    """A broadcaster at work."""

    port: int
    broadcaster: Broadcaster
    fanout: Fanout


@asynccontextmanager
async def running(settings: Settings, health: Health, log: Log) -> AsyncIterator[Running]:
    """Serve clients while inside; on leaving they are closed with 1012.

    Raises:
        OSError: The port is taken, or Postgres does not answer.
    """
    clock, market_clock = WallClock(), settings.market_clock()
    async with open_bus(settings.redis_address) as bus, open_pool(settings.database_address, Role.STAGE) as pool:
        latency = Latency(market_clock)
        fanout = Fanout(latency)
        interest = Interest(bus, clock)
        market = Market(bus, fanout, clock, market_clock)
        values = Values(bus, value_feed_of(settings.redis_address, bus, clock, log), fanout, clock, interest)
        prices = Prices(bus, fanout, market, clock, market_clock)
        access = Access(pool, clock)
        sources = Sources(pool, access, values, prices, market)
        retained = RetainedStates()
        desk = Desk(
            tokens=tokens_of(settings, clock),
            limits=Limits(settings.channels_max, settings.message_bytes_max, settings.max_rate_hz),
            heartbeat_s=settings.heartbeat_s,
            sources=sources,
            fanout=fanout,
            retained=retained,
            market=market,
        )
        broadcaster = Broadcaster(_door(settings), desk, clock, log)
        watchdog = Watchdog(broadcaster, desk, interest, latency, health, clock, log)
        async with broadcaster.listening() as port, asyncio.TaskGroup() as tasks:
            loops = [
                tasks.create_task(loop)
                for loop in (
                    *values.loops(),
                    *interest.loops(),
                    prices.run(),
                    market.run(),
                    access.follow_changes(settings.database_address, log, desk.check_access),
                    watchdog.run(settings.heartbeat_s),
                    send_checks(broadcaster.clients.values, clock, settings.self_check_s),
                )
            ]
            try:
                yield Running(port, broadcaster, fanout)
            finally:
                await _end(loops)


async def _end(loops: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until it is heard: Python 3.11's `wait_for`, in redis-py's every command, may swallow a cancellation."""
    alive = set(loops)
    while alive:
        for loop in alive:
            loop.cancel()
        _, alive = await asyncio.wait(alive, timeout=_CANCEL_EVERY_S)


def _door(settings: Settings) -> Door:
    return Door(
        host=settings.broadcaster_host,
        port=settings.broadcaster_port,
        clients_max=settings.clients_max,
        clients_per_user_max=settings.clients_per_user_max,
        clients_per_address_max=settings.clients_per_address_max,
        auth_timeout_s=settings.auth_timeout_s,
        origins=settings.origins,
    )
