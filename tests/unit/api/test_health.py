from datetime import UTC, datetime

from api.routes.health import stage_health
from realtime.contract.messages import Heartbeat
from realtime.up import STAGES

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def beat(stage: str, process: str, *, healthy: bool = True) -> Heartbeat:
    return Heartbeat(stage, process, 1, NOW, NOW, healthy, None if healthy else "sick", {})


def test_stage_without_a_process_is_not_healthy() -> None:
    """Ensure that a dead stage, whose heartbeat is simply missing, is named."""
    health = {row.stage: row.healthy for row in stage_health([beat("api", "api:1")])}
    assert health == {stage: stage == "api" for stage in STAGES}


def test_one_sick_process_makes_its_stage_sick() -> None:
    """Ensure that a healthy twin does not hide a sick process."""
    beats = [beat("sync", "a", healthy=False), beat("api", "c"), beat("sync", "b")]
    health = {row.stage: row.healthy for row in stage_health(beats)}
    assert (health["sync"], health["api"]) == (False, True)
