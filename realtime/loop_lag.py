"""How late the event loop is: the delay of a timer of 0.1 s."""

from realtime.clock import Clock
from realtime.metrics import LOOP_LAG

_TIMER_S = 0.1
_TIMERS_A_REPORT = 10
_STUCK_AFTER_S = 10.0


class LoopLag:
    """Measures it in a loop; says in any thread whether the loop turns at all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turned_at = clock.monotonic()

    @property
    def is_turning(self) -> bool:
        """False when the loop has not run a timer for 10 s."""
        return self._clock.monotonic() - self._turned_at < _STUCK_AFTER_S

    async def measure(self) -> None:
        """Measure for ever; report the longest delay of every second."""
        while True:
            longest_s = 0.0
            for _ in range(_TIMERS_A_REPORT):
                began = self._clock.monotonic()
                await self._clock.sleep(_TIMER_S)
                self._turned_at = self._clock.monotonic()
                longest_s = max(longest_s, self._turned_at - began - _TIMER_S)
            LOOP_LAG.set(longest_s)
