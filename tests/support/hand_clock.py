"""A clock that stands still until somebody sleeps on it or moves it."""

from datetime import UTC, datetime, timedelta


class HandClock:
    """Wall clock of a test."""

    def __init__(self, now: datetime = datetime(2026, 11, 20, 15, tzinfo=UTC)) -> None:
        self._began = now
        self._passed_s = 0.0

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return self._passed_s

    def move(self, seconds: float) -> None:
        self._passed_s += seconds

    async def sleep(self, delay_s: float) -> None:
        self.move(delay_s)
