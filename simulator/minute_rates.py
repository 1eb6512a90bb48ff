"""Request limits per minute: a bucket for each key, counted over the last 60 seconds."""

from collections import deque
from dataclasses import dataclass, field

WINDOW_S = 60.0


@dataclass(slots=True)
class MinuteRates:
    """Counts requests by key.

    Card: a bucket holds at most its limit of timestamps; when full the request is refused and not
    counted; one writer; lost on restart.
    """

    _buckets: dict[str, deque[float]] = field(default_factory=dict)

    def admit(self, key: str, limit: int, now: float) -> bool:
        """Count one request at `now` (seconds), or return False when the minute's limit is used up."""
        bucket = self._fresh(key, now)
        if len(bucket) >= limit:
            return False
        bucket.append(now)
        return True

    def used(self, key: str, now: float) -> int:
        return len(self._fresh(key, now))

    def reset_s(self, key: str, now: float) -> int:
        """Return the whole seconds until the oldest counted request leaves the window, at least 1."""
        bucket = self._fresh(key, now)
        return max(1, int(bucket[0] + WINDOW_S - now) + 1) if bucket else int(WINDOW_S)

    def clear(self) -> None:
        self._buckets.clear()

    def _fresh(self, key: str, now: float) -> deque[float]:
        bucket = self._buckets.setdefault(key, deque())
        while bucket and bucket[0] <= now - WINDOW_S:
            bucket.popleft()
        return bucket
