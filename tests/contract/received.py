"""A webhook receiver on a socket of its own that keeps what arrived."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.contract.served import served


@dataclass(frozen=True, slots=True)
class Received:
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Answers `statuses` in turn, then 200."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/hook", self._receive)])
        return app

    async def _receive(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Received(headers, await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with served(receiver.app) as url:
        receiver.url = f"{url}/hook"
        yield receiver
