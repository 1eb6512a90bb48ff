"""The API on a port of this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from api.app import Parts, create_app
from api.serving import serving
from realtime.auth import Tokens
from realtime.clock import WallClock
from realtime.domain.account import UserId

SECRET = "a secret of more than thirty-two bytes, for tests"
TOKENS = Tokens(SECRET, "navstream", "navstream")


@dataclass(frozen=True)
class Api:
    """A running API and what its tests talk to."""

    url: str
    http: aiohttp.ClientSession
    tokens: Tokens
    parts: Parts

    def bearer(self, user_id: UserId) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.issue(user_id, WallClock().now(), 3600)}"}

    async def get(self, path: str, user_id: UserId) -> Any:
        return await self.call("GET", path, user_id)

    async def call(self, method: str, path: str, user_id: UserId, body: Any = None, status: int = 200) -> Any:
        """Return what a call answers; it must be of this status."""
        headers = self.bearer(user_id)
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()


@asynccontextmanager
async def running_api(parts: Parts, port: int = 0) -> AsyncIterator[Api]:
    """Serve while the body runs, on any free port by default."""
    async with serving(create_app(parts), "127.0.0.1", port) as server, aiohttp.ClientSession() as http:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Api(f"http://127.0.0.1:{port}", http, parts.tokens, parts)
