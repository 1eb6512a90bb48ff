"""The dashboard in a real browser, from the sign-in link on."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.conftest import Service
from tests.support.waiting import wait_until

CHROMIUM = shutil.which("chromium")
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_SECONDS = 1000

pytestmark = [
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
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    yield page
    await context.close()


async def test_sign_in_watch_lose_and_regain_the_service(service: Service, page: Page) -> None:
    """Ensure the link signs in, values move, a lost broadcaster is said, and values go on when it is back."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(service.demo.link)
    total = page.get_by_test_id("total-value")
    await expect(total).to_contain_text("$", timeout=10 * _SECONDS)
    assert "code=" not in page.url, "the sign-in code stays in the address bar"
    await _until_it_changes(page)

    banner = page.get_by_test_id("banner")
    await expect(banner).to_be_hidden()
    await wait_until(lambda: _banner_after_another_kill(service, page), deadline_s=30, what="the banner")
    await expect(banner).to_be_hidden(timeout=20 * _SECONDS)
    await _until_it_changes(page)
    assert errors == []


async def test_a_total_opens_into_its_lines(service: Service, page: Page) -> None:
    """Ensure "Why this number?" answers to mouse and keyboard, for total and account, and gives the focus back."""
    await page.goto(service.demo.link)
    why = page.get_by_role("button", name="Why this number? Total value")
    panel = page.get_by_test_id("explain")
    await why.click(timeout=10 * _SECONDS)
    await expect(panel).to_contain_text("Sum of the lines", timeout=5 * _SECONDS)
    assert await panel.locator("tbody tr").count() > 5
    await page.keyboard.press("Escape")
    await expect(panel).to_have_count(0)
    await expect(why).to_be_focused()
    account = page.get_by_test_id("account-row").first.get_by_role("button")
    await account.focus()
    await page.keyboard.press("Enter")
    await expect(panel).to_contain_text("Quantities:", timeout=5 * _SECONDS)
    await panel.get_by_role("button", name="Close").click()
    await expect(account).to_be_focused()
    await page.get_by_role("link", name="Holdings", exact=True).click()
    row = page.get_by_test_id("holdings-row").first
    await row.get_by_role("button").click()
    held_at = page.locator(".contributions").get_by_role("button").first
    await held_at.click()
    await expect(panel).to_contain_text("Quantities:", timeout=5 * _SECONDS)
    await page.keyboard.press("Escape")
    await expect(held_at).to_be_focused()


async def test_a_wrong_link_says_how_to_get_another(service: Service, page: Page) -> None:
    """Ensure a code that is not good signs nobody in and tells what to do."""
    await page.goto(service.demo.link.split("#")[0] + "#code=wrong")
    await expect(page.get_by_test_id("total-value")).to_have_count(0)
    await expect(page.get_by_test_id("signed-out")).to_be_visible(timeout=10 * _SECONDS)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_page_fits_desk_and_phone(
    service: Service, browser: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    """Ensure nothing overflows sideways, in either theme; keeps a screenshot of each."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await context.new_page()
    await page.goto(service.demo.link)
    await expect(page.get_by_test_id("total-value")).to_contain_text("$", timeout=10 * _SECONDS)
    for view in ("Overview", "Holdings", "Accounts"):
        await page.get_by_role("link", name=view, exact=True).click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, view
        await page.screenshot(path=tmp_path / f"{view}-{scheme}-{width}.png")
    await context.close()


async def _until_it_changes(page: Page) -> None:
    total = page.get_by_test_id("total-value")
    before = await total.inner_text()
    await expect(total).not_to_have_text(before, timeout=15 * _SECONDS)


async def _banner_after_another_kill(service: Service, page: Page) -> bool:
    """Kill the broadcaster whenever it runs; return whether the page has noticed."""
    if (process := service.demo.stage_process("broadcaster")) is not None:
        process.kill()
    await page.wait_for_timeout(100)
    return await page.get_by_test_id("banner").is_visible()
