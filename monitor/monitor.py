"""Look, judge, tell: once a second (loop)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta

from monitor.alerts import Alerts
from monitor.checks import CHECKS, Limits, findings_of
from monitor.exported import export
from monitor.notices import Notices
from realtime.clock import Clock
from realtime.domain.alert import Notice, Severity, Turn
from realtime.log import Log
from realtime.overview import Lookout, Overview, Stored
from realtime.process import Health
from realtime.store.alerts import (
    firing_alerts,
    prune_alerts,
    record_cleared,
    record_fired,
    record_told,
    untold_notices,
)
from realtime.store.jobs import OUTAGE
from realtime.store.pool import Connection, Pool, borrowed

_LOOK_EVERY_S = 1.0
_KEEP = timedelta(days=90)
_TELL_LATER = timedelta(days=1)
_RECORDS_MAX = 1_000
_DATABASE_S = 2.0


class Monitor:
    """The monitor's loop.

    Records to write: what fired, cleared or was told while Postgres was away; bounded to 1,000, the oldest is
    dropped; in order; lost on restart.

    Args:
        patience: Scales every wait; 1 but in tests.
    """

    def __init__(
        self,
        lookout: Lookout,
        alerts: Alerts,
        limits: Limits,
        *,
        pool: Pool,
        webhook_url: str | None,
        clock: Clock,
        log: Log,
        health: Health,
        patience: float = 1.0,
    ) -> None:
        self._lookout = lookout
        self._alerts = alerts
        self._limits = limits
        self._pool = pool
        self._clock = clock
        self._log = log
        self._health = health
        self._patience = patience
        self._notices = None if webhook_url is None else Notices(webhook_url, clock, log, self._taken, patience)
        self._to_record: deque[Callable[[Connection], Awaitable[None]]] = deque(maxlen=_RECORDS_MAX)
        self._remembered = False

    async def run(self) -> None:
        """Look for ever."""
        async with asyncio.TaskGroup() as tasks:
            if self._notices is not None:
                tasks.create_task(self._notices.run())
            while True:
                await self._look()
                await self._clock.sleep(_LOOK_EVERY_S * self._patience)

    async def _look(self) -> None:
        seen = await self._lookout.look()
        if seen.stored is not None and not self._remembered:
            self._remembered = await self._remember()
        found = {check: findings_of(check, seen, self._limits) for check in CHECKS}
        notices = self._alerts.judge(found, self._clock.monotonic(), self._clock.now())
        for notice in notices:
            self._tell(notice)
        if seen.stored is not None:
            await self._record()
        self._report(seen, seen.stored)

    async def _remember(self) -> bool:
        """Take over what an earlier monitor fired, and tell what it could not tell."""
        now = self._clock.now()
        try:
            async with asyncio.timeout(_DATABASE_S), borrowed(self._pool, _DATABASE_S) as database:
                self._alerts.adopt(await firing_alerts(database))
                untold = await untold_notices(database, now - _TELL_LATER)
                await prune_alerts(database, now - _KEEP)
        except OUTAGE:
            return False
        if self._notices is not None:
            self._notices.offer(untold)
        return True

    def _tell(self, notice: Notice) -> None:
        alert = notice.alert
        log = self._log.bind(alert=alert.name, subject=alert.subject, message=alert.message)
        if notice.turn is Turn.FIRED:
            say = log.error if alert.severity is Severity.CRITICAL else log.warning
            say("alert_fired")
            self._to_record.append(lambda database: record_fired(database, alert))
        else:
            log.info("alert_cleared")
            self._to_record.append(lambda database: record_cleared(database, alert.id, notice.at))
        if self._notices is not None:
            self._notices.offer([notice])

    async def _taken(self, notice: Notice) -> None:
        at = self._clock.now()
        self._to_record.append(lambda database: record_told(database, notice, at))

    async def _record(self) -> None:
        """Write what waits, in order; what cannot be written now waits on."""
        while self._to_record:
            try:
                async with asyncio.timeout(_DATABASE_S), borrowed(self._pool, _DATABASE_S) as database:
                    await self._to_record[0](database)
            except OUTAGE:
                return
            self._to_record.popleft()

    def _report(self, seen: Overview, stored: Stored | None) -> None:
        export(self._alerts.firing, None if stored is None else stored.work)
        firing = self._alerts.firing
        self._health.facts.update(
            alerts=len(firing),
            firing=" ".join(sorted({alert.name for alert in firing})) or None,
            looked_at=seen.at.isoformat(timespec="seconds"),
        )
        self._health.well()
