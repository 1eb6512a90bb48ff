"""What was done to a user's things, by whom and when."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.caller import Caller
from api.parts import PartsOf
from realtime.store.audit import read_audit
from realtime.store.portfolio import open_as

router = APIRouter(tags=["audit"])
_ID_MAX = 2**63 - 1


class AuditEntry(BaseModel):
    id: int
    at: datetime
    actor: str = Field(description="user:…, operator:…, sync or webhook.")
    act: str = Field(description="link, unlink, refresh, sign_in, rotate_credential, set_flag …")
    subject: str = Field(description="What it was done to, by its id.")
    facts: dict[str, Any]


class AuditLog(BaseModel):
    entries: list[AuditEntry]
    next_before: int | None = Field(description="`before` of the next page; null when this is the last one.")


@router.get("/api/audit")
async def audit(
    user_id: Caller,
    parts: PartsOf,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[int | None, Query(ge=0, le=_ID_MAX, description="Only entries older than this one.")] = None,
) -> AuditLog:
    """Return what was done to the caller's things, newest first. Nobody can change it."""
    async with open_as(parts.pool, user_id) as connection:
        found = await read_audit(connection, user_id, limit, before)
    entries = [
        AuditEntry(id=one.id, at=one.at, actor=one.actor, act=one.act, subject=one.subject, facts=one.facts)
        for one in found
    ]
    return AuditLog(entries=entries, next_before=entries[-1].id if len(entries) == limit else None)
