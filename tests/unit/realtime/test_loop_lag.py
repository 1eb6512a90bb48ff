"""How late the event loop is."""

import asyncio
from contextlib import suppress

from realtime.loop_lag import LoopLag
from realtime.metrics import REGISTRY
from tests.support.hand_clock import HandClock


class SlowClock(HandClock):
    """Wakes sleepers 0.3 s late, and stops after so many sleeps."""

    def __init__(self, sleeps: int) -> None:
        super().__init__()
        self._left = sleeps

    async def sleep(self, delay_s: float) -> None:
        if not self._left:
            raise asyncio.CancelledError
        self._left -= 1
        self.move(delay_s + 0.3)


async def test_the_longest_delay_is_exported() -> None:
    """Ensure the gauge shows by how much timers are late."""
    with suppress(asyncio.CancelledError):
        await LoopLag(SlowClock(10)).measure()
    lag = REGISTRY.get_sample_value("loop_lag_seconds")
    assert lag is not None
    assert abs(lag - 0.3) < 1e-6


async def test_a_stuck_loop_is_told_from_a_late_one() -> None:
    """Ensure ten seconds without a turn count as stuck, and a turn ends it."""
    clock = HandClock()
    lag = LoopLag(clock)
    clock.move(9)
    assert lag.is_turning
    clock.move(2)
    assert not lag.is_turning
