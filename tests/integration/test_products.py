"""Products over REST: read now, always 200, and page through; on the real SDKs and the simulated providers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.parts import Parts
from api.product_sync import sync_now
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import ConnectionId, UserId
from realtime.domain.flag import Flag
from realtime.store.flags import set_flag
from realtime.store.jobs import JobKind
from realtime.store.pool import Pool, open_pool
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import SyncWorld, sync_world

SYNC = "/api/products/{}/transactions/sync"
NOTHING_NEW = {"updated": False, "errors": []}


@dataclass(frozen=True)
class Linked:
    """A user with a bank and a broker at Plaid, everything read once, and another one with nothing."""

    world: SyncWorld
    api: Api
    ada: UserId
    grace: UserId
    connection: ConnectionId

    async def sync(self, product: str, user: UserId | None = None) -> Any:
        async with self.world.working():
            return await self.api.call("POST", SYNC.format(product), user or self.ada)

    async def page(self, query: str = "", user: UserId | None = None) -> Any:
        return await self.api.get(f"/api/plaid/transactions?{query}", user or self.ada)


@pytest.fixture
async def linked(postgres_dsn: str, pool: Pool, api_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Linked]:
    settings: dict[str, Any] = {"dashboard_dir": tmp_path, "websocket_url": "ws://127.0.0.1:9/v1"}
    async with sync_world(postgres_dsn, pool, only=("plaid",), **settings) as world:
        ada, grace = await world.user("ada"), await world.user("grace")
        connection = await world.link_plaid(ada, products=("investments", "transactions"))
        await world.run_due()
        parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers)
        async with running_api(parts) as api:
            yield Linked(world, api, ada, grace, connection)


async def test_what_is_new_is_said_once(linked: Linked) -> None:
    """Ensure that a payment makes one answer true, and that the same state is answered the same."""
    assert await linked.sync("transactions") == NOTHING_NEW
    await linked.world.control("plaid", "bank", account="ada-checking", act="added", name="LUNCH", amount="12.50")
    assert await linked.sync("transactions") == {"updated": True, "errors": []}
    assert await linked.sync("transactions") == await linked.sync("transactions") == NOTHING_NEW
    assert (await linked.page("limit=500"))["transactions"][0].keys() >= {"id", "name", "amount", "date", "category"}


async def test_investments_are_a_product_too(linked: Linked) -> None:
    """Ensure the same for what a broker did, in the shape of its product."""
    assert await linked.sync("investments") == NOTHING_NEW
    await linked.world.control("plaid", "activities", account="ada-brokerage", symbol="AAPL", count=2)
    assert await linked.sync("investments") == {"updated": True, "errors": []}
    assert await linked.sync("investments") == NOTHING_NEW
    page = await linked.api.get("/api/products/investments/transactions?limit=2", linked.ada)
    assert [line["symbol"] for line in page["transactions"]] == ["AAPL", "AAPL"]
    assert {line["type"] for line in page["transactions"]} == {"buy", "sell"}
    assert page["total_count"] > 2


async def test_product_that_nobody_has_is_no_error(linked: Linked) -> None:
    """Ensure that a user without such accounts is answered, and that an unknown product is named."""
    assert await linked.sync("liabilities") == NOTHING_NEW
    assert await linked.sync("transactions", linked.grace) == NOTHING_NEW
    unknown = await linked.sync("horoscopes")
    assert unknown["updated"] is False
    assert "transactions, investments, liabilities" in unknown["errors"][0]
    refused = await linked.api.call("GET", "/api/products/horoscopes/transactions", linked.ada, status=404)
    assert refused["code"] == "unknown_product"


@pytest.mark.parametrize(
    ("fault", "said"),
    [("login_required", "First Platypus Bank: "), ("institution_down", "First Platypus Bank: "), ("unavailable", "")],
)
async def test_failure_is_answered_with_its_reason(linked: Linked, fault: str, said: str) -> None:
    """Ensure 200 and a sentence whatever the provider does, without a secret, and nothing lost."""
    before = (await linked.page())["total_count"]
    await linked.world.control("plaid", "faults", kind=fault, path="/transactions/sync")
    answer = await linked.sync("transactions")
    assert answer["updated"] is False
    [error] = answer["errors"]
    assert error.startswith(said)
    assert "access-sandbox" not in error
    assert (await linked.page())["total_count"] == before


async def test_what_is_switched_off_is_said(linked: Linked) -> None:
    """Ensure that flags hold for requests too, and that the flag of investments does not stop a bank's lines."""
    await linked.world.control("plaid", "bank", account="ada-checking", act="added", name="LUNCH", webhook=False)
    await set_flag(linked.world.pool, linked.ada, Flag.PLAID_INVESTMENT_SYNC, False, "test")
    assert await linked.sync("investments") == {"updated": False, "errors": ["First Platypus Bank: switched off"]}
    assert await linked.sync("transactions") == {"updated": True, "errors": []}
    await set_flag(linked.world.pool, linked.ada, Flag.AGGREGATION_MODE, False, "test")
    assert await linked.sync("transactions") == {"updated": False, "errors": ["First Platypus Bank: switched off"]}


async def test_sync_that_takes_long_goes_on(linked: Linked) -> None:
    """Ensure that nobody waits for ever, that the job stays, and that a database without an answer is said."""
    who = (linked.ada, JobKind.BANK_TRANSACTIONS, ("transactions",))
    impatient = linked.world.settings.model_copy(update={"product_sync_wait_s": 0.2})
    answer = await sync_now(replace(linked.api.parts, settings=impatient), *who)
    assert answer.errors == ["First Platypus Bank: not read yet; it goes on"]
    assert await linked.world.run_due() == 1
    async with open_pool("postgresql://navstream@127.0.0.1:9/none", connections_min=0) as nowhere:
        answer = await sync_now(replace(linked.api.parts, pool=nowhere), *who)
    assert (answer.updated, len(answer.errors)) == (False, 1)
    assert answer.errors[0].startswith("database unreachable")


async def test_bank_lines_are_paged_and_filtered(linked: Linked) -> None:
    """Ensure that pages hold every line once, newest first, and that days bound them on both sides."""
    whole = await linked.page("limit=500")
    lines: list[Any] = whole["transactions"]
    seen: list[Any] = []
    assert len(lines) == whole["total_count"] > 100
    while len(seen) < whole["total_count"]:
        page = await linked.page(f"limit=50&offset={len(seen)}")
        assert (page["limit"], page["offset"], page["total_count"]) == (50, len(seen), whole["total_count"])
        seen += page["transactions"]
    assert seen == lines
    assert [line["date"] for line in lines] == sorted((line["date"] for line in lines), reverse=True)
    middle = lines[len(lines) // 2]["date"]
    day = await linked.page(f"start_date={middle}&end_date={middle}&limit=500")
    assert day["transactions"] == [line for line in lines if line["date"] == middle]
    rent = next(line for line in lines if line["name"] == "RENT PAYMENT")
    assert (Decimal(rent["amount"]), rent["merchant_name"], rent["pending"]) == (Decimal(-2150), None, False)
    assert rent["category"] == ["RENT_AND_UTILITIES", "RENT_AND_UTILITIES_RENT"]


async def test_bad_filters_are_refused(linked: Linked) -> None:
    """Ensure that a mistake is named, not taken for an empty list."""
    path = "/api/plaid/transactions?"
    refused = await linked.api.call("GET", f"{path}start_date=2026-02-01&end_date=2026-01-01", linked.ada, status=400)
    assert refused["code"] == "days_reversed"
    for query in ("limit=0", "limit=501", "offset=-1", "start_date=yesterday", "start_date=0"):
        await linked.api.call("GET", path + query, linked.ada, status=422)


async def test_wrong_user_sees_and_reads_nothing(linked: Linked) -> None:
    """Ensure that another user's lines are not there for him, and that his sync asks for none of them."""
    jobs = await linked.world.pool.fetchval("select count(*) from jobs")
    for path in ("/api/plaid/transactions", "/api/products/transactions/transactions"):
        page = await linked.api.get(path, linked.grace)
        assert (page["transactions"], page["total_count"]) == ([], 0)
    assert await linked.api.call("POST", "/api/plaid/transactions/sync", linked.grace) == NOTHING_NEW
    assert await linked.world.pool.fetchval("select count(*) from jobs") == jobs


async def test_plaids_cursor_sync_over_rest(linked: Linked) -> None:
    """Ensure that the cursor sync runs on request."""
    await linked.world.control("plaid", "bank", account="ada-checking", act="added", name="LUNCH", webhook=False)
    async with linked.world.working():
        answer = await linked.api.call("POST", "/api/plaid/transactions/sync", linked.ada)
    assert answer == {"updated": True, "errors": []}
    logs = (await linked.api.get("/api/plaid/sync-logs", linked.ada))["sync_logs"]
    assert (logs[0]["product"], logs[0]["trigger"]) == ("bank_transactions", "request")
