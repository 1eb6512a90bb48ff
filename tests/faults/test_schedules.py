"""Random schedules of faults against the whole service under load: `make test-faults SEED=7 SCHEDULES=20`."""

import asyncio
import os
import time

import pytest

from tests.support.faults_checks import Watch, jobs_are_done_once, values_are_exact
from tests.support.faults_play import play
from tests.support.faults_schedule import schedule_of
from tests.support.faults_service import FaultedService
from tests.support.faults_stage import step_clock
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

_FIRST = int(os.environ.get("FAULTS_SEED", "1"))
_COUNT = int(os.environ.get("FAULTS_SCHEDULES", "20"))
_HEAL_WITHIN_S = 10.0
_JOBS_WITHIN_S = 20.0
_PUT_OFF_S = 75.0
_ON_S = 0.5


@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _COUNT))
async def test_the_service_heals_from_any_faults(service: FaultedService, watch: Watch, seed: int) -> None:
    """Ensure exact values within ten seconds of the last fault, every job done once, and nothing left behind."""
    if watch.processes is None:
        await values_settle(service)
        await watch.nothing_leaks(service)
    schedule = schedule_of(seed)
    print(schedule)  # noqa: T201  # shown when it fails, or with -s
    played = await play(service, schedule)
    lifted_at = time.monotonic()
    try:
        await asyncio.sleep(_ON_S)  # trading goes on for a moment
        await service.market.control("pause")
        await values_are_exact(service, _HEAL_WITHIN_S - _ON_S)
        print(f"exact after {time.monotonic() - lifted_at:.1f} s")  # noqa: T201  # shown when it fails, or with -s
        watch.owed = await jobs_are_done_once(service, watch.owed.joined(played), _JOBS_WITHIN_S)
        await values_are_exact(service, _HEAL_WITHIN_S)  # with what the jobs brought
        print(f"jobs done after {time.monotonic() - lifted_at:.1f} s")  # noqa: T201  # shown when it fails, or with -s
    finally:
        await service.market.control("resume")
        step_clock(service.folder, 0.0)
    await wait_until(service.all_healthy, what="every stage healthy")
    await watch.nothing_leaks(service)


async def test_what_providers_put_off_is_done_in_the_end(service: FaultedService, watch: Watch) -> None:
    """Ensure jobs that a rate limit held up are done, and done once, when its minute is over."""

    async def nothing_owed() -> bool:
        watch.owed = await jobs_are_done_once(service, watch.owed, _JOBS_WITHIN_S)
        return not watch.owed.jobs

    await wait_until(nothing_owed, _PUT_OFF_S, "jobs that were put off")


async def values_settle(service: FaultedService) -> None:
    await service.market.control("pause")
    await values_are_exact(service, _HEAL_WITHIN_S)
    await service.market.control("resume")
