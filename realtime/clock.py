"""The two clocks: wall time for jobs, leases and tokens; market time for prices and sessions.

In the demo and in replays market time is mapped onto wall time: a recorded day plays again, an afternoon passes
in a minute. With no mapping configured the two are the same.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from; tests bring their own."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    async def sleep(self, delay_s: float) -> None:
        """Wait that many wall seconds."""


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


@dataclass(frozen=True, slots=True)
class MarketClock:
    """Market time: `market_origin + (wall time - wall_origin) * speed`.

    The default is real time: both origins equal, speed 1.
    """

    wall: Clock
    market_origin: datetime
    wall_origin: datetime
    speed: float = 1.0

    @classmethod
    def real(cls, wall: Clock) -> "MarketClock":
        """Return the clock on which market time is wall time."""
        origin = datetime(1970, 1, 1, tzinfo=UTC)
        return cls(wall, origin, origin)

    def now(self) -> datetime:
        """Return market time, aware, UTC."""
        return self.market_origin + (self.wall.now() - self.wall_origin) * self.speed

    def wall_seconds_until(self, market_time: datetime) -> float:
        """Return how many wall seconds pass until that market time; negative when it is over."""
        return (market_time - self.now()) / timedelta(seconds=1) / self.speed


def now_ns() -> int:
    """Return wall time in nanoseconds since 1970, for latency stamps."""
    return time.time_ns()
