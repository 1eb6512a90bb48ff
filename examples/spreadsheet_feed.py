"""Holdings for a spreadsheet: a CSV on this machine that is up to date whenever it is read.

    .venv/bin/navstream --demo token --user ada |
        .venv/bin/python examples/spreadsheet_feed.py http://127.0.0.1:8080 --port 8099

Then, with http://127.0.0.1:8099/holdings.csv:
- Excel: Data, Get Data, From Web; in the query's properties "Refresh every … minutes".
- LibreOffice Calc: Sheet, Link to External Data; "Update every … seconds".
- `curl`, R's `read.csv`, pandas' `read_csv`: as they are.

It listens on this machine alone and asks for no password: whoever can run programs here can read it. Google Sheets
reads from Google's servers; for that, put it behind your own sign-in and TLS. Unknown is an empty cell, never 0.
"""

import argparse
import asyncio
import csv
import io
import sys
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal

from aiohttp import web

from navstream.client import Client, Position, positions_of

COLUMNS = (
    "symbol", "name", "asset_class", "quantity", "price", "price_time", "price_source", "currency", "market_value",
    "cost_basis", "unrealized_gain", "day_change", "stale",
)  # fmt: skip


class Feed:
    """The newest holdings, as CSV for whoever asks."""

    def __init__(self) -> None:
        self.positions: list[Position] | None = None

    async def follow(self, client: Client) -> None:
        async for update in await client.stream(["positions"], max_rate_hz=1):
            if update.channel == "positions" and update.state is not None:
                self.positions = positions_of(update.state)

    async def answer(self, _request: web.Request) -> web.Response:
        if self.positions is None:
            return web.Response(status=503, text="no values yet; ask again in a moment", headers={"Retry-After": "1"})
        return web.Response(
            text=as_csv(self.positions), content_type="text/csv", charset="utf-8", headers={"Cache-Control": "no-store"}
        )


def as_csv(positions: Iterable[Position]) -> str:
    """Return the rows, the largest first. A text that a spreadsheet would take for a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in sorted(positions, key=worth, reverse=True):
        writer.writerow([cell(getattr(row, column)) for column in COLUMNS])
    return text.getvalue()


def worth(row: Position) -> Decimal:
    return abs(row.market_value or Decimal(0))


def cell(value: object) -> str:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else str(value)


async def main(url: str, token: str, port: int) -> None:
    feed = Feed()
    app = web.Application()
    app.router.add_get("/holdings.csv", feed.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/holdings.csv", flush=True)
    try:
        async with Client(url, token) as client:
            await feed.follow(client)
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of the API, e.g. http://127.0.0.1:8080")
    parser.add_argument("--port", type=int, default=8099, help="where to listen; 0 for any free port")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(main(arguments.url, sys.stdin.readline().strip(), arguments.port))
