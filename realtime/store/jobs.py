"""Jobs: durable requests to refresh a connection (docs/decisions/0004).

A job is queued (one of a kind for each connection; more requests coalesce), running under a claim that expires unless
renewed (one for each connection), then done, queued again later, or dead. All times are the database's.

Queue card. Bounded to: one queued job a kind and connection. When full: a request joins the queued job. Order: what
people ask for before what the schedule does, then by due time. Writers: anybody, in his own transaction. Readers:
workers, SKIP LOCKED. Lost when: never; a killed worker's job is claimed again when its claim expires.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from realtime.contract.names import JOB_QUEUED
from realtime.domain.account import ConnectionId, UserId
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool

OUTAGE: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
)
"""What the store raises while Postgres is down, starting or out of connections."""

_CLAIM_TRIES = 5
_WEBHOOK_EVERY_S = 5.0
"""Providers send webhooks in volleys: one refresh answers all of those that come so soon after one another."""
_ENQUEUE = """
with job as (
    insert into jobs (id, kind, connection_id, user_id, trigger, due_at)
    values ($1, $2, $3, $4, $5, case when $5 <> 'webhook' then now() else greatest(now(), (
        select max(r.started_at) + make_interval(secs => $7) from sync_runs r
        where r.connection_id = $3 and r.product = $2 and r.trigger = 'webhook')) end)
    on conflict (connection_id, kind) where state = 'queued' do update
    set due_at = case excluded.trigger when 'schedule' then jobs.due_at else least(jobs.due_at, excluded.due_at) end,
        trigger = case excluded.trigger when 'schedule' then jobs.trigger else excluded.trigger end
    returning id
)
select job.id, pg_notify($6, '') from job
"""
_CLAIM = """
with job as (
    select j.id from jobs j
    where (j.state = 'running' and j.claimed_until < now())
        or (j.state = 'queued' and j.due_at <= now() and not exists (
            select from jobs r where r.connection_id = j.connection_id and r.state = 'running'))
    order by j.trigger = 'schedule', j.due_at, j.kind -- holdings before the transactions that need its accounts
    limit 1
    for update skip locked
)
update jobs
set state = 'running', attempts = attempts + 1, claimed_by = $1,
    claimed_until = now() + make_interval(secs => $2)
from job where jobs.id = job.id
returning jobs.id, kind, connection_id, user_id, trigger, attempts
"""
_MINE = "id = $1 and state = 'running' and claimed_by = $2 and attempts = $3"
_RENEW = f"update jobs set claimed_until = now() + make_interval(secs => $4) where {_MINE} returning id"  # noqa: S608
_HOLD = f"select id from jobs where {_MINE} and claimed_until > now() for update"  # noqa: S608
_END = f"""
update jobs set state = $4, last_error = $5, finished_at = now(), claimed_by = null, claimed_until = null
where {_MINE}
"""  # noqa: S608
_AGAIN = f"""
update jobs set state = 'queued', due_at = now() + make_interval(secs => $4), last_error = $5, claimed_by = null,
    claimed_until = null
where {_MINE}
"""  # noqa: S608
_GIVE_BACK = f"""
update jobs set state = 'queued', claimed_by = null, claimed_until = null, attempts = attempts - 1 where {_MINE}
"""  # noqa: S608
_COUNT = """
select count(*) filter (where state = 'queued') as queued, count(*) filter (where state = 'running') as running
from jobs where state in ('queued', 'running')
"""
_NEXT_DUE = """
select extract(epoch from min(coalesce(claimed_until, due_at)) - now())::float8 from jobs
where state in ('queued', 'running')
"""
_LIST = """
select j.id, j.kind, j.connection_id, c.provider, coalesce(n.name, c.provider) as institution, u.name as user, j.state,
    j.trigger, j.attempts, j.due_at, j.last_error
from jobs j
join connections c on c.id = j.connection_id
join users u on u.id = j.user_id
left join institutions n on n.id = c.institution_id
where case when $1::text is null then j.state <> 'done' else j.state = $1 end
order by j.created_at desc, j.id desc limit $2
"""
_REVIVE = """
with job as (
    update jobs set state = 'queued', due_at = now(), attempts = 0, finished_at = null
    where id = $1 and state = 'dead' and not exists (
        select from jobs q where q.connection_id = jobs.connection_id and q.kind = jobs.kind and q.state = 'queued')
    returning id
)
select job.id, pg_notify($2, '') from job
"""
_ENDED = """
select count(*) = cardinality($1::uuid[]) as have_all, bool_and(state = 'done') as are_well
from jobs where id = any($1::uuid[])
and (state in ('done', 'dead') or (state = 'queued' and last_error is not null))
"""
_PRUNE = "delete from jobs where state in ('done', 'dead') and finished_at < now() - interval '30 days'"


class JobKind(StrEnum):
    HOLDINGS = "holdings"
    BALANCES = "balances"
    TRANSACTIONS = "transactions"
    BANK_TRANSACTIONS = "bank_transactions"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Trigger(StrEnum):
    """Why there is a job."""

    CONNECT = "connect"
    REQUEST = "request"
    SCHEDULE = "schedule"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job.

    Attributes:
        attempts: How often it was claimed, this time included; tells this claim from others.
        worker: Who claimed it.
    """

    id: UUID
    kind: JobKind
    connection_id: ConnectionId
    user_id: UserId
    trigger: str
    attempts: int
    worker: str


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job as an operator sees it; `user` is his name."""

    id: UUID
    kind: str
    connection_id: UUID
    provider: str
    institution: str
    user: str
    state: JobState
    trigger: str
    attempts: int
    due_at: datetime
    last_error: str | None


@dataclass(frozen=True, slots=True)
class JobCounts:
    queued: int
    running: int


async def enqueue_refresh(
    connection: Connection | Pool,
    *,
    connection_id: ConnectionId,
    user_id: UserId,
    trigger: Trigger,
    kind: JobKind = JobKind.HOLDINGS,
) -> UUID:
    """Ask for a refresh of a connection; return the job, which may have been queued before.

    Webhooks refresh a connection at once, and again at the soonest 5 s after such a refresh began.
    In a transaction the request is made, and workers hear of it, when it commits.
    """
    key: UUID = await connection.fetchval(
        _ENQUEUE, new_key(), kind.value, connection_id, user_id, trigger.value, JOB_QUEUED, _WEBHOOK_EVERY_S
    )
    return key


async def claim_job(pool: Pool, worker: str, claim_s: float) -> Job | None:
    """Claim the next due job for so many seconds; None when nothing is due.

    A running job whose claim expired counts as due: its worker is gone.
    """
    for _ in range(_CLAIM_TRIES):
        try:
            row = await pool.fetchrow(_CLAIM, worker, claim_s)
        except asyncpg.UniqueViolationError:
            continue  # another worker has just claimed another job of the same connection
        return None if row is None else _job(row, worker)
    return None


async def renew_claim(pool: Pool, job: Job, claim_s: float) -> bool:
    """Keep the claim for so many seconds more; False when it is lost."""
    return await pool.fetchval(_RENEW, job.id, job.worker, job.attempts, claim_s) is not None


async def hold_claim(connection: Connection, job: Job) -> bool:
    """Make sure, until the transaction ends, that nobody else runs this job; False when the claim is lost."""
    return await connection.fetchval(_HOLD, job.id, job.worker, job.attempts) is not None


async def finish_job(connection: Connection | Pool, job: Job) -> None:
    """Record that the job is done."""
    await connection.execute(_END, job.id, job.worker, job.attempts, "done", None)


async def bury_job(connection: Connection | Pool, job: Job, error: str) -> None:
    """Record that the job will not be tried again."""
    await connection.execute(_END, job.id, job.worker, job.attempts, "dead", error)


async def retry_job(pool: Pool, job: Job, after_s: float, error: str) -> None:
    """Queue the job again; when the same was asked for meanwhile, that request takes its place."""
    try:
        await pool.execute(_AGAIN, job.id, job.worker, job.attempts, after_s, error)
    except asyncpg.UniqueViolationError:
        await pool.execute(_END, job.id, job.worker, job.attempts, "done", f"superseded after: {error}")


async def give_back_job(pool: Pool, job: Job) -> None:
    """Queue a job that was not run, in its old place; a request for the same made meanwhile takes its place."""
    try:
        await pool.execute(_GIVE_BACK, job.id, job.worker, job.attempts)
    except asyncpg.UniqueViolationError:
        await pool.execute(_END, job.id, job.worker, job.attempts, "done", "superseded")


async def list_jobs(pool: Pool, state: JobState | None, limit: int) -> list[ListedJob]:
    """Return jobs, newest first: those in one state, or (None) all that are not done."""
    rows = await pool.fetch(_LIST, None if state is None else state.value, limit)
    return [ListedJob(**{**row, "state": JobState(row["state"])}) for row in rows]


async def revive_job(pool: Pool, job: UUID) -> bool:
    """Queue a dead job again, as if it had never been tried; False when it is not dead, or the same waits already."""
    return await pool.fetchval(_REVIVE, job, JOB_QUEUED) is not None


async def count_jobs(pool: Connection | Pool) -> JobCounts:
    """Return how many jobs wait and run."""
    row = await pool.fetchrow(_COUNT)
    return JobCounts(row["queued"], row["running"]) if row else JobCounts(0, 0)


async def seconds_until_due(pool: Pool) -> float | None:
    """Return when the next job is due or the next claim expires, seconds from now; None when there is no job."""
    seconds: float | None = await pool.fetchval(_NEXT_DUE)
    return seconds


async def have_succeeded(connection: Connection | Pool, jobs: Sequence[UUID]) -> bool | None:
    """Return whether all of some jobs are done; False when one failed, None while one is still under way."""
    row = await connection.fetchrow(_ENDED, list(jobs))
    return row["are_well"] is not False if row is not None and row["have_all"] else None


async def prune_jobs(pool: Pool) -> None:
    """Forget jobs that ended a month ago."""
    await pool.execute(_PRUNE)


def _job(row: Any, worker: str) -> Job:
    return Job(
        id=row["id"],
        kind=JobKind(row["kind"]),
        connection_id=ConnectionId(str(row["connection_id"])),
        user_id=UserId(str(row["user_id"])),
        trigger=row["trigger"],
        attempts=row["attempts"],
        worker=worker,
    )
