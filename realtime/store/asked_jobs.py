"""Jobs that somebody asked for and waits for: of which connections, and how they went."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.store.jobs import JobKind, Trigger, enqueue_refresh
from realtime.store.pool import Connection

_CONNECTIONS = """
select c.id, coalesce(n.name, initcap(c.provider)) as institution
from connections c left join institutions n on n.id = c.institution_id
where c.status <> 'removed' and ($2::text is null or c.provider = $2)
    and exists (select from accounts a where a.connection_id = c.id and a.is_active and a.product = any($1::text[]))
order by c.created_at, c.id
"""
_BEFORE = """
select j.attempts, (
    select s.id from sync_runs s where s.connection_id = j.connection_id and s.product = j.kind
        and s.finished_at is not null order by s.started_at desc, s.id desc limit 1) as last_run
from jobs j where j.id = $1
"""
_OUTCOMES = """
select j.id, r.outcome, coalesce(r.error_message, j.last_error, r.outcome, 'switched off') as error, r.changes_count
from unnest($1::uuid[], $2::integer[], $3::uuid[]) as asked (id, attempts, last_run)
join jobs j on j.id = asked.id
left join lateral (
    select * from sync_runs s where s.connection_id = j.connection_id and s.product = j.kind
        and s.finished_at is not null and (asked.last_run is null or s.id > asked.last_run)
    order by s.started_at desc, s.id desc limit 1
) r on true
where j.state in ('done', 'dead') or (j.state = 'queued' and j.attempts > asked.attempts)
"""


@dataclass(frozen=True, slots=True)
class AskedJob:
    """A job that was asked for.

    Attributes:
        attempts: How often it had been tried when it was asked for.
        last_run: The newest sync run of its kind then.
    """

    id: UUID
    institution: str
    attempts: int
    last_run: UUID | None


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job went.

    Attributes:
        error: Why it did not complete; None when it did.
        changes_count: Stored rows that are other than before; None where they are not counted.
    """

    error: str | None
    changes_count: int | None


async def ask_for(
    connection: Connection,
    user_id: UserId,
    kind: JobKind,
    products: Sequence[str],
    provider: ProviderName | None = None,
) -> list[AskedJob]:
    """Queue a job for each of the bound user's connections that has an account of these products."""
    asked = []
    for row in await connection.fetch(_CONNECTIONS, list(products), provider):
        job = await enqueue_refresh(
            connection,
            connection_id=ConnectionId(str(row["id"])),
            user_id=user_id,
            trigger=Trigger.REQUEST,
            kind=kind,
        )
        before = await connection.fetchrow(_BEFORE, job)
        assert before is not None
        asked.append(AskedJob(job, row["institution"], before["attempts"], before["last_run"]))
    return asked


async def outcomes(connection: Connection, asked: Sequence[AskedJob]) -> dict[UUID, JobOutcome]:
    """Return how those of the jobs went that were tried since."""
    rows = await connection.fetch(
        _OUTCOMES, [job.id for job in asked], [job.attempts for job in asked], [job.last_run for job in asked]
    )
    return {
        row["id"]: JobOutcome(None if row["outcome"] == "complete" else row["error"], row["changes_count"])
        for row in rows
    }
