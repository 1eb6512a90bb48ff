"""The whole service at one moment, as Redis and Postgres tell it; for the monitor and `navstream status`."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.exceptions import RedisError

from realtime.bus.client import Bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.bus.prices import read_feed_state, unread_s
from realtime.clock import Clock, MarketClock
from realtime.contract.messages import FeedState, Heartbeat
from realtime.domain.alert import Alert
from realtime.market_hours import MarketSession, market_hours_around
from realtime.store.alerts import firing_alerts
from realtime.store.jobs import OUTAGE
from realtime.store.pool import Pool, borrowed
from realtime.store.webhooks import WebhookCounts, count_events
from realtime.store.work import Work, read_work

FAILING_AFTER_S = 3600.0
_WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class MarketMoment:
    """Where the market's day stands.

    Attributes:
        time: Market time.
        open_for_s: Market seconds since the regular session opened; None outside of it.
        speed: Market seconds a wall second.
    """

    time: datetime
    session: MarketSession
    open_for_s: float | None
    speed: float


@dataclass(frozen=True, slots=True)
class Live:
    """What Redis tells.

    Attributes:
        feed: None when no collector says anything.
        unread_s: How long the first price batch has waited that some calculator has not read; None without one.
    """

    heartbeats: tuple[Heartbeat, ...]
    feed: FeedState | None
    unread_s: float | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What Postgres tells."""

    work: Work
    alerts: tuple[Alert, ...]
    webhooks: tuple[WebhookCounts, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """The service at one moment; a part whose server does not answer is None.

    Attributes:
        at: Wall time.
    """

    at: datetime
    market: MarketMoment
    live: Live | None
    stored: Stored | None


def market_moment(market: MarketClock) -> MarketMoment:
    """Return where the market's day stands now."""
    now = market.now()
    hours = market_hours_around(now)
    session = hours.session(now)
    opened = hours.trading_day(now).open
    open_for_s = (now - opened) / timedelta(seconds=1) if session is MarketSession.REGULAR else None
    return MarketMoment(now, session, open_for_s, market.speed)


class Lookout:
    """Looks at everything; no look lasts longer than three seconds."""

    def __init__(
        self,
        bus: Bus,
        pool: Pool,
        market: MarketClock,
        clock: Clock,
        overdue_after_s: float,
        work_every_s: float = 0.0,
    ) -> None:
        """Look at these.

        Args:
            bus: Redis.
            pool: Postgres; it may be unreachable.
            market: Market time.
            clock: Wall time.
            overdue_after_s: Age of holdings from which they are overdue, seconds.
            work_every_s: How often the work is read anew; in between Postgres is only asked whether it answers.
        """
        self._bus = bus
        self._pool = pool
        self._market = market
        self._clock = clock
        self._overdue_after_s = overdue_after_s
        self._work_every_s = work_every_s
        self._stored: Stored | None = None
        self._stored_at = 0.0

    async def look(self) -> Overview:
        """Return how everything is now."""
        live, stored = await asyncio.gather(self.live(), self.stored())
        return Overview(self._clock.now(), market_moment(self._market), live, stored)

    async def live(self) -> Live | None:
        """Return what Redis tells; None when it does not answer."""
        try:
            async with asyncio.timeout(_WAIT_S):
                beats = tuple(await read_heartbeats(self._bus))
                feed = await read_feed_state(self._bus)
                return Live(beats, feed, await self._unread_s(beats))
        except (RedisError, OSError, TimeoutError):
            return None

    async def stored(self) -> Stored | None:
        """Return what Postgres tells; None when it does not answer."""
        try:
            async with asyncio.timeout(_WAIT_S), borrowed(self._pool, _WAIT_S / 2) as database:
                if self._stored is not None and self._clock.monotonic() - self._stored_at < self._work_every_s:
                    await database.execute("select 1")
                    return self._stored
                work = await read_work(database, self._overdue_after_s, FAILING_AFTER_S)
                alerts = tuple(await firing_alerts(database))
                self._stored = Stored(work, alerts, await count_events(database))
                self._stored_at = self._clock.monotonic()
                return self._stored
        except OUTAGE:
            return None

    async def _unread_s(self, beats: tuple[Heartbeat, ...]) -> float | None:
        entries = [entry for beat in beats if isinstance(entry := beat.facts.get("feed_entry"), str)]
        return max([await unread_s(self._bus, entry) for entry in entries], default=None)
