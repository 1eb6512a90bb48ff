"""Notices on their way to the operator's webhook: in order, each until it is taken (loop)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import aiohttp

from realtime.clock import Clock
from realtime.domain.alert import Notice
from realtime.log import Log
from realtime.metrics import MONITOR_NOTICES_WAITING

_WAITING_MAX = 1_000
_TIMEOUT_S = 5.0
_TAKEN = range(200, 300)
_RETRY_AFTER_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
_DOCS = "docs/operations.md"


def body_of(notice: Notice) -> dict[str, Any]:
    """Return the JSON of a notice. `id` is the alert's: what fired and what is over have the same."""
    alert = notice.alert
    return {
        "service": "navstream",
        "id": str(alert.id),
        "alert": alert.name,
        "subject": alert.subject,
        "severity": alert.severity.value,
        "state": notice.turn.value,
        "message": alert.message,
        "text": f"navstream: {alert.name} {notice.turn.value}: {alert.message}",
        "fired_at": alert.fired_at.isoformat(),
        "at": notice.at.isoformat(),
        "what_to_do": f"{_DOCS}#{alert.name}",
    }


class Notices:
    """The way to the webhook.

    Card: bounded to 1,000 notices; when full the oldest is dropped and logged; in order; written by the monitor's
    loop, read by `run`; lost on restart, but the store knows which were not taken.
    """

    def __init__(
        self, url: str, clock: Clock, log: Log, on_taken: Callable[[Notice], Awaitable[None]], patience: float = 1.0
    ) -> None:
        self._url = url
        self._clock = clock
        self._log = log
        self._on_taken = on_taken
        self._patience = patience
        self._waiting: deque[Notice] = deque()
        self._news = asyncio.Event()

    def offer(self, notices: Iterable[Notice]) -> None:
        """Send these as soon as may be."""
        for notice in notices:
            if len(self._waiting) >= _WAITING_MAX:
                dropped = self._waiting.popleft()
                self._log.error("notice_undelivered", alert=dropped.alert.name, reason="too many wait")
            self._waiting.append(notice)
            self._news.set()
        MONITOR_NOTICES_WAITING.set(len(self._waiting))

    async def run(self) -> None:
        """Send for ever."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as http:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._waiting:
                    await self._deliver(http, self._waiting[0])

    async def _deliver(self, http: aiohttp.ClientSession, notice: Notice) -> None:
        failures = 0
        while (problem := await self._post(http, notice)) is not None:
            after_s = _RETRY_AFTER_S[min(failures, len(_RETRY_AFTER_S) - 1)] * self._patience
            if not failures:
                self._log.warning("notice_undelivered", alert=notice.alert.name, reason=problem, after_s=after_s)
            failures += 1
            await self._clock.sleep(after_s)
        if self._waiting and self._waiting[0] is notice:
            self._waiting.popleft()
        MONITOR_NOTICES_WAITING.set(len(self._waiting))
        self._log.info("notice_delivered", alert=notice.alert.name, state=notice.turn.value)
        await self._on_taken(notice)

    async def _post(self, http: aiohttp.ClientSession, notice: Notice) -> str | None:
        """Return what went wrong; never the address, which may hold a secret."""
        try:
            async with http.post(self._url, json=body_of(notice), allow_redirects=False) as response:
                return None if response.status in _TAKEN else f"HTTP {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__
