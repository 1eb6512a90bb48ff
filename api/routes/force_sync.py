"""A sync of everything now, with its outcome: for support, when a total is doubted."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.aggregated import Number
from api.caller import Bearer
from api.live_values import live_values
from api.parts import Parts, PartsOf
from api.problems import Forbidden, NotFound
from realtime.auth import Unauthenticated
from realtime.domain.account import UserId
from realtime.errors import RetryLater
from realtime.store.audit import Act, audit
from realtime.store.jobs import Trigger, enqueue_refresh, have_succeeded
from realtime.store.portfolio import connections_of, open_as, user_profile

router = APIRouter(tags=["portfolio"])
_LOOK_EVERY_S = 0.1


class ForceSyncRequest(BaseModel):
    user_id: UUID | None = Field(
        default=None, description="Whose portfolio, told by an operator; default: the caller's."
    )


class ForceSyncAnswer(BaseModel):
    success: bool = Field(description="Every connection was read; false when one failed or is not done in time.")
    total_value: Number | None = Field(description="Null when nothing computes it.")
    last_updated: datetime | None = Field(description="Market time of the total.")


class Supported:
    """Whose portfolio it is about, and who asks."""

    def __init__(self, user_id: UserId, actor: str) -> None:
        self.user_id = user_id
        self.actor = actor


async def _supported(token: Bearer, parts: PartsOf, body: ForceSyncRequest | None = None) -> Supported:
    try:
        own: UserId | None = (await parts.tokens.identify(token))[0]
    except Unauthenticated:
        own = None  # an operator's token may have no user
    named = None if body is None or body.user_id is None else UserId(str(body.user_id))
    if named is None or named == own:
        if own is None:
            raise Unauthenticated("whose? an operator's token needs a user_id")
        return Supported(own, f"user:{own}")
    if not parts.tokens.verify_operator(token):
        raise Forbidden("operators_only", "only an operator may name another user")
    if await user_profile(parts.pool, named) is None:
        raise NotFound("unknown_user", f"there is no user {named}")
    return Supported(named, f"operator:{own or 'api'}")


@router.post("/api/portfolio/force-sync")
async def force_sync(parts: PartsOf, supported: Annotated[Supported, Depends(_supported)]) -> ForceSyncAnswer:
    """Refresh every connection and wait for it; an operator may do it for a user. It is written into the audit log."""
    user_id = supported.user_id
    async with open_as(parts.pool, user_id) as connection:
        jobs = [
            await enqueue_refresh(connection, connection_id=key, user_id=user_id, trigger=Trigger.REQUEST)
            for key in await connections_of(connection, None)
        ]
        await audit(connection, Act.FORCE_SYNC, user_id=user_id, subject=user_id, actor=supported.actor)
    success = await _ended(parts, user_id, jobs)
    with suppress(RetryLater):
        values = await live_values(parts, user_id, [])
        figures = values.portfolio.figures
        return ForceSyncAnswer(success=success, total_value=figures.total_value, last_updated=values.portfolio.as_of)
    return ForceSyncAnswer(success=success, total_value=None, last_updated=None)


async def _ended(parts: Parts, user_id: UserId, jobs: list[UUID]) -> bool:
    """Wait for the jobs' end; return whether all of them succeeded in time."""
    ends = parts.clock.monotonic() + parts.settings.force_sync_wait_s
    while True:
        async with open_as(parts.pool, user_id) as connection:
            succeeded = await have_succeeded(connection, jobs)
        if succeeded is not None or parts.clock.monotonic() > ends:
            return succeeded is True
        await parts.clock.sleep(_LOOK_EVERY_S)
