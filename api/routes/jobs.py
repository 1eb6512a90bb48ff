"""The service's jobs for its operator: those that failed for good, and once more. Names no user."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.caller import operators_only
from api.parts import PartsOf
from api.problems import NotFound
from api.routes.connections import Message
from realtime.store.jobs import revive_job
from realtime.store.work import dead_jobs

router = APIRouter(prefix="/api/jobs", tags=["status"], dependencies=[Depends(operators_only)])


class Job(BaseModel):
    id: UUID
    kind: str = Field(description="holdings, balances or transactions.")
    connection_id: UUID
    provider: str
    institution: str
    trigger: str = Field(description="connect, request, schedule or webhook.")
    attempts: int
    due_at: datetime
    last_error: str | None


class Jobs(BaseModel):
    jobs: list[Job]


@router.get("")
async def jobs(parts: PartsOf, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Jobs:
    """Return the newest jobs that the status counts as dead: given up within a week, and not succeeded since."""
    return Jobs(
        jobs=[
            Job(
                id=job.id,
                kind=job.kind,
                connection_id=job.connection_id,
                provider=job.provider,
                institution=job.institution,
                trigger=job.trigger,
                attempts=job.attempts,
                due_at=job.due_at,
                last_error=job.last_error,
            )
            for job in await dead_jobs(parts.everybody, limit)
        ]
    )


@router.post("/{job_id}/retry", status_code=202)
async def retry(job_id: UUID, parts: PartsOf) -> Message:
    """Queue a dead job again, as if it had never been tried."""
    if not await revive_job(parts.everybody, job_id):
        raise NotFound("unknown_job", f"there is no dead job {job_id}, or the same waits already")
    return Message(message="Queued again.")
