"""The stages' clocks step, with the whole service."""

import asyncio
from datetime import timedelta

import pytest

from realtime.bus.heartbeats import read_heartbeats
from realtime.clock import WallClock
from realtime.up import STAGES
from tests.support.faults_checks import values_are_exact
from tests.support.faults_service import FaultedService
from tests.support.faults_stage import step_clock
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

_HEAL_WITHIN_S = 10.0
_NEAR = timedelta(seconds=30)


@pytest.mark.parametrize("step_s", [600.0, -600.0])
async def test_a_clock_that_steps_and_steps_back_spoils_no_value(service: FaultedService, step_s: float) -> None:
    """Ensure values are exact, and all stages well, ten minutes off and after the step back."""
    try:
        for off_s in (step_s, 0.0):
            step_clock(service.folder, off_s)
            await wait_until(lambda off_s=off_s: _all_are_off_by(service, off_s), what="the step")  # type: ignore[misc]
            await asyncio.sleep(1.0)  # trading goes on
            await service.market.control("pause")
            await values_are_exact(service, _HEAL_WITHIN_S)
            await service.market.control("resume")
            await wait_until(service.all_healthy, what="every stage healthy")
    finally:
        step_clock(service.folder, 0.0)
        await service.market.control("resume")


async def _all_are_off_by(service: FaultedService, off_s: float) -> bool:
    expected = WallClock().now() + timedelta(seconds=off_s)
    beats = await read_heartbeats(service.bus)
    near = {beat.stage for beat in beats if abs(beat.beat_at - expected) < _NEAR}
    return near == set(STAGES)
