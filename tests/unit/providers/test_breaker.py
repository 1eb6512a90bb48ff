"""Wrong keys of our own are tried now and then, not with every refresh."""

import pytest

from providers.breaker import Breaker
from realtime.errors import KeysRefused
from tests.support.hand_clock import HandClock

REFUSAL = KeysRefused(("PLAID_SECRET: Plaid refuses it",))


def passes(breaker: Breaker) -> bool:
    try:
        breaker.admit()
    except KeysRefused:
        return False
    return True


def test_pauses_grow_and_one_call_goes_through_after_each() -> None:
    """Ensure that an hour of wrong keys is a handful of calls, at 1, 3, 7, 15, 30, 45 and 60 minutes."""
    clock = HandClock()
    breaker = Breaker(clock)
    assert passes(breaker)
    breaker.refused(REFUSAL)
    tried = []
    for second in range(1, 3601):
        clock.move(1)
        if passes(breaker):
            tried.append(second)
            breaker.refused(REFUSAL)
    assert tried == [60, 180, 420, 900, 1800, 2700, 3600]


def test_calls_that_were_under_way_count_once() -> None:
    """Ensure that eight refusals at the same moment are one pause of a minute."""
    clock = HandClock()
    breaker = Breaker(clock)
    for _ in range(8):
        breaker.refused(REFUSAL)
    clock.move(59)
    assert not passes(breaker)
    clock.move(1)
    assert passes(breaker)
    assert not passes(breaker)


def test_an_answer_ends_it() -> None:
    """Ensure that all calls go out again after one that was answered, and the next refusal begins anew."""
    clock = HandClock()
    breaker = Breaker(clock)
    breaker.refused(REFUSAL)
    clock.move(60)
    assert passes(breaker)
    breaker.answered()
    assert all(passes(breaker) for _ in range(3))
    breaker.refused(REFUSAL)
    with pytest.raises(KeysRefused) as refused:
        breaker.admit()
    assert refused.value.after_s == 60
    assert refused.value.problems == REFUSAL.problems
