"""Your own page with navstream's live values in it: this is the page's server, beside it index.html and chart.js.

    make client      # builds the TypeScript client
    .venv/bin/navstream --demo token --user ada |
        .venv/bin/python examples/embed/serve.py http://127.0.0.1:8080 --port 8090

Your server knows who is signed in to your page, and gives that person's browser a token of his own; here it is the one
from standard input. The browser then speaks to the broadcaster itself. Name your page's origin in NAVSTREAM_ORIGINS, so
that no other page may do so.
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

from aiohttp import web

from navstream.client import Client

HERE = Path(__file__).resolve().parent
DASHBOARD = HERE.parent.parent / "dashboard"
CHARTS = DASHBOARD / "node_modules/lightweight-charts/dist/lightweight-charts.standalone.production.mjs"
CLIENT = DASHBOARD / "client" / "dist"
FILES = {"/": HERE / "index.html", "/chart.js": HERE / "chart.js", "/lightweight-charts.js": CHARTS}


class Page:
    """The page's own server."""

    def __init__(self, client: Client, token: str) -> None:
        self._client = client
        self._token = token

    def app(self) -> web.Application:
        app = web.Application()
        for path, file in FILES.items():
            app.router.add_get(path, partial(_answer, file))
        app.router.add_static("/navstream-client/", CLIENT)
        app.router.add_get("/day.json", self.day)
        return app

    async def day(self, _request: web.Request) -> web.Response:
        """Return the day so far, and what opens the stream for this page's user."""
        config, intraday = await asyncio.gather(self._client.config(), self._client.intraday())
        points = [{"time": point.time, "value": float(point.value)} for point in intraday.points]
        answer = {"websocket_url": config.websocket_url, "token": self._token, "points": points}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})


async def _answer(file: Path, _request: web.Request) -> web.FileResponse:
    return web.FileResponse(file)


async def main(url: str, token: str, port: int) -> None:
    async with Client(url, token) as client:
        runner = web.AppRunner(Page(client, token).app(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of the API, e.g. http://127.0.0.1:8080")
    parser.add_argument("--port", type=int, default=8090, help="where to listen; 0 for any free port")
    arguments = parser.parse_args()
    if not (CLIENT.is_dir() and CHARTS.is_file()):
        sys.exit("the TypeScript client is not built; run: make client")
    with suppress(KeyboardInterrupt):
        asyncio.run(main(arguments.url, sys.stdin.readline().strip(), arguments.port))
