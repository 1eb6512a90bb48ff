"""`navstream jobs`: the refreshes that wait, run or failed, and the failed ones once more."""

from typing import Any
from uuid import UUID

import orjson
from rich.console import Console
from rich.table import Table

from realtime.errors import BadRequest
from realtime.settings import Settings
from realtime.store.jobs import JobState, ListedJob, list_jobs, revive_job
from realtime.store.pool import Role, open_pool


async def show_jobs(settings: Settings, state: JobState | None, limit: int, *, as_json: bool) -> None:
    """Print jobs, newest first: those in one state, or (None) all that are not done."""
    async with open_pool(settings.database_address, Role.STAGE, connections_max=1) as pool:
        jobs = await list_jobs(pool, state, limit)
    if as_json:
        print(orjson.dumps([_plain(job) for job in jobs], default=str).decode())  # noqa: T201  # the command's output
        return
    table = Table("job", "kind", "connection", "user", "state", "why", "tries", "due", "last error")
    for job in jobs:
        table.add_row(
            str(job.id),
            job.kind,
            f"{job.institution} ({job.provider})",
            job.user,
            job.state.value,
            job.trigger,
            str(job.attempts),
            job.due_at.isoformat(timespec="seconds"),
            job.last_error or "",
        )
    Console().print(table if jobs else "no such job")


async def retry_jobs(settings: Settings, job: UUID | None) -> int:
    """Queue a dead job again, or (None) all of them; return how many.

    Raises:
        BadRequest: There is no such dead job.
    """
    async with open_pool(settings.database_address, Role.STAGE, connections_max=1) as pool:
        wanted = [each.id for each in await list_jobs(pool, JobState.DEAD, 10_000)] if job is None else [job]
        revived = [each for each in wanted if await revive_job(pool, each)]
    if job is not None and not revived:
        raise BadRequest("unknown_job", f"there is no dead job {job}; see: navstream jobs list --state dead")
    return len(revived)


def _plain(job: ListedJob) -> dict[str, Any]:
    return {name: getattr(job, name) for name in job.__slots__}
