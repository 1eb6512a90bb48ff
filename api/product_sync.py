"""Have a product read now, and say what came of it: always an answer, never an error."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, Field

from api.parts import Parts
from realtime.domain.account import ProviderName, UserId
from realtime.errors import RetryLater
from realtime.store.asked_jobs import AskedJob, JobOutcome, ask_for, outcomes
from realtime.store.jobs import JobKind
from realtime.store.portfolio import open_as

_LOOK_EVERY_S = 0.1


class SyncAnswer(BaseModel):
    updated: bool = Field(description="Something is other than before; asking again at once answers false.")
    errors: list[str] = Field(description="A sentence for each connection that was not read, and why.")


async def sync_now(
    parts: Parts,
    user_id: UserId,
    kind: JobKind,
    products: Sequence[str],
    provider: ProviderName | None = None,
) -> SyncAnswer:
    """Queue a job of a kind for the user's connections with accounts of these products, and wait for them.

    What does not end in time is said and goes on.
    """
    asked: list[AskedJob] = []
    ended: dict[UUID, JobOutcome] = {}
    try:
        async with open_as(parts.pool, user_id) as connection:
            asked = await ask_for(connection, user_id, kind, products, provider)
        async with asyncio.timeout(parts.settings.product_sync_wait_s):
            while len(ended) < len(asked):
                await parts.clock.sleep(_LOOK_EVERY_S)
                async with open_as(parts.pool, user_id) as connection:
                    ended = await outcomes(connection, asked)
    except TimeoutError:
        pass
    except RetryLater as error:
        return SyncAnswer(updated=False, errors=[error.reason])
    return SyncAnswer(
        updated=any(outcome.changes_count for outcome in ended.values()),
        errors=[said for job in asked if (said := _error(job, ended.get(job.id))) is not None],
    )


def _error(job: AskedJob, outcome: JobOutcome | None) -> str | None:
    if outcome is None:
        return f"{job.institution}: not read yet; it goes on"
    return None if outcome.error is None else f"{job.institution}: {outcome.error}"
