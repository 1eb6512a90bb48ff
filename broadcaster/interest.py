"""Interest: tells calculators which users have clients here (loop). Leases; whoever left is forgotten by expiry."""

import asyncio
from collections import Counter
from collections.abc import Coroutine

from redis.exceptions import RedisError

from realtime.bus.client import Bus
from realtime.bus.interest import LEASE_MS, announce_interest, renew_interest
from realtime.clock import Clock
from realtime.domain.account import UserId

RENEW_EVERY_S = LEASE_MS / 3000
_RETRY_AFTER_S = 0.3


class Interest:
    """Counts the clients of each user, announces a user's first and renews for all."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        """Start with nobody."""
        self._bus = bus
        self._clock = clock
        self._clients: Counter[UserId] = Counter()
        self._unannounced: dict[UserId, None] = {}
        self._news = asyncio.Event()

    @property
    def users_count(self) -> int:
        """Users with clients here."""
        return len(self._clients)

    def joined(self, user_id: UserId) -> None:
        """Count a client."""
        self._clients[user_id] += 1
        if self._clients[user_id] == 1:
            self._announce(user_id)

    def left(self, user_id: UserId) -> None:
        """Count a client off."""
        self._clients[user_id] -= 1
        if self._clients[user_id] <= 0:
            del self._clients[user_id]
            self._unannounced.pop(user_id, None)

    def announce_all(self) -> None:
        """Announce every user again, as after a loss of what Redis knew; full values follow."""
        for user_id in self._clients:
            self._announce(user_id)

    def loops(self) -> list[Coroutine[None, None, None]]:
        """Return what announces and renews; each runs for ever, and an outage of Redis delays it."""
        return [self._announce_first(), self._renew()]

    def _announce(self, user_id: UserId) -> None:
        self._unannounced[user_id] = None
        self._news.set()

    async def _announce_first(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._unannounced:
                user_id = next(iter(self._unannounced))
                try:
                    await announce_interest(self._bus, user_id)
                except (RedisError, OSError):
                    await self._clock.sleep(_RETRY_AFTER_S)
                else:
                    self._unannounced.pop(user_id, None)

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep(RENEW_EVERY_S)
            try:
                if self._clients:
                    await renew_interest(self._bus, list(self._clients))
            except (RedisError, OSError):
                continue
