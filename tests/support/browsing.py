"""A real Chromium for tests, and what it says of a page."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium")
SECONDS = 1000
DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
IMAGES_AFTER_S = float(os.environ.get("NAVSTREAM_IMAGES", "0"))
"""A switch of the tests' own: renew docs/images once the demo has been looked at for so long; 0 leaves them alone."""
DESK, PHONE = (1440, 900), (390, 844)
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_AXE = DASHBOARD / "node_modules" / "axe-core" / "axe.min.js"
_VIOLATIONS = """async () => (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})).violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(" | ")}`)"""

needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (.ci/run installs it)"),
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    async with tab(browser, DESK) as page:
        yield page


@asynccontextmanager
async def tab(browser: Browser, size: tuple[int, int], scheme: str = "light", **options: Any) -> AsyncIterator[Page]:
    """Open a page of that size; it fails the test when a script of it does."""
    context: BrowserContext = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if scheme == "dark" else "light", **options
    )
    await context.add_init_script(path=_AXE)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield page
    await context.close()
    assert errors == []


async def signed_in(page: Page, link: str) -> None:
    """Follow a sign-in link and wait for the first total."""
    await page.goto(link)
    await expect(page.get_by_test_id("total-value")).to_contain_text("$", timeout=20 * SECONDS)


async def go_to(page: Page, view: str) -> None:
    """Follow the link to a view."""
    await page.get_by_role("navigation", name="Views").get_by_role("link", name=view, exact=True).click()


async def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page for people who see, hear or move otherwise."""
    found: list[str] = await page.evaluate(_VIOLATIONS)
    return found
