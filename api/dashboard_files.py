"""The built dashboard: hashed assets for ever, the page itself never cached."""

from pathlib import Path

from fastapi import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

_FOR_EVER = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"
_NOT_BUILT = "The dashboard is not built yet. Run `make dashboard`, then reload this page.\n"


class DashboardFiles:
    """ASGI application over a folder that may not be there yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = StaticFiles(directory=folder, html=True, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._response(Request(scope))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        path = request.url.path
        if path == "/" and not (self._folder / "index.html").is_file():
            return PlainTextResponse(_NOT_BUILT, status_code=503)
        response = await self._files.get_response(self._files.get_path(request.scope), request.scope)
        response.headers["Cache-Control"] = cache_control(path)
        return response


def cache_control(path: str) -> str:
    """Return how long a file may be kept: files under /assets carry a digest in their name."""
    if path.startswith("/assets/"):
        return _FOR_EVER
    return _AN_HOUR if path.endswith((".svg", ".png", ".ico", ".txt")) else "no-store"
