"""The examples run as written, against the demo, and show what they promise."""

import asyncio
import csv
import io
import os
import pty
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from simulator.serving import listening
from tests.e2e.conftest import Service
from tests.support.browsing import SECONDS, browser, needs_browser, page
from tests.support.waiting import wait_until
from tools.build_dashboard import find_npm

__all__ = ["browser", "page"]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
WITHIN_S = 20


def url_of(service: Service) -> str:
    return service.demo.link.partition("/#")[0]


@asynccontextmanager
async def example(
    service: Service,
    name: str,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    output: int = asyncio.subprocess.PIPE,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run an example as its first lines say, with Ada's token on its standard input."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLES / name), *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=output,
        env=os.environ | (env or {}) | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None
    process.stdin.write(service.demo.token(await service.user()).encode() + b"\n")
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def lines(process: asyncio.subprocess.Process, count: int) -> list[str]:
    assert process.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        return [(await process.stdout.readline()).decode().strip() for _ in range(count)]


@pytest.mark.parametrize("name", ["minimal_client.py", "resuming_client.py"])
async def test_clients_print_values(service: Service, name: str) -> None:
    """Ensure a reader who copies one sees values."""
    url = service.demo.settings.public_websocket_url if name.startswith("minimal") else url_of(service)
    async with example(service, name, url) as process:
        for line in await lines(process, 2):
            assert re.search(r"\d\.\d\d", line), line


async def test_the_program_in_the_documentation_runs(service: Service, tmp_path: Path) -> None:
    """Ensure docs/clients.md shows a program that a reader can paste."""
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "clients.md").read_text(), re.DOTALL)
    pasted = tmp_path / "program.py"
    pasted.write_text(program.replace("http://127.0.0.1:8080", url_of(service)))
    async with example(service, str(pasted)) as process:
        accounts = len(await service.accounts(await service.user()))
        printed = await lines(process, accounts + 1)
        assert re.match(r"[\d.]+ USD -?[\d.]+$", printed[-1]), printed


async def test_the_ticker_draws_in_a_terminal(service: Service) -> None:
    """Ensure the total, a price and the market's next session are on the screen of a real terminal."""
    ours, theirs = pty.openpty()
    seen: list[str] = []
    asyncio.get_running_loop().add_reader(ours, lambda: seen.append(os.read(ours, 65536).decode(errors="replace")))
    try:
        async with example(
            service, "ticker.py", url_of(service), output=theirs, env={"TERM": "xterm", "COLUMNS": "100"}
        ):
            shown = ("USD", "AAPL", "post at 21:00 UTC")
            await wait_until(lambda: all(text in "".join(seen) for text in shown), WITHIN_S, "the ticker's rows")
    finally:
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)
        os.close(theirs)


async def test_the_alert_reaches_the_webhook(service: Service) -> None:
    """Ensure a moved price is posted as Slack takes it, and that a webhook which refuses is tried again."""
    posted: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    refusals = [500]

    async def take(request: web.Request) -> web.Response:
        if refusals:
            return web.Response(status=refusals.pop())
        posted.put_nowait(await request.json())
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/services/T0/B0/secret", take)
    async with listening(app, "127.0.0.1", 0) as webhook:
        env = {"WEBHOOK_URL": f"{webhook}/services/T0/B0/secret"}
        async with (
            example(service, "price_alert.py", url_of(service), "--percent", "0.0001", env=env) as process,
            asyncio.timeout(WITHIN_S),
        ):
            message = await posted.get()
            assert set(message) == {"text"}
            assert re.fullmatch(r"\S+ (up|down) [\d.]+ %: [\d.,]+ → [\d.,]+ [A-Z]{3}", message["text"]), message
            assert await lines(process, 1) == [message["text"]]
    assert refusals == []


async def test_the_spreadsheet_feed_is_up_to_date_whenever_it_is_read(service: Service) -> None:
    """Ensure each reading is a CSV of all holdings with live prices, and a later one is another."""
    async with example(service, "spreadsheet_feed.py", url_of(service), "--port", "0") as process:
        [url] = await lines(process, 1)

        async def rows() -> list[dict[str, str]]:
            async with service.http.get(url) as answer:
                if answer.status == 503:
                    return []
                assert answer.content_type == "text/csv"
                return list(csv.DictReader(io.StringIO(await answer.text())))

        first = await wait_until(rows, WITHIN_S, "the first values")
        held = await service.pool.fetchval(
            """select count(distinct h.instrument_id) from holdings h join accounts a on a.id = h.account_id
               where a.user_id = $1 and a.is_active""",
            await service.user(),
        )
        assert len(first) == held
        assert all(row["price"] == "" or Decimal(row["price"]) > 0 for row in first)

        async def has_moved() -> bool:
            return await rows() != first

        await wait_until(has_moved, WITHIN_S, "another price")
        with pytest.raises(aiohttp.ClientError):
            await service.http.get(url.replace("127.0.0.1", "127.0.0.2"))


@pytest.mark.browser
@needs_browser[1]
async def test_the_chart_in_ones_own_page_moves(service: Service, page: Page) -> None:
    """Ensure somebody else's page shows the day so far, and a total that moves."""
    npm = find_npm()
    built = await asyncio.create_subprocess_exec(*npm, "run", "build", cwd=ROOT / "dashboard" / "client")
    assert await built.wait() == 0
    async with example(service, "embed/serve.py", url_of(service), "--port", "0") as process:
        [url] = await lines(process, 1)
        await page.goto(url)
        total = page.locator("#total")
        await expect(total).to_have_attribute("data-connection", "live", timeout=10 * SECONDS)
        await expect(total).to_contain_text("$")
        await expect(page.locator("#chart canvas").first).to_be_visible()
        before = await total.inner_text()

        async def has_moved() -> bool:
            return await total.inner_text() != before

        await wait_until(has_moved, WITHIN_S, "another total")
