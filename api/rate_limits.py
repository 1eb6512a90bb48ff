"""How many requests a user and an address may make: 429 beyond, and headers that say what is left."""

import asyncio

from redis.exceptions import RedisError
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.caller import caller_of
from api.parts import Parts
from api.problems import problem
from realtime.bus.rate_limits import WINDOW_S, Rate, RateLimits, Spent
from realtime.metrics import API_RATE_LIMITED

_REDIS_WAIT_S = 0.5
_SIGN_IN = "/api/session"
_WEBHOOK = "/api/snaptrade/webhook"
"""Its sender proves who he is, and may have much to tell at once; so may Plaid's, outside /api."""


class Limited:
    """ASGI middleware around the API. While Redis does not answer, requests pass: limits protect us, not the data.

    The headers are those of draft-ietf-httpapi-ratelimit-headers, of the limit that is nearest.
    """

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts
        self._limits = RateLimits(parts.bus, parts.clock)
        settings = parts.settings
        self._user = Rate("user", settings.rate_user_per_min)
        self._writes = Rate("writes", settings.rate_writes_per_min)
        self._address = Rate("address", settings.rate_address_per_min)
        self._sign_in = Rate("sign_in", settings.rate_sign_in_per_min)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/") or scope["path"] == _WEBHOOK:
            await self._app(scope, receive, send)
            return
        nearest = await self._nearest(Request(scope))
        headers = {} if nearest is None else _headers(nearest)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if nearest is None or nearest.is_allowed:
            await self._app(scope, receive, send_with_headers)
            return
        API_RATE_LIMITED.labels(nearest.rate.name).inc()
        detail = f"at most {nearest.rate.per_min} requests a minute ({nearest.rate.name})"
        refusal = problem(429, "rate_limited", detail, {"Retry-After": str(nearest.reset_s)})
        await refusal(scope, receive, send_with_headers)

    async def _nearest(self, request: Request) -> Spent | None:
        """Count a request against its limits; return the one with the least left."""
        spent = await self._spend(self._of_address(request), request.client.host if request.client else "")
        if all(each.is_allowed for each in spent):
            user = await caller_of(request, self._parts)
            spent += [] if user is None else await self._spend(self._of_user(request), user)
        return min(spent, key=lambda each: (each.is_allowed, each.remaining), default=None)

    async def _spend(self, rates: list[Rate], who: str) -> list[Spent]:
        try:
            async with asyncio.timeout(_REDIS_WAIT_S):
                return [await self._limits.spend(rate, who) for rate in rates]
        except (RedisError, TimeoutError):
            return []

    def _of_address(self, request: Request) -> list[Rate]:
        return [self._address, self._sign_in] if request.url.path == _SIGN_IN else [self._address]

    def _of_user(self, request: Request) -> list[Rate]:
        return [self._user] if request.method in {"GET", "HEAD"} else [self._user, self._writes]


def _headers(spent: Spent) -> dict[str, str]:
    name = f'"{spent.rate.name}"'
    return {
        "RateLimit-Policy": f"{name};q={spent.rate.per_min};w={WINDOW_S}",
        "RateLimit": f"{name};r={spent.remaining};t={spent.reset_s}",
    }
