"""A provider that refuses our own keys is asked no more for a while: no call of anybody's can succeed."""

from realtime.clock import Clock
from realtime.errors import KeysRefused

_FIRST_S = 60.0
_MAX_S = 900.0


class Breaker:
    """Opens at a refusal of our keys, for a minute, then twice as long up to a quarter of an hour.

    After each pause one call goes through; when it is answered, all do.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refusal: KeysRefused | None = None
        self._pause_s = _FIRST_S
        self._next_s = 0.0

    def admit(self) -> None:
        """Let a call go out, if it may.

        Raises:
            KeysRefused: The provider refused our keys, and the pause is not over.
        """
        if self._refusal is None:
            return
        now_s = self._clock.monotonic()
        if now_s < self._next_s:
            raise KeysRefused(self._refusal.problems, self._next_s - now_s)
        self._pause_s = min(self._pause_s * 2, _MAX_S)
        self._next_s = now_s + self._pause_s

    def refused(self, refusal: KeysRefused) -> None:
        """Take note of a refusal; those of calls that were under way together count once."""
        if self._refusal is None:
            self._pause_s = _FIRST_S
            self._next_s = self._clock.monotonic() + _FIRST_S
        self._refusal = refusal

    def answered(self) -> None:
        """Take note that the provider accepts our keys."""
        self._refusal = None
