"""Interest: tells calculators which subjects have clients here (loop). Leases; what is left alone is forgotten."""

import asyncio
from collections.abc import Coroutine

from redis.exceptions import RedisError

from realtime.bus.client import Bus
from realtime.bus.interest import LEASE_MS, announce_interest, renew_interest
from realtime.clock import Clock
from realtime.domain.account import SubjectKey

RENEW_EVERY_S = LEASE_MS / 3000
_RETRY_AFTER_S = 0.3
_ANNOUNCED_AT_ONCE = 16


class Interest:
    """Announces a subject when it becomes watched here and renews all."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        """Start with nothing."""
        self._bus = bus
        self._clock = clock
        self._subjects: set[SubjectKey] = set()
        self._unannounced: dict[SubjectKey, None] = {}
        self._news = asyncio.Event()

    @property
    def users_count(self) -> int:
        """Users of whom something is watched here."""
        return len({subject.user_id for subject in self._subjects})

    def joined(self, subject: SubjectKey) -> None:
        """Announce a subject."""
        self._subjects.add(subject)
        self._announce(subject)

    def left(self, subject: SubjectKey) -> None:
        """Renew a subject no longer."""
        self._subjects.discard(subject)
        self._unannounced.pop(subject, None)

    def announce_all(self) -> None:
        """Announce every subject again, as after a loss of what Redis knew; full values follow."""
        for subject in self._subjects:
            self._announce(subject)

    def loops(self) -> list[Coroutine[None, None, None]]:
        """Return what announces and renews; each runs for ever, and an outage of Redis delays it."""
        return [self._announce_first(), self._renew()]

    def _announce(self, subject: SubjectKey) -> None:
        self._unannounced[subject] = None
        self._news.set()

    async def _announce_first(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._unannounced:
                some = list(self._unannounced)[:_ANNOUNCED_AT_ONCE]
                try:
                    await announce_interest(self._bus, *some)
                except (RedisError, OSError):
                    await self._clock.sleep(_RETRY_AFTER_S)
                else:
                    for subject in some:
                        self._unannounced.pop(subject, None)

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep(RENEW_EVERY_S)
            try:
                await renew_interest(self._bus, self._subjects)
            except (RedisError, OSError):
                continue
