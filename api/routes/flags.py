"""What is switched on for a user."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.caller import Caller
from api.parts import PartsOf
from realtime.domain.flag import Flag
from realtime.store.flags import overrides_of
from realtime.store.portfolio import open_as

router = APIRouter(tags=["flags"])


class Flags(BaseModel):
    flags: dict[Flag, bool]
    overridden: list[Flag] = Field(description="Set for this user alone; all others are the service's.")


@router.get("/api/flags")
async def flags(user_id: Caller, parts: PartsOf) -> Flags:
    """Return the state of every feature flag for the caller; changes take effect at once."""
    async with open_as(parts.pool, user_id) as connection:
        own = await overrides_of(connection, user_id)
    return Flags(flags={**parts.settings.flags, **own}, overridden=sorted(own))
