"""What is due when: holdings and transactions once a day at an hour of New York, balances every few hours."""

from datetime import datetime, time, timedelta

from realtime.market_hours import NEW_YORK
from realtime.store.connections import LastRuns, last_runs
from realtime.store.flags import flags_of_everybody
from realtime.store.idempotency import prune_keys
from realtime.store.jobs import OUTAGE, JobKind, Trigger, enqueue_refresh, prune_jobs
from sync.parts import Parts
from sync.switches import may_refresh

_LOOK_EVERY_S = 30.0


def last_daily(now: datetime, at: time) -> datetime:
    """Return the newest moment, not after `now`, at which New York's clocks showed `at`.

    On the day on which clocks skip that hour it is the moment of the skip's end; where an hour comes twice, the
    first one counts.
    """
    today = now.astimezone(NEW_YORK).date()
    for day in (today, today - timedelta(days=1)):
        moment = datetime.combine(day, at, NEW_YORK).astimezone(now.tzinfo)
        if moment <= now:
            return moment
    raise AssertionError("yesterday is over")


def next_daily(now: datetime, at: time) -> datetime:
    """Return the first moment after `now` at which New York's clocks show `at`."""
    today = now.astimezone(NEW_YORK).date()
    for day in (today, today + timedelta(days=1)):
        moment = datetime.combine(day, at, NEW_YORK).astimezone(now.tzinfo)
        if moment > now:
            return moment
    raise AssertionError("tomorrow is to come")


def due(last: LastRuns, now: datetime, holdings_at: time, balances_every: timedelta) -> tuple[JobKind, ...]:
    """Return what a connection is due for."""
    if last.holdings_at is None or last.holdings_at < last_daily(now, holdings_at):
        return (JobKind.HOLDINGS, JobKind.TRANSACTIONS)
    if last.balances_at is None or last.balances_at + balances_every <= now:
        return (JobKind.BALANCES,)
    return ()


async def schedule(parts: Parts, holdings_at: time, balances_every: timedelta) -> None:
    """Queue what is due, for ever."""
    while True:
        try:
            overridden = await flags_of_everybody(parts.pool, parts.flags)
            for last in await last_runs(parts.pool):
                if not may_refresh(last.provider, overridden.get(last.user_id, parts.flags)):
                    continue
                for kind in due(last, parts.clock.now(), holdings_at, balances_every):
                    await enqueue_refresh(
                        parts.pool,
                        connection_id=last.connection_id,
                        user_id=last.user_id,
                        trigger=Trigger.SCHEDULE,
                        kind=kind,
                    )
            await prune_jobs(parts.pool)
            await prune_keys(parts.pool)
        except OUTAGE as error:
            parts.log.warning("database_unreachable", reason=type(error).__name__)
        await parts.clock.sleep(_LOOK_EVERY_S)
