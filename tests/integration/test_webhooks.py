"""Webhooks of the simulated providers, carried out: what they say is read again, once, and visibly."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.app import Parts
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import ConnectionId, UserId
from realtime.embedded import free_port
from realtime.store.pool import Pool, as_user
from simulator.plaid_webhooks import body_bytes
from sync.webhooks import WebhookWorker
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import BANK, SyncWorld, sync_world
from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Hooked:
    """Providers whose webhooks reach the API, and a worker for what they mean."""

    world: SyncWorld
    api: Api
    worker: WebhookWorker
    ada: UserId

    async def arrived(self, *codes: str) -> None:
        """Wait until these events are stored."""

        async def stored() -> bool:
            rows = await self.world.pool.fetch("select code from webhook_events")
            return {row["code"] for row in rows} >= set(codes)

        await wait_until(stored, what=f"webhooks {codes}")

    async def carry_out(self) -> None:
        """Process everything that is due, and run the jobs that come of it."""
        while await self.worker.process_next():
            pass
        await self.world.run_due()

    async def triggers(self) -> set[str]:
        return {row["trigger"] for row in await self.world.pool.fetch("select trigger from jobs")}

    async def events(self) -> list[Any]:
        rows: list[Any] = await self.world.pool.fetch("select * from webhook_events order by received_at")
        return rows

    async def shown(self) -> dict[str, Any]:
        [found] = (await self.api.get("/api/connections", self.ada))["connections"]
        connection: dict[str, Any] = found
        return connection


@pytest.fixture
async def hooked(
    postgres_dsn: str, pool: Pool, api_pool: Pool, stage_pool: Pool, bus: Bus, tmp_path: Path
) -> AsyncIterator[Hooked]:
    (tmp_path / "index.html").write_text("")
    port = free_port()
    hook = f"http://127.0.0.1:{port}/webhook/plaid"
    async with sync_world(
        postgres_dsn, pool, dashboard_dir=tmp_path, websocket_url="ws://127.0.0.1:9/v1", plaid_webhook_url=hook
    ) as world:
        await world.control("snaptrade", "webhook", url=f"http://127.0.0.1:{port}/api/snaptrade/webhook")
        parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers, stage_pool)
        async with running_api(parts, port) as api:
            yield Hooked(world, api, WebhookWorker(world.parts), await world.user("ada"))


async def test_changed_holdings_at_plaid_are_read_again(hooked: Hooked) -> None:
    """Ensure a purchase at the bank is here after its webhook, with nobody asking."""
    key = await hooked.world.link_plaid(hooked.ada)
    await hooked.world.run_due()
    before = await hooked.world.holdings(key)
    await hooked.world.control("plaid", "holdings", account="ada-brokerage", symbol="AAPL", quantity="4321")
    await hooked.arrived("DEFAULT_UPDATE")
    await hooked.carry_out()
    after = await hooked.world.holdings(key)
    assert after != before
    assert any(held.get("AAPL") == 4321 for held in after.values())
    assert "webhook" in await hooked.triggers()
    assert {event["state"] for event in await hooked.events()} <= {"done", "queued"}
    health = await hooked.api.get("/webhook/plaid/health", hooked.ada)
    assert health["status"] == "ok"
    assert any(row["done_count"] for row in health["last_24_hours"])


async def test_changed_bank_lines_are_read_again(hooked: Hooked) -> None:
    """Ensure a payment is here after its webhook, with nobody asking."""
    await hooked.world.link_plaid(hooked.ada, products=("investments", "transactions"))
    await hooked.world.run_due()
    await hooked.world.control("plaid", "bank", account="ada-checking", act="added", name="LUNCH", amount="12.50")
    await hooked.arrived("SYNC_UPDATES_AVAILABLE")
    await hooked.carry_out()
    found = await hooked.world.pool.fetch("select amount from bank_transactions where name = 'LUNCH'")
    assert [row["amount"] for row in found] == [Decimal("-12.50")]


async def test_changed_holdings_at_snaptrade_are_read_again(hooked: Hooked) -> None:
    """Ensure the same for a brokerage."""
    key = await hooked.world.link_snaptrade(hooked.ada)
    await hooked.world.run_due()
    account = next(name for name in await hooked.world.truth("snaptrade") if name.startswith("ada"))
    await hooked.world.control("snaptrade", "holdings", account=account, symbol="AAPL", quantity="4321")
    await hooked.arrived("ACCOUNT_HOLDINGS_UPDATED")
    await hooked.carry_out()
    assert any(held.get("AAPL") == 4321 for held in (await hooked.world.holdings(key)).values())


async def test_a_broken_login_and_its_repair_are_told_by_webhook(hooked: Hooked) -> None:
    """Ensure Plaid's word on a login reaches the user, whatever the schedule."""
    await hooked.world.link_plaid(hooked.ada)
    await hooked.world.run_due()
    await hooked.world.control("plaid", "login", persona="ada", working=False)
    await hooked.arrived("ERROR")
    await hooked.carry_out()
    assert (await hooked.shown())["status"] == "reconnect_needed"
    await hooked.world.control("plaid", "login", persona="ada", working=True)
    await hooked.arrived("LOGIN_REPAIRED")
    await hooked.carry_out()
    assert (await hooked.shown())["status"] == "active"
    assert (await hooked.shown())["error_code"] is None


async def test_a_broken_brokerage_and_its_repair_are_told_by_webhook(hooked: Hooked) -> None:
    """Ensure the same for SnapTrade's connections."""
    await hooked.world.link_snaptrade(hooked.ada)
    await hooked.world.run_due()
    await hooked.world.control("snaptrade", "connections", persona="ada", disabled=True)
    await hooked.arrived("CONNECTION_BROKEN")
    await hooked.carry_out()
    assert (await hooked.shown())["status"] == "reconnect_needed"
    await hooked.world.control("snaptrade", "connections", persona="ada", disabled=False)
    await hooked.arrived("CONNECTION_FIXED")
    await hooked.carry_out()
    assert (await hooked.shown())["status"] == "active"


async def test_what_will_be_wrong_soon_is_said_until_it_is_repaired(hooked: Hooked) -> None:
    """Ensure a warning survives refreshes, which go on working, and ends with the repair."""
    key = await hooked.world.link_plaid(hooked.ada)
    await hooked.world.run_due()
    await _tell(hooked, key, "ITEM", "PENDING_DISCONNECT")
    assert ((await hooked.shown())["status"], (await hooked.shown())["error_code"]) == ("active", "PENDING_DISCONNECT")
    await hooked.world.ask(key)
    await hooked.world.run_due()
    assert (await hooked.shown())["error_code"] == "PENDING_DISCONNECT"
    await _tell(hooked, key, "ITEM", "LOGIN_REPAIRED")
    assert (await hooked.shown())["error_code"] is None


async def test_a_session_whose_browser_never_came_back_is_linked(hooked: Hooked) -> None:
    """Ensure a closed tab loses nothing, and that the browser that does come back is not disturbed."""
    link = await hooked.api.call("POST", "/api/plaid/link-token", hooked.ada, {})
    await hooked.api.http.post(link["hosted_link_url"], data={"login": f"ada@{BANK}", "action": "approve"})
    await hooked.arrived("SESSION_FINISHED")
    assert not await hooked.worker.process_next()
    await hooked.world.pool.execute("update webhook_events set due_at = now()")
    await hooked.carry_out()
    assert (await hooked.shown())["institution"] == "First Platypus Bank"
    [event] = [event for event in await hooked.events() if event["code"] == "SESSION_FINISHED"]
    assert "public_tokens" not in event["body"]
    assert event["state"] == "done"


async def test_an_event_about_nobody_is_kept_and_seen(hooked: Hooked) -> None:
    """Ensure an Item that we do not have, which is still billed, does not go unnoticed."""
    key = await hooked.world.link_plaid(hooked.ada)
    await hooked.world.run_due()
    await _tell(hooked, key, "HOLDINGS", "DEFAULT_UPDATE", item="an item of nobody's")
    [event] = [event for event in await hooked.events() if event["provider_connection_id"] == "an item of nobody's"]
    assert event["state"] == "dead"
    assert event["error"].startswith("unknown_connection")
    assert (await hooked.api.get("/webhook/plaid/health", hooked.ada))["status"] == "failing"


async def test_events_are_their_users_alone(hooked: Hooked, pool: Pool) -> None:
    """Ensure the view that was asked for has its columns, and shows nobody another's events."""
    await hooked.world.link_plaid(hooked.ada)
    grace = await hooked.world.user("grace")
    await hooked.world.control("plaid", "holdings", account="ada-brokerage", symbol="AAPL", quantity="4321")
    await hooked.arrived("DEFAULT_UPDATE")
    await hooked.carry_out()
    columns = "webhook_type, webhook_code, item_id, processed_at, processing_duration_ms, success, error_message"
    for user, sees in ((hooked.ada, True), (grace, False)):
        async with as_user(pool, user) as connection:
            rows = await connection.fetch(f"select {columns}, raw_payload from plaid_webhook_events")
            assert bool(rows) is sees
            assert any(row["success"] and row["processed_at"] for row in rows) is sees


async def _tell(hooked: Hooked, key: ConnectionId, kind: str, code: str, item: str | None = None) -> None:
    """Store an event as if Plaid had sent it, and carry it out."""
    item = item or await hooked.world.pool.fetchval("select provider_connection_id from connections where id = $1", key)
    body = body_bytes({"webhook_type": kind, "webhook_code": code, "item_id": item, "environment": "sandbox"}).decode()
    await hooked.world.pool.execute(
        """insert into webhook_events (id, provider, event_key, signature_digest, type, code, provider_connection_id,
           body) values (gen_random_uuid(), 'plaid', $1, 'x', $2, $3, $4, $5::text::jsonb)""",
        f"{code} {item}",
        kind,
        code,
        item,
        body,
    )
    await hooked.carry_out()
