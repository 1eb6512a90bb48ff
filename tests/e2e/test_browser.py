"""The dashboard in a real browser, from the sign-in link on."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Service
from tests.support.browsing import (
    DESK,
    IMAGES,
    IMAGES_AFTER_S,
    PHONE,
    SECONDS,
    browser,
    go_to,
    needs_browser,
    page,
    signed_in,
    tab,
    violations,
)
from tests.support.waiting import wait_until

__all__ = ["browser", "page"]
pytestmark = needs_browser
VIEWS = {
    "Overview": "trust",
    "Holdings": "holdings-row",
    "Accounts": "connection-row",
    "Operator": "stage",
}
_DIALOG_IMAGES = {"explain": "explain"}
"""Which of the dialogs are shown in the documentation, by their test id."""


async def test_sign_in_watch_lose_and_regain_the_service(service: Service, page: Page) -> None:
    """Ensure the link signs in, values move, a lost broadcaster is said, and values go on when it is back."""
    await page.goto(service.demo.link)
    total = page.get_by_test_id("total-value")
    await expect(total).to_contain_text("$", timeout=10 * SECONDS)
    assert "code=" not in page.url, "the sign-in code stays in the address bar"
    await _until_it_changes(page)

    banner = page.get_by_test_id("banner")
    await expect(banner).to_be_hidden()
    await wait_until(lambda: _banner_after_another_kill(service, page), deadline_s=30, what="the banner")
    await expect(banner).to_be_hidden(timeout=20 * SECONDS)
    await _until_it_changes(page)


async def test_a_total_opens_into_its_lines(service: Service, page: Page) -> None:
    """Ensure "Why this number?" answers to mouse and keyboard, for total and account, and gives the focus back."""
    await page.goto(service.demo.link)
    why = page.get_by_role("button", name="Why this number? Total value")
    panel = page.get_by_test_id("explain")
    await why.click(timeout=10 * SECONDS)
    await expect(panel).to_contain_text("Sum of the lines", timeout=5 * SECONDS)
    assert await panel.locator("tbody tr").count() > 5
    await page.keyboard.press("Escape")
    await expect(panel).to_have_count(0)
    await expect(why).to_be_focused()
    account = page.get_by_test_id("account-row").first.get_by_role("button")
    await account.focus()
    await page.keyboard.press("Enter")
    await expect(panel).to_contain_text("Quantities:", timeout=5 * SECONDS)
    await panel.get_by_role("button", name="Close").click()
    await expect(account).to_be_focused()
    await go_to(page, "Holdings")
    row = page.get_by_test_id("holdings-row").first
    await row.get_by_role("button").click()
    held_at = page.locator(".contributions").get_by_role("button").first
    await held_at.click()
    await expect(panel).to_contain_text("Quantities:", timeout=5 * SECONDS)
    await page.keyboard.press("Escape")
    await expect(held_at).to_be_focused()


async def test_a_wrong_link_says_how_to_get_another(service: Service, page: Page) -> None:
    """Ensure a code that is not good signs nobody in and tells what to do."""
    await page.goto(service.demo.link.split("#")[0] + "#code=wrong")
    await expect(page.get_by_test_id("total-value")).to_have_count(0)
    await expect(page.get_by_test_id("signed-out")).to_be_visible(timeout=10 * SECONDS)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_view_fits_and_is_accessible(
    service: Service, browser: Browser, size: tuple[int, int], scheme: str
) -> None:
    """Ensure on desk and phone, light and dark, nothing overflows sideways and axe finds nothing in any view."""
    async with tab(browser, size, scheme) as page:
        await page.goto(service.demo.link)
        await expect(page.get_by_test_id("total-value")).to_contain_text("$", timeout=10 * SECONDS)
        for view, sign in VIEWS.items():
            await go_to(page, view)
            await expect(page.get_by_test_id(sign).first).to_be_visible(timeout=5 * SECONDS)
            if IMAGES_AFTER_S:
                await _keep_image(page, view, size, scheme)
            assert await page.evaluate("document.documentElement.scrollWidth") <= size[0], view
            assert await violations(page) == [], view


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_dialog_fits_and_is_accessible(
    service: Service, browser: Browser, size: tuple[int, int], scheme: str
) -> None:
    """Ensure the same of what opens over the views and in them: dialogs, tables, groups, an open holding."""
    async with tab(browser, size, scheme) as page:
        await signed_in(page, service.demo.link)

        async def looked_at(what: Locator) -> None:
            await expect(what).to_be_visible(timeout=5 * SECONDS)
            assert await page.evaluate("document.documentElement.scrollWidth") <= size[0], what
            assert await violations(page) == [], what
            if IMAGES_AFTER_S and (name := _DIALOG_IMAGES.get(str(await what.get_attribute("data-testid")))):
                await page.screenshot(path=IMAGES / f"{name}-{_device(size)}-{scheme}.png")

        await page.get_by_role("button", name="Why this number? Total value").click()
        await expect(page.get_by_test_id("explain")).to_contain_text("Sum of the lines", timeout=5 * SECONDS)
        await looked_at(page.get_by_test_id("explain"))
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await looked_at(page.get_by_test_id("shortcuts"))
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Table", exact=True).click()
        await looked_at(page.get_by_test_id("day-table"))
        await go_to(page, "Holdings")
        await page.get_by_test_id("holdings-row").nth(1).get_by_role("button").first.click()
        await looked_at(page.locator(".contributions"))
        await page.get_by_label("Group holdings").select_option("institution")
        await looked_at(page.get_by_test_id("group").first)
        await go_to(page, "Accounts")
        await page.get_by_test_id("connection-row").first.get_by_role("button", name="Remove").click()
        await looked_at(page.get_by_test_id("remove-dialog"))
        await page.keyboard.press("Escape")
        await page.get_by_test_id("connect-alpaca").click()
        await looked_at(page.get_by_test_id("keys-dialog"))
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Sign out").click()
        await looked_at(page.get_by_test_id("signed-out"))


async def test_every_view_fits_what_lies_between(service: Service, page: Page) -> None:
    """Ensure tablets and wide screens are no worse off than desk and phone."""
    await page.goto(service.demo.link)
    await expect(page.get_by_test_id("total-value")).to_contain_text("$", timeout=10 * SECONDS)
    for view, sign in VIEWS.items():
        await go_to(page, view)
        await expect(page.get_by_test_id(sign).first).to_be_visible(timeout=5 * SECONDS)
        for width in (320, 768, 1024, 2560):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, (view, width)


async def _keep_image(page: Page, view: str, size: tuple[int, int], scheme: str) -> None:
    first = (view, size, scheme) == ("Overview", DESK, "light")
    await page.wait_for_timeout((IMAGES_AFTER_S if first else 3) * SECONDS)
    await page.screenshot(path=IMAGES / f"{view.lower()}-{_device(size)}-{scheme}.png")


def _device(size: tuple[int, int]) -> str:
    return "desk" if size == DESK else "phone"


async def _until_it_changes(page: Page) -> None:
    total = page.get_by_test_id("total-value")
    before = await total.inner_text()
    await expect(total).not_to_have_text(before, timeout=15 * SECONDS)


async def _banner_after_another_kill(service: Service, page: Page) -> bool:
    """Kill the broadcaster whenever it runs; return whether the page has noticed."""
    if (process := service.demo.stage_process("broadcaster")) is not None:
        process.kill()
    await page.wait_for_timeout(100)
    return await page.get_by_test_id("banner").is_visible()
