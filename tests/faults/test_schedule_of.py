"""What a seed means."""

from realtime.up import STAGES
from tests.support.faults_schedule import Kind, schedule_of


def test_a_seed_replays() -> None:
    """Ensure a seed always gives the same schedule, and another seed another one."""
    assert schedule_of(7) == schedule_of(7)
    assert schedule_of(7) != schedule_of(8)


def test_two_hundred_schedules_leave_nothing_out() -> None:
    """Ensure every kind of fault comes, and every stage is killed and frozen."""
    faults = [fault for seed in range(1, 201) for fault in schedule_of(seed).faults]
    assert {fault.kind for fault in faults} == set(Kind)
    for kind in (Kind.KILL, Kind.FREEZE):
        assert {fault.target for fault in faults if fault.kind is kind} == set(STAGES)
