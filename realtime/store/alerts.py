"""The monitor's alerts, so that they fire once though the monitor restarts. All times are the caller's wall clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from realtime.domain.alert import Alert, Notice, Severity, Turn
from realtime.store.pool import Connection, Pool

_FIRING = "select * from alerts where cleared_at is null order by fired_at"
_FIRE = """
insert into alerts (id, name, subject, severity, message, fired_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (name, subject) where cleared_at is null do nothing
"""
_CLEAR = "update alerts set cleared_at = $2 where id = $1 and cleared_at is null"
_TOLD_FIRED = "update alerts set fired_told_at = $2 where id = $1"
_TOLD_CLEARED = "update alerts set cleared_told_at = $2 where id = $1"
_UNTOLD = """
select * from alerts
where fired_at > $1 and (fired_told_at is null or (cleared_told_at is null and cleared_at is not null))
order by fired_at
"""
_PRUNE = "delete from alerts where cleared_at < $1"


async def firing_alerts(database: Connection | Pool) -> list[Alert]:
    """Return the alerts that fire, oldest first."""
    return [_alert(row) for row in await database.fetch(_FIRING)]


async def record_fired(database: Connection | Pool, alert: Alert) -> None:
    """Record that an alert fires; of two monitors' alerts about the same thing the first one stays."""
    await database.execute(
        _FIRE, alert.id, alert.name, alert.subject, alert.severity.value, alert.message, alert.fired_at
    )


async def record_cleared(database: Connection | Pool, alert_id: UUID, at: datetime) -> None:
    """Record that an alert fires no longer."""
    await database.execute(_CLEAR, alert_id, at)


async def record_told(database: Connection | Pool, notice: Notice, at: datetime) -> None:
    """Record that the operator's webhook took a notice."""
    told = _TOLD_FIRED if notice.turn is Turn.FIRED else _TOLD_CLEARED
    await database.execute(told, notice.alert.id, at)


async def untold_notices(database: Connection | Pool, fired_after: datetime) -> list[Notice]:
    """Return the notices of newer alerts that the operator's webhook has not taken, in the order of what happened."""
    return sorted(_untold(await database.fetch(_UNTOLD, fired_after)), key=lambda notice: notice.at)


async def prune_alerts(database: Connection | Pool, cleared_before: datetime) -> None:
    """Forget alerts that were cleared before a time."""
    await database.execute(_PRUNE, cleared_before)


def _untold(rows: Iterable[Any]) -> Iterable[Notice]:
    for row in rows:
        if row["fired_told_at"] is None:
            yield Notice(_alert(row), Turn.FIRED, row["fired_at"])
        if row["cleared_at"] is not None and row["cleared_told_at"] is None:
            yield Notice(_alert(row), Turn.CLEARED, row["cleared_at"])


def _alert(row: Any) -> Alert:
    return Alert(row["id"], row["name"], row["subject"], Severity(row["severity"]), row["message"], row["fired_at"])
