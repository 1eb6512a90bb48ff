"""Whose clients look at their values now, and the news of newcomers (loop)."""

import asyncio
from collections.abc import Callable

from redis.exceptions import RedisError

from realtime.bus.client import Bus
from realtime.bus.interest import announced_interest, read_interest
from realtime.clock import Clock
from realtime.domain.account import UserId
from realtime.domain.partition import all_partitions

_AT_MOST_EVERY_S = 2.0
_RETRY_AFTER_S = 0.5


class Viewers:
    """Asks Redis who looks, and tells when somebody begins to."""

    def __init__(self, bus: Bus, on_newcomers: Callable[[], None], clock: Clock) -> None:
        """Start; `on_newcomers` is called at most every two seconds."""
        self._bus = bus
        self._on_newcomers = on_newcomers
        self._clock = clock
        self._news = asyncio.Event()

    async def user_ids(self) -> set[UserId]:
        """Return the users who look now; nobody while Redis does not answer."""
        try:
            return {subject.user_id for subject in await read_interest(self._bus, all_partitions())}
        except (RedisError, OSError):
            return set()

    async def run(self) -> None:
        """Listen and tell, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._tell())

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in announced_interest(self._bus):
                    self._news.set()
            except (RedisError, OSError):
                await self._clock.sleep(_RETRY_AFTER_S)

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            self._on_newcomers()
            await self._clock.sleep(_AT_MOST_EVERY_S)
