"""How the page is shown: theme, hidden amounts, the day as a table, and what each kind of mark says."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Service
from tests.support.browsing import DESK, SECONDS, browser, go_to, needs_browser, page, signed_in, tab, violations
from tests.support.made_up_stream import made_up_stream

__all__ = ["browser", "page"]
pytestmark = needs_browser
_AMOUNT = re.compile(r"[$€£]\s?[\d,]+")
_CHANGE = re.compile("[+\u2212]?" + r"\$[\d,.]+ \(" + "[+\u2212]?" + r"[\d.]+%\)")
_PAGE_COLOR = "getComputedStyle(document.body).backgroundColor"
_LIGHT, _DARK = "rgb(245, 246, 248)", "rgb(11, 14, 20)"
_LOOK = """chip => { const of = getComputedStyle(chip);
  return [of.color, of.backgroundColor, of.borderTopStyle, of.borderTopColor].join(" "); }"""


async def test_the_theme_is_chosen_by_button_and_key_and_remembered(service: Service, browser: Browser) -> None:
    """Ensure system, light and dark follow each other, a choice outlives a reload, and axe is content with each."""
    async with tab(browser, DESK, "dark") as page:
        await signed_in(page, service.demo.link)
        theme = page.get_by_test_id("theme")
        assert await page.evaluate(_PAGE_COLOR) == _DARK, "the system's theme"
        await theme.focus()
        await page.keyboard.press("Enter")
        await expect(theme).to_have_accessible_name("Theme: Light")
        await page.reload()
        assert await page.evaluate(_PAGE_COLOR) == _LIGHT
        await expect(theme).to_have_accessible_name("Theme: Light", timeout=10 * SECONDS)
        assert await violations(page) == []
        await page.emulate_media(color_scheme="light")
        await page.keyboard.press("t")
        await expect(theme).to_have_accessible_name("Theme: Dark")
        assert await page.evaluate(_PAGE_COLOR) == _DARK
        assert await violations(page) == []
        await page.keyboard.press("t")
        await expect(theme).to_have_accessible_name("Theme: System")
        assert await page.evaluate(_PAGE_COLOR) == _LIGHT


async def test_hidden_amounts_are_nowhere_and_stay_hidden(service: Service, page: Page) -> None:
    """Ensure one key hides every amount in every view, for eyes and for screen readers, over a reload too."""
    await signed_in(page, service.demo.link)
    privacy, total = page.get_by_test_id("privacy"), page.get_by_test_id("total-value")
    await page.keyboard.press("p")
    await expect(privacy).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(total).to_have_text("•••••", timeout=10 * SECONDS)
    await expect(page.get_by_test_id("day-change")).to_have_text(re.compile(r"•••••.*%"))
    assert not _AMOUNT.search(await page.get_by_test_id("chart").get_attribute("aria-label") or "")
    await page.get_by_role("button", name="Table", exact=True).click()
    await expect(page.get_by_test_id("day-table")).to_contain_text("•••••")
    assert not _AMOUNT.search(await _text(page)), "an amount in the overview"
    await page.get_by_role("button", name="Why this number? Total value").click()
    await expect(page.get_by_test_id("explain")).to_contain_text("Sum of the lines", timeout=5 * SECONDS)
    await expect(page.get_by_test_id("explain").locator("tfoot")).to_contain_text("•••••")
    assert not _AMOUNT.search(await page.get_by_test_id("explain").locator("tfoot").inner_text())
    await page.keyboard.press("Escape")
    await go_to(page, "Accounts")
    await expect(page.get_by_test_id("connection-row").first).to_be_visible()
    assert not _AMOUNT.search(await _text(page)), "an amount among the accounts"
    await go_to(page, "Holdings")
    row = page.get_by_test_id("holdings-row").filter(has_text="AAPL").first
    cells = await row.locator("td.number").all_inner_texts()
    assert ["•••••" in cell for cell in cells] == [True, False, True, True, True, True], cells
    await page.keyboard.press("p")
    await expect(row.locator("td.number").nth(2)).to_contain_text("$")
    await go_to(page, "Overview")
    await expect(total).to_contain_text("$")


async def test_the_day_is_a_table_too(service: Service, page: Page) -> None:
    """Ensure a keyboard gets from the line to a table with the same total, its session and its change, and back."""
    await signed_in(page, service.demo.link)
    await expect(page.get_by_test_id("chart")).to_have_attribute(
        "aria-label", re.compile("lowest .* highest .*Previous")
    )
    choice = page.get_by_role("group", name="The day as")
    await choice.get_by_role("button", name="Table").focus()
    await page.keyboard.press("Space")
    table = page.get_by_test_id("day-table")
    newest = table.locator("tbody tr").first
    await expect(newest).to_contain_text("Regular")
    await expect(newest).to_contain_text(_CHANGE)
    assert await violations(page) == []
    await table.focus()
    await expect(table).to_be_focused()
    await choice.get_by_role("button", name="Chart").click()
    await expect(page.get_by_test_id("chart")).to_be_visible()


async def test_the_market_counts_down(service: Service, page: Page) -> None:
    """Ensure the session and the time to its end are shown, and go on by the second."""
    await signed_in(page, service.demo.link)
    state = page.get_by_test_id("market-state")
    await expect(state).to_contain_text("Market open")
    await expect(state).to_contain_text(re.compile(r"closes in \d+ (h|min)"))
    clock = state.locator("time")
    before = await clock.inner_text()
    await expect(clock).not_to_have_text(before, timeout=5 * SECONDS)


@pytest.fixture
def made_up() -> Iterator[str]:
    with made_up_stream() as link:
        yield link


KINDS = {
    "GME": ("stale", "Stale", "No new price for a while although the market is open."),
    "SHOP": ("estimated", "Close Nov 19", "Valued at the official close of Nov 19: no price since."),
    "912828YK0": ("provider", "Institution", "Estimated: valued at the institution\u2019s own price"),
    "ZZPRIV": ("unpriced", "No price", "Left out of the total: no usable price is known."),
}


async def test_each_kind_of_mark_looks_different_and_says_why(made_up: str, page: Page) -> None:
    """Ensure stale, estimated, provider-priced and unpriced differ, and tell the reason on hover, focus and aloud."""
    await signed_in(page, made_up)
    await go_to(page, "Holdings")
    tip, looks = page.get_by_test_id("tip"), {}
    for symbol, (kind, label, reason) in KINDS.items():
        chip = page.locator(f"[data-symbol='{symbol}'] .chip")
        await expect(chip).to_have_class(f"chip chip-{kind}")
        await expect(chip).to_contain_text(label)
        await expect(chip.locator(".sr-only")).to_contain_text(reason)
        looks[kind] = await chip.evaluate(_LOOK)
        await chip.hover()
        await expect(tip).to_contain_text(reason)
        await page.mouse.move(0, 0)
        await expect(tip).to_have_count(0)
        await _focus_by_keyboard(page, chip)
        await expect(tip).to_contain_text(reason)
        await page.keyboard.press("Escape")
        await expect(tip).to_have_count(0)
    assert len(set(looks.values())) == len(KINDS), looks
    await expect(page.locator("[data-symbol=AAPL] .chip")).to_have_count(0)
    assert await page.locator("[data-symbol=ZZPRIV] td.number").nth(2).inner_text() == "—", "unknown is never zero"


async def test_a_change_that_is_not_whole_says_so(made_up: str, page: Page) -> None:
    """Ensure a day change without some holdings is marked, tells why, and its baseline is not told as exact."""
    await signed_in(page, made_up)
    change = page.get_by_test_id("day-change")
    await expect(change).to_have_class(re.compile("doubtful"))
    await expect(change).to_contain_text("Known for a part of the holdings only.")
    await change.focus()
    await change.hover()
    await expect(page.get_by_test_id("tip")).to_contain_text("Known for a part")
    await expect(page.locator(".legend-close")).to_contain_text("about $")


async def _focus_by_keyboard(page: Page, chip: Locator) -> None:
    """Tab from the row's button to its chip."""
    await chip.locator("xpath=ancestor::tr").get_by_role("button").first.focus()
    await page.keyboard.press("Tab")
    await expect(chip).to_be_focused()


async def _text(page: Page) -> str:
    return await page.locator("#app").inner_text()
