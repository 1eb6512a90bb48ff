"""What people do in the views, in a real browser."""

import csv
import io
import json
import signal
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from realtime.market_hours import market_hours_around
from realtime.store.intraday import write_values
from realtime.store.keys import new_key
from tests.e2e.conftest import Service
from tests.support.browsing import PHONE, SECONDS, browser, go_to, needs_browser, page, signed_in, tab
from tests.support.waiting import wait_until
from tests.support.watching import Watched

__all__ = ["browser", "page"]
pytestmark = needs_browser
_RECORD = """() => {
  window.shown = [];
  const total = document.querySelector("[data-testid=total-value]");
  new MutationObserver(() => window.shown.push(total.textContent))
    .observe(total, { childList: true, characterData: true, subtree: true });
}"""

_GREY_WITHOUT_BANNER = """() => document.querySelector("main.offline") !== null
  && document.querySelector("[data-testid=connection-state]").textContent.startsWith("Lost at")
  && document.querySelector("[data-testid=banner]") === null"""


async def _signed_in(page: Page, service: Service, view: str) -> None:
    await signed_in(page, service.demo.link)
    await go_to(page, view)


async def test_holdings_are_filtered_grouped_and_opened_by_keyboard(service: Service, page: Page) -> None:
    """Ensure search, class, grouping and rows work without a mouse, and groups hold each account's own rows."""
    await _signed_in(page, service, "Holdings")
    rows, groups = page.get_by_test_id("holdings-row"), page.get_by_test_id("group")
    await expect(rows.first).to_be_visible()
    everything = await rows.count()
    await page.keyboard.press("/")
    await page.keyboard.type("apple")
    await expect(rows).not_to_have_count(everything)
    await expect(rows.first).to_contain_text("AAPL")
    await page.keyboard.press("Escape")
    await expect(rows).to_have_count(everything)
    await page.get_by_label("Asset class").select_option("crypto")
    await expect(rows.first).to_contain_text("Crypto")
    await page.get_by_label("Asset class").select_option("")
    await page.get_by_label("Group holdings").select_option("account")
    user_id = await service.user()
    await expect(groups).to_have_count(len(await service.accounts(user_id)), timeout=10 * SECONDS)
    assert await rows.count() > everything
    await page.get_by_label("Group holdings").select_option("none")
    first = rows.first.get_by_role("button")
    await first.focus()
    await page.keyboard.press("j")
    second = rows.nth(1).get_by_role("button")
    await expect(second).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(second).to_have_attribute("aria-expanded", "true")
    await expect(page.locator(".contributions")).to_be_visible()


async def test_holdings_are_saved_as_they_are_shown(service: Service, page: Page, tmp_path: Path) -> None:
    """Ensure the file has the rows of the filter, with the server's own figures."""
    await _signed_in(page, service, "Holdings")
    await page.get_by_label("Asset class").select_option("equity")
    shown = await page.get_by_test_id("holdings-row").count()
    async with page.expect_download() as started:
        await page.get_by_test_id("save-csv").click()
    await (await started.value).save_as(tmp_path / "holdings.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "holdings.csv").read_text())))
    assert len(rows) == shown
    assert {row["class"] for row in rows} == {"equity"}
    for row in rows:
        value = float(row["quantity"]) * float(row["multiplier"]) * float(row["price"])
        assert row["price_currency"] != row["value_currency"] or abs(value - float(row["market_value"])) < 0.01, row


async def test_keys_can_be_looked_up_and_turned_off(service: Service, page: Page) -> None:
    """Ensure single keys lead to views, are listed, and are silent once turned off (WCAG 2.1.4)."""
    await _signed_in(page, service, "Overview")
    await page.keyboard.press("h")
    await expect(page.get_by_test_id("holdings-row").first).to_be_visible()
    await page.keyboard.press("?")
    dialog = page.get_by_test_id("shortcuts")
    await dialog.get_by_role("checkbox").uncheck()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.keyboard.press("o")
    await page.keyboard.press("?")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_test_id("holdings-row").first).to_be_visible()


async def test_the_chart_begins_before_the_page(service: Service, page: Page) -> None:
    """Ensure a page that is opened late shows what the server kept of the day."""
    user_id, now = await service.user(), service.clock.now()
    begun = now.replace(second=0, microsecond=0) - timedelta(minutes=30)
    day = market_hours_around(now).trading_day(now).date
    await write_values(service.pool, day, begun, {user_id: 600_000.0}, {"USD": 1.0})
    await page.goto(service.demo.link)
    await expect(page.get_by_test_id("chart")).to_have_attribute(
        "data-since", str(int(begun.timestamp())), timeout=10 * SECONDS
    )


async def test_a_tab_that_slept_catches_up_in_one_step(service: Service, page: Page) -> None:
    """Ensure what was missed is not played again: the newest values are shown, then what comes."""
    await _signed_in(page, service, "Overview")
    total = page.get_by_test_id("total-value")
    devtools = await page.context.new_cdp_session(page)
    await page.evaluate(_RECORD)
    before = await total.inner_text()
    await devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    watched = await service.watch(await service.user())
    values: set[str] = set()
    await wait_until(lambda: _has_seen(watched, values, 15), deadline_s=20, what="values it misses")
    await devtools.send("Page.setWebLifecycleState", {"state": "active"})
    await expect(total).not_to_have_text(before, timeout=10 * SECONDS)
    shown: list[str] = json.loads(await page.evaluate("JSON.stringify(window.shown)"))
    assert len(shown) <= 6, shown


async def test_a_lost_connection_greys_the_page_at_once(service: Service, page: Page) -> None:
    """Ensure values lose their colour before the banner says why, and regain it."""
    await _signed_in(page, service, "Overview")
    service.demo.kill_stage("broadcaster")
    await page.wait_for_function(_GREY_WITHOUT_BANNER, timeout=10 * SECONDS)
    await expect(page.locator("main.offline")).to_have_count(0, timeout=20 * SECONDS)


async def test_the_operator_sees_a_stage_that_stopped(service: Service, page: Page) -> None:
    """Ensure the operator's view says at once what is wrong, and when it is well again."""
    await _signed_in(page, service, "Operator")
    verdict = page.get_by_test_id("verdict")
    await expect(verdict).to_contain_text("All well", timeout=20 * SECONDS)
    stopped = service.demo.stage_process("sync")
    assert stopped is not None
    stopped.send_signal(signal.SIGSTOP)
    try:
        await expect(verdict).to_contain_text("sync is not running", timeout=20 * SECONDS)
    finally:
        stopped.send_signal(signal.SIGCONT)
    await expect(verdict).not_to_contain_text("sync is not running", timeout=20 * SECONDS)


async def test_the_operator_has_a_job_done_that_was_given_up(service: Service, page: Page) -> None:
    """Ensure every part of the service is shown, and a dead job with its reason and a button that has it done."""
    job, user_id = new_key(), await service.user()
    await service.pool.execute(
        """insert into jobs (id, kind, connection_id, user_id, trigger, state, attempts, last_error, finished_at)
           select $1, 'holdings', id, user_id, 'schedule', 'dead', 7, 'the institution did not answer', now()
           from connections where user_id = $2::uuid and provider = 'alpaca' limit 1""",
        job, user_id,
    )  # fmt: skip
    await service.pool.execute(
        """insert into sync_runs (id, connection_id, user_id, product, trigger, started_at, finished_at, outcome)
           select $1, connection_id, user_id, kind, trigger, now(), now(), 'retry_later' from jobs where id = $2""",
        new_key(), job,
    )  # fmt: skip
    await _signed_in(page, service, "Operator")
    for title in ("Latency", "Market streams", "Alerts", "Jobs given up", "Webhooks", "Stages"):
        await expect(page.get_by_role("heading", name=title).first).to_be_visible(timeout=10 * SECONDS)
    for stage in ("symbol_collector", "calculator", "broadcaster", "sync", "api", "monitor"):
        await expect(page.locator(f"[data-stage={stage}]").first).to_be_visible()
    await expect(page.get_by_role("region", name="Latency").locator("tbody tr").first).to_contain_text("ms")
    jobs = page.get_by_role("region", name="Jobs given up")
    await expect(jobs).to_contain_text("the institution did not answer", timeout=10 * SECONDS)
    await jobs.get_by_role("button", name="Retry holdings of Alpaca").click()
    await expect(page.locator(".operator")).not_to_contain_text("the institution did not answer", timeout=10 * SECONDS)

    async def done() -> bool:
        return bool(await service.pool.fetchval("select state = 'done' from jobs where id = $1", job))

    await wait_until(done, deadline_s=20, what="the job to be done")


async def test_a_phone_has_cards(service: Service, browser: Browser) -> None:
    """Ensure a phone shows cards that open, and can choose their order."""
    async with tab(browser, PHONE, has_touch=True) as page:
        await _signed_in(page, service, "Holdings")
        await page.get_by_label("Sort holdings by").select_option("symbol")
        card = page.get_by_test_id("holdings-row").first
        await card.get_by_role("button").first.tap()
        await expect(card.locator(".contributions")).to_be_visible()


def _has_seen(watched: Watched, values: set[str], count: int) -> bool:
    values.add(str(watched.state("portfolio").get("total_value")))
    return len(values) > count
