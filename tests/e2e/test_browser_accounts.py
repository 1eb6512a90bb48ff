"""An account that is reached through two providers, and one whose totals differ, in a real browser."""

import re
from decimal import Decimal

from playwright.async_api import Locator, Page, expect

from realtime.bus.sign_in import issue_sign_in_code
from tests.e2e.conftest import Service
from tests.support.browsing import SECONDS, browser, go_to, needs_browser, page, violations

__all__ = ["browser", "page"]
pytestmark = needs_browser


async def _accounts_of(page: Page, service: Service, persona: str) -> None:
    """Sign a persona in and go to the accounts."""
    code = await issue_sign_in_code(service.bus, await service.user(persona), 60)
    await page.goto(re.sub(r"code=[^&]*", f"code={code}", service.demo.link))
    await expect(page.get_by_test_id("total-value")).to_contain_text("$", timeout=10 * SECONDS)
    await go_to(page, "Accounts")


async def test_one_account_through_two_providers_counts_once(service: Service, page: Page) -> None:
    """Ensure that it is marked with the reason, and that a button brings it into the total and out again."""
    await _accounts_of(page, service, "alan")
    note = page.get_by_test_id("duplicate-note")
    await expect(note).to_contain_text("read through SnapTrade and counts there", timeout=20 * SECONDS)
    row = page.get_by_test_id("account-row").filter(has=note)
    await expect(row).to_contain_text("Plaid")
    alan = await service.watch(await service.user("alan"))
    twice = f"account:{await row.get_attribute('data-account')}"

    def total_value(channel: str) -> Decimal:
        return Decimal(str(alan.state(channel)["total_value"]))

    await service.oracle_holds([alan])
    once = total_value("portfolio")
    assert await violations(page) == []
    await row.get_by_role("button", name="Count", exact=False).click()
    apart = page.get_by_test_id("apart-note").first
    await expect(apart).to_contain_text("You said", timeout=10 * SECONDS)
    await expect(note).to_have_count(0, timeout=5 * SECONDS)
    await service.oracle_holds([alan])
    assert abs(total_value("portfolio") - once - total_value(twice)) < abs(once) / 50, "prices move meanwhile"
    await _button(apart).click()
    await expect(note).to_be_visible(timeout=10 * SECONDS)
    await service.oracle_holds([alan])
    assert abs(total_value("portfolio") - once) < abs(once) / 50


async def test_an_account_whose_totals_differ_says_why(service: Service, page: Page) -> None:
    """Ensure that a drift is told with its cause in words as soon as it is found, and is gone with it."""
    await _accounts_of(page, service, "alan")
    note = page.get_by_test_id("drift-note")
    url = f"{service.demo.settings.snaptrade_url}/control/faults"
    await expect(page.get_by_test_id("account-row").first).to_be_visible()
    await expect(note).to_have_count(0)
    await service.http.post(url, json={"kind": "gross_total", "subject": "alan-robinhood"})
    try:
        await page.get_by_test_id("refresh").click()
        await expect(note).to_contain_text("less than the total that SnapTrade reports", timeout=20 * SECONDS)
        await expect(note).to_contain_text("margin loan")
        assert await violations(page) == []
    finally:
        await service.http.delete(url)
    await page.get_by_test_id("refresh").click()
    await expect(note).to_have_count(0, timeout=20 * SECONDS)


def _button(note: Locator) -> Locator:
    return note.get_by_role("button")
