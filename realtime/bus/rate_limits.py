"""How often somebody may do something, counted in Redis for all processes together: a sliding window of a minute."""

from math import ceil
from typing import NamedTuple, cast

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.typing import AsyncRedisClient

from realtime.bus.client import Bus
from realtime.clock import Clock
from realtime.contract.names import rate_limits

WINDOW_S = 60


class Rate(NamedTuple):
    """So many times a minute; `name` is public."""

    name: str
    per_min: int


class Spent(NamedTuple):
    """What is left after an attempt.

    Attributes:
        reset_s: Seconds until there is more.
    """

    rate: Rate
    is_allowed: bool
    remaining: int
    reset_s: int


class RateLimits:
    """Counts attempts."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._clock = clock
        self._limiter = SlidingWindowCounterRateLimiter(_OnBus(bus))

    async def spend(self, rate: Rate, who: str) -> Spent:
        """Count an attempt of somebody's.

        Raises:
            redis.exceptions.RedisError: Redis does not answer.
        """
        item = RateLimitItemPerMinute(rate.per_min, namespace=rate.name)
        is_allowed = await self._limiter.hit(item, who)
        reset_at, remaining = await self._limiter.get_window_stats(item, who)
        reset_s = ceil(reset_at - self._clock.now().timestamp())
        return Spent(rate, is_allowed, max(0, remaining) if is_allowed else 0, min(max(1, reset_s), WINDOW_S))


class _OnBus(RedisStorage):
    """The library's storage over our own connections, of one server or a cluster."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        super().__init__("async+redis://", implementation="redispy", key_prefix=rate_limits())

    def configure_bridge(self) -> None:
        assert isinstance(self.bridge, RedispyBridge)
        self.bridge.connection_getter = lambda _: cast("AsyncRedisClient", self._bus)
