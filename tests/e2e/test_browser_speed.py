"""How light and how quick the page is; `--junitxml FILE -o junit_family=xunit1` keeps what was
measured.

The limits that are asserted leave room for a machine that is busy with other tests; the measured figures do not.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import Service
from tests.support.browsing import DASHBOARD, SECONDS, browser, needs_browser, page, signed_in
from tests.support.made_up_stream import made_up_stream
from tests.support.waiting import wait_until

__all__ = ["browser", "page"]
pytestmark = needs_browser
Record = Callable[[str, object], None]
_BUNDLE_BYTES_MAX = 150 * 1024
_HOLDINGS = 1_000
_DRAWN_MAX = 80
_PAGES_MIN = 20
_FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_SCROLL = """async (seconds) => {
  const frames = [], long = [];
  new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => long.push(duration)))
    .observe({ type: "longtask" });
  let before = await new Promise(requestAnimationFrame), down = true;
  const ends = before + seconds * 1000;
  while (before < ends) {
    down = scrollY <= 0 ? true : innerHeight + scrollY >= document.body.scrollHeight - 2 ? false : down;
    scrollBy(0, down ? 60 : -60);
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  frames.sort((a, b) => a - b);
  const at = (share) => frames[Math.floor(frames.length * share)];
  return { frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), slowest: frames.at(-1),
           longTasks: long.length, longest: Math.max(0, ...long) };
}"""


def test_the_bundle_is_small(record_property: Record) -> None:
    """Ensure everything that a browser loads stays under 150 KB, compressed."""
    files = [path for path in (DASHBOARD / "dist").rglob("*") if path.suffix in {".js", ".css", ".html", ".svg"}]
    total = sum(len(gzip.compress(path.read_bytes(), 6)) for path in files)
    record_property("bundle_kb", round(total / 1024, 1))
    assert total < _BUNDLE_BYTES_MAX


async def test_the_first_paint_is_soon_and_nothing_comes_from_elsewhere(
    service: Service, page: Page, record_property: Record
) -> None:
    """Ensure the page paints at once, asks no other host for anything, and breaks no rule of its CSP."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    await page.goto(service.demo.link)
    await expect(page.get_by_test_id("total-value")).to_contain_text("$", timeout=10 * SECONDS)
    painted_ms = float(await page.evaluate(_FIRST_PAINT))
    record_property("first_paint_ms", painted_ms)
    assert 0 < painted_ms < 5_000
    assert hosts == {urlsplit(service.demo.link).netloc}


@pytest.fixture
def a_thousand() -> Iterator[str]:
    """The address of a stream of a thousand holdings, of which half move five times a second."""
    with made_up_stream(_HOLDINGS) as link:
        yield link


async def test_a_thousand_holdings_scroll_while_they_move(a_thousand: str, page: Page, record_property: Record) -> None:
    """Ensure only what is near the screen is drawn, so that scrolling keeps its pace under five updates a second."""
    await signed_in(page, a_thousand)
    await page.evaluate("location.hash = '#/holdings'")
    rows = page.get_by_test_id("holdings-row")
    await expect(rows.first).to_be_visible(timeout=10 * SECONDS)
    await expect(page.get_by_role("heading", name="Holdings")).to_contain_text(str(_HOLDINGS))
    measured = await page.evaluate(_SCROLL, 5)
    record_property("scrolling", json.dumps(measured))
    assert 0 < await rows.count() < _DRAWN_MAX
    assert measured["p50"] < 25, "half of the frames come late"
    assert measured["longest"] < 1_000
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")

    async def at_the_end() -> bool:
        return bool(await rows.last.get_attribute("aria-rowindex") == str(_HOLDINGS + 1))

    await wait_until(at_the_end, what="the last row")
    printed = await page.pdf()
    assert printed.count(b"/Type /Page\n") > _PAGES_MIN, "only what was on the screen is printed"
    await wait_until(lambda: _below(rows, _DRAWN_MAX), what="the short list after printing")


async def _below(rows: Locator, most: int) -> bool:
    return 0 < await rows.count() < most
