"""What the database says of the service's work: jobs, freshness, what fails. Cheap at any size: all indexed."""

from dataclasses import dataclass
from datetime import datetime

from realtime.store.jobs import JobKind, JobState, ListedJob, count_jobs
from realtime.store.pool import Connection, Pool
from realtime.store.sync_runs import KEYS_REFUSED

_OVERDUE = """
select count(distinct user_id) as users, count(*) as accounts, min(at) as oldest from (
    select a.user_id, coalesce(a.last_synced_at, a.created_at) as at
    from accounts a join connections c on c.id = a.connection_id
    where a.is_active and coalesce(a.last_synced_at, a.created_at) < now() - make_interval(secs => $1)
        and (a.last_synced_at is not null or a.product = 'investments') and c.status in ('active', 'error')
    order by at limit 100000) late
"""
_OLDEST = """
select coalesce(a.last_synced_at, a.created_at) as at from accounts a join connections c on c.id = a.connection_id
where a.is_active and (a.last_synced_at is not null or a.product = 'investments') and c.status in ('active', 'error')
order by at limit 1
"""
_RECONNECT_NEEDED = "select count(*) from connections where status = 'reconnect_needed'"
_DEAD_FROM = """
from jobs j join connections c on c.id = j.connection_id and c.status in ('active', 'error')
join users u on u.id = j.user_id
left join institutions i on i.id = c.institution_id
cross join lateral (select r.outcome from sync_runs r where r.connection_id = j.connection_id and r.product = j.kind
    and r.finished_at is not null order by r.started_at desc limit 1) newest
where j.state = 'dead' and j.finished_at > now() - interval '7 days' and newest.outcome in ('retry_later', 'failed')
"""
_DEAD = f"select count(*) {_DEAD_FROM}"
_LIST_DEAD = f"""
select j.id, j.kind, j.connection_id, c.provider, coalesce(i.name, c.provider) as institution, u.name as user, j.state,
    j.trigger, j.attempts, j.due_at, j.last_error
{_DEAD_FROM} order by j.finished_at desc, j.id limit $1
"""
_WEBHOOKS_DEAD = """
select provider, count(*) from webhook_events
where state = 'dead' and processed_at > now() - interval '1 hour' and received_at > now() - interval '2 days'
group by provider order by provider
"""
_KEYS_REFUSED = f"""
with refused as (
    select c.provider, max(r.finished_at) as at from sync_runs r join connections c on c.id = r.connection_id
    where r.error_code = '{KEYS_REFUSED}' and r.finished_at > now() - interval '40 minutes' group by c.provider)
select provider from refused where not exists (
    select from sync_runs r join connections c on c.id = r.connection_id
    where r.product = any($1::text[]) and r.outcome = 'complete' and r.finished_at > refused.at
        and c.provider = refused.provider)
order by provider
"""  # noqa: S608  # nothing of a caller's is in it
_FAILING = """
select p.product, f.since
from unnest($1::text[]) p (product)
cross join lateral (select max(r.finished_at) as completed_at from sync_runs r
    where r.product = p.product and r.outcome = 'complete') c
cross join lateral (select min(r.finished_at) as since from sync_runs r
    where r.product = p.product and r.outcome in ('retry_later', 'failed')
        and r.finished_at > greatest(c.completed_at, now() - interval '24 hours')) f
where f.since < now() - make_interval(secs => $2)
"""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Active accounts that were not refreshed for too long; those whose users must reconnect them do not count.

    Counted up to 100,000 accounts, the oldest first.

    Attributes:
        oldest_at: Newest refresh of the one that has waited longest.
    """

    users_count: int
    accounts_count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """The service's work at one moment.

    Attributes:
        oldest_sync_at: Newest refresh of the account that has waited longest; None without accounts.
        jobs_dead: Given up within a week, and their connection not refreshed since.
        keys_refused: Providers that refuse our own keys, and have answered nothing since.
        webhooks_dead: Webhooks of the last hour that could not be carried out, by provider.
        failing: Products without a complete refresh since they began to fail, and when that was.
    """

    overdue: Overdue
    oldest_sync_at: datetime | None
    jobs_queued: int
    jobs_running: int
    jobs_dead: int
    reconnect_needed: int
    failing: tuple[tuple[str, datetime], ...]
    webhooks_dead: tuple[tuple[str, int], ...] = ()
    keys_refused: tuple[str, ...] = ()


async def read_work(database: Connection | Pool, overdue_after_s: float, failing_after_s: float) -> Work:
    """Return what is to be said of the work.

    Args:
        database: Sees every row.
        overdue_after_s: Age of an account's holdings from which they are overdue, seconds.
        failing_after_s: How long a product must fail without one success to be listed, seconds.
    """
    overdue = await database.fetchrow(_OVERDUE, overdue_after_s)
    jobs = await count_jobs(database)
    products = [kind.value for kind in JobKind]
    assert overdue is not None
    return Work(
        overdue=Overdue(overdue["users"], overdue["accounts"], overdue["oldest"]),
        oldest_sync_at=await database.fetchval(_OLDEST),
        jobs_queued=jobs.queued,
        jobs_running=jobs.running,
        jobs_dead=await database.fetchval(_DEAD),
        reconnect_needed=await database.fetchval(_RECONNECT_NEEDED),
        failing=tuple(
            (row["product"], row["since"]) for row in await database.fetch(_FAILING, products, failing_after_s)
        ),
        webhooks_dead=tuple((row["provider"], row["count"]) for row in await database.fetch(_WEBHOOKS_DEAD)),
        keys_refused=tuple(row["provider"] for row in await database.fetch(_KEYS_REFUSED, products)),
    )


async def dead_jobs(database: Connection | Pool, limit: int) -> list[ListedJob]:
    """Return the jobs that `Work.jobs_dead` counts, the newest first."""
    rows = await database.fetch(_LIST_DEAD, limit)
    return [ListedJob(**{**row, "state": JobState(row["state"])}) for row in rows]
