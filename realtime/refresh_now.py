"""`navstream refresh`: ask for holdings now and say how it went."""

import asyncio
from uuid import UUID

from rich.console import Console
from rich.table import Table

from realtime.command import operator
from realtime.domain.account import ConnectionId, UserId
from realtime.errors import BadRequest
from realtime.settings import Settings
from realtime.store.audit import Act, audit
from realtime.store.jobs import Trigger, enqueue_refresh
from realtime.store.pool import Pool, Role, open_pool

_WAIT_S = 120.0
_POLL_EVERY_S = 0.1
_CONNECTIONS = """
select c.id, c.user_id, c.provider, coalesce(n.name, c.provider) as institution
from connections c join users u on u.id = c.user_id left join institutions n on n.id = c.institution_id
where c.status <> 'removed' and (c.id::text = $1 or u.id::text = $2 or u.name = $2)
order by c.created_at
"""
_ENDED = """
select id from jobs where id = any($1::uuid[])
and (state in ('done', 'dead') or (state = 'queued' and last_error is not null))
"""
_OUTCOMES = """
select j.id, j.state, coalesce(r.outcome, j.state) as outcome, coalesce(r.error_message, j.last_error) as error,
    r.duration_ms, r.accounts_count, r.holdings_count, jsonb_array_length(coalesce(r.quarantined, '[]')) as set_aside
from jobs j
left join lateral (
    select * from sync_runs where connection_id = j.connection_id order by started_at desc limit 1
) r on true
where j.id = any($1::uuid[])
"""


async def refresh_now(settings: Settings, user: str | None, connection: str | None) -> int:
    """Refresh a user's connections, or one of them; print each outcome; return 0 when all succeeded.

    Raises:
        BadRequest: There is no such user or connection.
    """
    async with open_pool(settings.database_address, Role.STAGE, connections_max=2) as pool:
        rows = await pool.fetch(_CONNECTIONS, connection, user)
        if not rows:
            raise BadRequest("unknown_connection", f"no connection for {user or connection!r}")
        jobs: dict[UUID, str] = {}
        for row in rows:
            job = await enqueue_refresh(
                pool,
                connection_id=ConnectionId(str(row["id"])),
                user_id=UserId(str(row["user_id"])),
                trigger=Trigger.REQUEST,
            )
            subject = str(row["id"])
            await audit(pool, Act.REFRESH, user_id=UserId(str(row["user_id"])), subject=subject, actor=operator())
            jobs[job] = f"{row['institution']} ({row['provider']})"
        await _until_ended(pool, list(jobs))
        return await _print_outcomes(pool, jobs)


async def _until_ended(pool: Pool, jobs: list[UUID]) -> None:
    try:
        async with asyncio.timeout(_WAIT_S):
            while len(await pool.fetch(_ENDED, jobs)) < len(jobs):  # noqa: ASYNC110  # another process ends them
                await asyncio.sleep(_POLL_EVERY_S)
    except TimeoutError:
        raise BadRequest(
            "still_waiting", f"not done after {_WAIT_S:g} s; is the sync stage running? See: navstream status"
        ) from None


async def _print_outcomes(pool: Pool, jobs: dict[UUID, str]) -> int:
    table = Table("connection", "outcome", "accounts", "holdings", "set aside", "ms", "error")
    outcomes = await pool.fetch(_OUTCOMES, list(jobs))
    for row in outcomes:
        counts = (row["accounts_count"], row["holdings_count"], row["set_aside"], row["duration_ms"])
        shown = ("" if count is None else str(count) for count in counts)
        table.add_row(jobs[row["id"]], row["outcome"], *shown, row["error"] or "")
    Console().print(table)
    return 0 if all(row["state"] == "done" for row in outcomes) else 1
