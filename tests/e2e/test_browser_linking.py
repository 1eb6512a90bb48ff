"""Connecting, repairing, refreshing and removing institutions, through the providers' stand-in pages."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import Service
from tests.support.browsing import SECONDS, browser, go_to, needs_browser, page, violations

__all__ = ["browser", "page"]
pytestmark = needs_browser


async def _accounts_view(page: Page, service: Service) -> Locator:
    """Sign in, go to the accounts and return their connections."""
    await page.goto(service.demo.link)
    await expect(page.get_by_test_id("total-value")).to_contain_text("$", timeout=10 * SECONDS)
    await go_to(page, "Accounts")
    connections = page.get_by_test_id("connection-row")
    await expect(connections.first).to_be_visible()
    return connections


async def _answer(page: Page, action: str) -> None:
    """Choose somebody else's login at a provider's page, and come back."""
    await expect(page.locator("form")).to_be_visible(timeout=10 * SECONDS)
    strangers = page.locator("select[name=login] option:not([value^='ada@'])")
    value = await strangers.first.get_attribute("value")
    await page.locator("select[name=login]").select_option(value)
    await page.locator(f"button[value={action}]").click()


@pytest.mark.parametrize("provider", ["plaid", "snaptrade"])
async def test_an_institution_is_connected_synced_and_removed(service: Service, page: Page, provider: str) -> None:
    """Ensure the way to the provider and back ends with the accounts shown, and removal takes them away again."""
    connections = await _accounts_view(page, service)
    before = await connections.count()
    accounts = await page.get_by_test_id("account-row").count()
    known = [await row.get_attribute("data-connection") for row in await connections.all()]
    await page.get_by_test_id(f"connect-{provider}").click()
    await _answer(page, "approve")
    note = page.get_by_test_id("linking")
    await expect(note).to_have_attribute("data-state", "done", timeout=15 * SECONDS)
    assert "linked=" not in page.url
    await expect(connections).to_have_count(before + 1, timeout=10 * SECONDS)
    await expect(page.get_by_test_id("account-row")).not_to_have_count(accounts, timeout=20 * SECONDS)
    [new] = [row for row in await connections.all() if await row.get_attribute("data-connection") not in known]
    new = page.locator(f"[data-connection='{await new.get_attribute('data-connection')}']")
    await expect(new).to_have_attribute("data-syncing", "false", timeout=20 * SECONDS)
    synced = await new.get_attribute("data-synced")
    assert synced is not None
    await new.get_by_role("button", name="Sync").click()
    await expect(new).not_to_have_attribute("data-synced", synced, timeout=20 * SECONDS)
    await expect(new).to_have_attribute("data-syncing", "false", timeout=20 * SECONDS)

    dialog = page.get_by_test_id("remove-dialog")
    await new.get_by_role("button", name="Remove").click()
    await dialog.get_by_role("button", name="Keep it").click()
    await expect(dialog).to_have_count(0)
    await expect(new).to_be_visible()
    await new.get_by_role("button", name="Remove").click()
    await dialog.get_by_role("button", name="Remove").click()
    await expect(connections).to_have_count(before, timeout=10 * SECONDS)
    await expect(page.get_by_test_id("account-row")).to_have_count(accounts, timeout=10 * SECONDS)


async def test_an_alpaca_account_is_connected_by_its_keys(service: Service, page: Page) -> None:
    """Ensure the form takes keys by keyboard, says what is wrong with them, keeps none, and ends with the account."""
    connections = await _accounts_view(page, service)
    before = await connections.count()
    alpaca = connections.filter(has_text="Alpaca").first
    await alpaca.get_by_role("button", name="Remove").click()
    await page.get_by_test_id("remove-dialog").get_by_role("button", name="Remove").click()
    await expect(connections).to_have_count(before - 1, timeout=10 * SECONDS)

    dialog = page.get_by_test_id("keys-dialog")
    await page.get_by_test_id("connect-alpaca").click()
    await expect(dialog.get_by_label("Key ID")).to_be_focused()
    assert await violations(page) == []
    await page.keyboard.type("ada-key")
    await page.keyboard.press("Tab")
    await page.keyboard.type("mistyped")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_contain_text("Alpaca refuses these keys", timeout=10 * SECONDS)
    await expect(dialog.get_by_label("Secret key")).to_have_attribute("type", "password")
    await dialog.get_by_label("Secret key").fill("ada-secret")
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0, timeout=10 * SECONDS)
    await expect(page.get_by_test_id("linking")).to_have_attribute("data-state", "done")
    await expect(connections).to_have_count(before, timeout=10 * SECONDS)
    await expect(connections.filter(has_text="Alpaca").first).to_have_attribute(
        "data-syncing", "false", timeout=20 * SECONDS
    )
    kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert "ada-secret" not in kept + await page.content()


@pytest.mark.parametrize("provider", ["plaid", "snaptrade"])
async def test_coming_back_with_nothing_says_so(service: Service, page: Page, provider: str) -> None:
    """Ensure whoever leaves is told, sees what he had, and can go on."""
    connections = await _accounts_view(page, service)
    before = await connections.count()
    await page.get_by_test_id(f"connect-{provider}").click()
    await _answer(page, "cancel")
    note = page.get_by_test_id("linking")
    await expect(note).to_have_attribute("data-state", "failed", timeout=15 * SECONDS)
    await note.get_by_role("button", name="Close").click()
    await expect(note).to_have_count(0)
    await expect(connections).to_have_count(before)


async def test_a_login_that_broke_is_repaired(service: Service, page: Page) -> None:
    """Ensure a connection that must be reconnected says so, and its button leads to the provider and to health."""
    connections = await _accounts_view(page, service)
    await service.http.post(
        f"{service.demo.settings.plaid_url}/control/login",
        json={"persona": "ada", "institution": "ins_109508", "working": False},
    )
    await page.get_by_test_id("refresh").click()
    broken = connections.filter(has_text="Reconnect needed")
    await expect(broken).to_have_count(1, timeout=20 * SECONDS)
    await go_to(page, "Overview")
    await page.get_by_test_id("account-problem").first.click()
    await broken.get_by_role("button", name="Reconnect").click()
    await page.locator("button[value=approve]").click(timeout=10 * SECONDS)
    await expect(page.get_by_test_id("linking")).to_have_attribute("data-state", "done", timeout=15 * SECONDS)
    await expect(broken).to_have_count(0, timeout=20 * SECONDS)
