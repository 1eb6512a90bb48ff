"""Health of the whole service, for load balancers and people. Never waits longer than a second."""

import asyncio
from collections.abc import Iterable
from itertools import groupby
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from redis.exceptions import RedisError

from api.parts import Parts, PartsOf
from realtime.bus.heartbeats import read_heartbeats
from realtime.contract.messages import Heartbeat
from realtime.errors import RetryLater
from realtime.store.portfolio import answers
from realtime.up import STAGES

router = APIRouter(tags=["health"])
_WAIT_S = 1.0


class StageHealth(BaseModel):
    stage: str
    healthy: bool


class Health(BaseModel):
    """`down`: nothing works; `degraded`: a stage has a problem."""

    status: Literal["ok", "degraded", "down"]
    database: bool
    redis: bool
    stages: list[StageHealth]


@router.get("/health", responses={503: {"model": Health}})
async def health(parts: PartsOf, response: Response) -> Health:
    """Return how the stages, the database and Redis are; status 503 when one of the latter does not answer."""
    database, stages = await asyncio.gather(_database(parts), _stages(parts))
    if not database or stages is None:
        response.status_code = 503
        return Health(status="down", database=database, redis=stages is not None, stages=stages or [])
    well = all(stage.healthy for stage in stages)
    return Health(status="ok" if well else "degraded", database=True, redis=True, stages=stages)


async def _database(parts: Parts) -> bool:
    try:
        async with asyncio.timeout(_WAIT_S):
            await answers(parts.pool)
    except (RetryLater, TimeoutError):
        return False
    return True


async def _stages(parts: Parts) -> list[StageHealth] | None:
    try:
        async with asyncio.timeout(_WAIT_S):
            beats = await read_heartbeats(parts.bus)
    except (RedisError, TimeoutError):
        return None
    return stage_health(beats)


def stage_health(beats: Iterable[Heartbeat]) -> list[StageHealth]:
    """Return the health of every stage: a stage without a living process, or with a sick one, is not healthy."""
    healthy = dict.fromkeys(STAGES, False)
    for stage, group in groupby(sorted(beats, key=_stage_of), key=_stage_of):
        healthy[stage] = all(beat.healthy for beat in group)
    return [StageHealth(stage=stage, healthy=well) for stage, well in healthy.items()]


def _stage_of(beat: Heartbeat) -> str:
    return beat.stage
