"""What the overview shows, that it grows, and how figures move: in their places, calmly, or not at all."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.async_api import Browser, Page, expect

from realtime.domain.instrument import InstrumentId
from realtime.market_hours import market_hours_around
from realtime.store.intraday import write_prices
from tests.e2e.conftest import Service
from tests.support.browsing import DESK, SECONDS, browser, go_to, needs_browser, page, signed_in, tab
from tests.support.made_up_stream import made_up_stream
from tests.support.waiting import wait_until

__all__ = ["browser", "page"]
pytestmark = needs_browser
_COUNT_FLASHES = """window.flashes = 0; const animate = Element.prototype.animate;
Element.prototype.animate = function (...how) { window.flashes += 1; return animate.apply(this, how); };"""
_EDGES = """() => [...document.querySelectorAll("[data-testid=holdings-row] td.number")].slice(0, 30)
  .map((cell) => Math.round(cell.getBoundingClientRect().right))"""
_PLACE = "total => { const { left, top } = total.getBoundingClientRect(); return [left, top]; }"


@pytest.fixture
def made_up() -> Iterator[str]:
    with made_up_stream() as link:
        yield link


async def test_the_overview_says_what_it_is_all_worth(service: Service, page: Page) -> None:
    """Ensure total, changes, gain, coverage, sessions, moves and allocation are there, and the line goes on."""
    await signed_in(page, service.demo.link)
    for figure in ("day-change", "unrealized-gain"):
        await expect(page.get_by_test_id(figure)).to_contain_text(re.compile(r"\$[\d,.]+.*%"))
    await expect(page.get_by_test_id("live-coverage")).to_contain_text(re.compile(r"[\d.]+% live"))
    await expect(page.get_by_test_id("session-change")).to_have_count(4)
    await expect(page.get_by_test_id("movers").get_by_role("listitem").first).to_be_visible()
    allocation = page.get_by_test_id("allocation")
    for by, name in (("Class", "Stock"), ("Institution", "Robinhood"), ("Currency", "USD")):
        await allocation.get_by_role("button", name=by).click()
        await expect(allocation.get_by_role("rowheader", name=name)).to_be_visible()
    chart = page.get_by_test_id("chart")
    before = await chart.get_attribute("aria-label") or ""
    await expect(chart).not_to_have_attribute("aria-label", before, timeout=15 * SECONDS)


async def test_a_sparkline_joins_what_the_server_kept(service: Service, page: Page) -> None:
    """Ensure a holding's price of earlier today and the newest one make a line."""
    now = service.clock.now()
    held = await service.pool.fetchval("select id from instruments where symbol = 'AAPL'")
    day = market_hours_around(now).trading_day(now).date
    await write_prices(service.pool, day, now - timedelta(minutes=20), {InstrumentId(str(held)): Decimal(200)})
    await signed_in(page, service.demo.link)
    await go_to(page, "Holdings")
    await expect(page.locator("[data-symbol=AAPL] .spark polyline")).to_have_count(1, timeout=15 * SECONDS)


async def test_figures_change_in_their_places(made_up: str, page: Page) -> None:
    """Ensure digits are of one width and right-aligned: nothing moves while everything changes."""
    await signed_in(page, made_up)
    total = page.get_by_test_id("total-value")
    assert await total.evaluate("total => getComputedStyle(total).fontVariantNumeric") == "tabular-nums"
    place, value = await total.evaluate(_PLACE), await total.inner_text()
    await expect(total).not_to_have_text(value)
    assert await total.evaluate(_PLACE) == place
    await go_to(page, "Holdings")
    await expect(page.get_by_test_id("holdings-row").first).to_be_visible()
    edges, row = await page.evaluate(_EDGES), page.locator("[data-symbol='BTC/USD']")
    value = await row.inner_text()
    await expect(row).not_to_have_text(value)
    assert await page.evaluate(_EDGES) == edges


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
async def test_changes_flash_unless_motion_is_unwanted(made_up: str, browser: Browser, motion: str) -> None:
    """Ensure a change is seen, and nothing is animated for who asked for less motion."""
    async with tab(browser, DESK, reduced_motion=motion) as page:
        await page.add_init_script(_COUNT_FLASHES)
        await signed_in(page, made_up)
        total = page.get_by_test_id("total-value")
        shown = {await total.inner_text()}

        async def moved() -> bool:
            shown.add(await total.inner_text())
            return len(shown) > 5

        await wait_until(moved, deadline_s=20, what="changes")
        assert (await page.evaluate("window.flashes") > 0) is (motion == "no-preference")


async def test_paper_is_white_and_has_no_buttons(made_up: str, browser: Browser) -> None:
    """Ensure a dark page prints dark on white, without what can only be clicked."""
    async with tab(browser, DESK, "dark") as page:
        await signed_in(page, made_up)
        await go_to(page, "Holdings")
        row = page.get_by_test_id("holdings-row").first
        await expect(row).to_be_visible()
        await page.emulate_media(media="print", color_scheme="dark")
        colors = await row.evaluate(
            "row => [getComputedStyle(document.body).backgroundColor, getComputedStyle(row).color]"
        )
        assert colors == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        for control in ("save-csv", "theme", "privacy"):
            await expect(page.get_by_test_id(control)).to_be_hidden()
