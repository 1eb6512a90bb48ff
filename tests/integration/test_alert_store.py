"""Alerts in Postgres: what a restarted monitor finds."""

from datetime import timedelta

from realtime.domain.alert import Alert, Notice, Severity, Turn
from realtime.store.alerts import (
    firing_alerts,
    prune_alerts,
    record_cleared,
    record_fired,
    record_told,
    untold_notices,
)
from realtime.store.keys import new_key
from realtime.store.pool import Pool
from tests.unit.monitor.builders import NOW

LATER = NOW + timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=1)


def new_alert(name: str = "feed_silent", subject: str = "stock") -> Alert:
    return Alert(new_key(), name, subject, Severity.CRITICAL, "The stream is silent.", NOW)


async def test_an_alert_fires_until_it_is_cleared(pool: Pool) -> None:
    """Ensure what is stored is what was fired, and a cleared alert fires no longer."""
    alert = new_alert()
    await record_fired(pool, alert)
    assert await firing_alerts(pool) == [alert]
    await record_cleared(pool, alert.id, LATER)
    assert await firing_alerts(pool) == []


async def test_one_thing_fires_once(pool: Pool) -> None:
    """Ensure a second alert of the same name and subject changes nothing, and one after the end is new."""
    first, second = new_alert(), new_alert()
    await record_fired(pool, first)
    await record_fired(pool, second)
    assert await firing_alerts(pool) == [first]
    await record_cleared(pool, first.id, LATER)
    await record_fired(pool, second)
    assert await firing_alerts(pool) == [second]


async def test_what_the_webhook_has_not_taken_is_told_after_a_restart(pool: Pool) -> None:
    """Ensure untold turns come back in order, told ones do not, and old news is no news."""
    told, untold = new_alert("redis_down", ""), new_alert()
    for alert in (told, untold):
        await record_fired(pool, alert)
        await record_cleared(pool, alert.id, LATER)
    for turn, at in ((Turn.FIRED, NOW), (Turn.CLEARED, LATER)):
        await record_told(pool, Notice(told, turn, at), LATER)
    assert await untold_notices(pool, LONG_AGO) == [
        Notice(untold, Turn.FIRED, NOW), Notice(untold, Turn.CLEARED, LATER)
    ]  # fmt: skip
    assert await untold_notices(pool, LATER) == []


async def test_what_was_cleared_long_ago_is_forgotten(pool: Pool) -> None:
    """Ensure the table does not grow for ever, and what fires stays."""
    old, firing = new_alert(), new_alert("redis_down", "")
    for alert in (old, firing):
        await record_fired(pool, alert)
    await record_cleared(pool, old.id, LATER)
    await prune_alerts(pool, LATER + timedelta(days=1))
    assert await pool.fetchval("select count(*) from alerts") == 1
