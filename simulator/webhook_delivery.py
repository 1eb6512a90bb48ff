"""Deliver webhooks as the providers do: signed anew for each attempt, retried, never in an answer's way (loop)."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

TIMEOUT_S = 10.0
QUEUE_MAX = 10_000
AT_ONCE_MAX = 8
LOG_MAX = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    url: str
    body: bytes


Sign = Callable[[bytes, float], dict[str, str]]
"""(body, time of the attempt) → headers."""


@dataclass(slots=True)
class WebhookSender:
    """Sends what the answers put into it.

    Card: bounded to QUEUE_MAX deliveries, the newest is dropped and counted when full; started in order, at most
    AT_ONCE_MAX at a time, so retries may overtake each other; written by the answers, read by `run`; lost on restart.

    Attributes:
        retry_after_s: Delays before the attempts after the first (the real ones are compressed).
        repeat: How often each webhook is delivered; 2 plays the provider's duplicates.
    """

    sign: Sign
    retry_after_s: tuple[float, ...] = (0.5, 2.0, 8.0)
    repeat: int = 1
    queue: asyncio.Queue[Delivery] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))
    log: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0

    def put(self, url: str, body: bytes) -> None:
        try:
            self.queue.put_nowait(Delivery(url, body))
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Deliver until cancelled."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE_MAX):
                group.create_task(self._deliver_next(session))

    async def _deliver_next(self, session: aiohttp.ClientSession) -> None:
        while True:
            delivery = await self.queue.get()
            for _ in range(self.repeat):
                await self._deliver(session, delivery)

    async def _deliver(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        for delay_s in (*self.retry_after_s, None):
            status = await self._attempt(session, delivery)
            self.log.append({"url": delivery.url, "status": status, "body": delivery.body.decode()})
            del self.log[:-LOG_MAX]
            if status in {200, 201, 202, 204} or delay_s is None:
                return
            await asyncio.sleep(delay_s)

    async def _attempt(self, session: aiohttp.ClientSession, delivery: Delivery) -> int | None:
        headers = self.sign(delivery.body, time.time())
        try:
            async with session.post(delivery.url, data=delivery.body, headers=headers) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None
