"""Who claims which blocks of partitions."""

from calculator.partitions import Plan, plan
from realtime.domain.partition import BLOCKS_COUNT, PARTITIONS_COUNT, partitions_of

FREE = [0] * BLOCKS_COUNT
Owners = list[str | None]


def owners(**counts: int) -> Owners:
    """Return blocks owned by each name, the rest free."""
    named: Owners = [name for name, count in counts.items() for _ in range(count)]
    return named + [None] * (BLOCKS_COUNT - len(named))


def test_blocks_cover_every_partition_once() -> None:
    """Ensure no user is valued by two blocks, or by none."""
    covered = [partition for block in range(BLOCKS_COUNT) for partition in partitions_of(block)]
    assert sorted(covered) == list(range(PARTITIONS_COUNT))


def test_the_only_calculator_claims_everything() -> None:
    """Ensure a single machine needs no configuration."""
    assert len(plan(owners(), "one", 1, FREE).claim) == BLOCKS_COUNT


def test_calculators_that_start_together_claim_different_blocks_first() -> None:
    """Ensure two that start at once do not fight over the same half."""
    first, second = plan(owners(), "calculator:a:1", 2, FREE).claim, plan(owners(), "calculator:a:2", 2, FREE).claim
    assert len(first) == len(second) == 8
    assert first != second


def test_a_newcomer_gets_his_share() -> None:
    """Ensure whoever holds too much gives it back, and keeps what is his share."""
    assert len(plan(owners(one=16), "one", 2, FREE).release) == 8
    assert plan(owners(one=16), "two", 2, FREE) == Plan((), ())
    assert len(plan(owners(one=8), "two", 2, FREE).claim) == 8


def test_what_nobody_takes_is_taken_above_the_share() -> None:
    """Ensure a dead calculator's blocks are valued again before its heartbeat is forgotten."""
    dead = owners(one=8)
    assert plan(dead, "one", 2, FREE).claim == ()
    assert plan(dead, "one", 2, [1] * BLOCKS_COUNT).claim == ()
    assert len(plan(dead, "one", 2, [2] * BLOCKS_COUNT).claim) == 8


def test_three_share_sixteen() -> None:
    """Ensure a share that does not divide evenly leaves nothing over."""
    assert len(plan(owners(), "one", 3, FREE).claim) == 6
    assert len(plan(owners(one=6, two=6), "three", 3, FREE).claim) == 4
    assert plan(owners(one=6, two=6, three=4), "one", 3, FREE) == Plan((), ())


def test_without_any_heartbeat_one_is_alive() -> None:
    """Ensure a calculator whose own heartbeat is not written yet counts itself."""
    assert len(plan(owners(), "one", 0, FREE).claim) == BLOCKS_COUNT
