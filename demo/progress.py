"""Progress, a line a step."""

from realtime.clock import WallClock


class Progress:
    """Says what is being done and since when."""

    def __init__(self) -> None:
        self._clock = WallClock()
        self._started_at = self._clock.monotonic()

    def say(self, step: str, *, done: bool = False) -> None:
        """Print a step with the seconds since the start."""
        ending = "" if done else " …"
        print(f"[{self._clock.monotonic() - self._started_at:5.1f} s] {step}{ending}", flush=True)
