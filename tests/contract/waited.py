"""Wait in a blocking test for what a thread brings about."""

import time
from collections.abc import Callable

DEADLINE_S = 10.0
PAUSE_S = 0.005


def wait_for(condition: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
    """Return when the condition holds; fail after the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(PAUSE_S)
