"""Linking over REST, through the providers' own pages, on the real SDKs and the simulated providers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.app import Parts
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.store.pool import Pool
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import BANK, SyncWorld, sync_world


@dataclass(frozen=True)
class Linking:
    """The API over the simulated providers, and two users."""

    world: SyncWorld
    api: Api
    ada: UserId
    grace: UserId

    @property
    def back(self) -> str:
        return f"{self.api.url}/connected"

    async def on_page(self, url: str, **form: str) -> str | None:
        """Do on a provider's page what a person does there; return where it sends the browser."""
        async with self.api.http.get(url) as page:
            assert page.status == 200
        async with self.api.http.post(url, data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return answer.headers["Location"]

    async def link_plaid(self) -> str:
        """Link Ada's bank on Plaid's page; return the connection, refreshed."""
        link = await self.api.call("POST", "/api/plaid/link-token", self.ada, {"redirect_url": self.back})
        assert await self.on_page(link["hosted_link_url"], login=f"ada@{BANK}", action="approve") == self.back
        body = {"link_token": link["link_token"]}
        linked = await self.api.call("POST", "/api/plaid/connect", self.ada, body)
        assert linked["accounts_count"] > 0
        assert linked["institution_name"] == "First Platypus Bank"
        await self.world.run_due()
        connection: str = linked["connection_id"]
        return connection

    async def connections(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.api.get("/api/connections", self.ada))["connections"]
        return found

    async def acts(self) -> list[tuple[str, str]]:
        rows = await self.world.pool.fetch("select act, subject from audit_log order by id")
        return [(row["act"], row["subject"]) for row in rows]


@pytest.fixture
async def linking(postgres_dsn: str, pool: Pool, api_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Linking]:
    (tmp_path / "index.html").write_text("")
    async with sync_world(postgres_dsn, pool, dashboard_dir=tmp_path, websocket_url="ws://127.0.0.1:9/v1") as world:
        parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers)
        async with running_api(parts) as api:
            yield Linking(world, api, await world.user("ada"), await world.user("grace"))


async def test_a_bank_is_linked_on_plaids_page(linking: Linking) -> None:
    """Ensure the whole way: token, page, back, connection, first refresh, accounts; and that it is written down."""
    connection = await linking.link_plaid()
    [shown] = await linking.connections()
    assert (shown["id"], shown["status"], shown["is_syncing"]) == (connection, "active", False)
    accounts = (await linking.api.get("/api/plaid/accounts", linking.ada))["accounts"]
    assert {account["connection_id"] for account in accounts} == {connection}
    balance = await linking.api.get(f"/api/plaid/accounts/{accounts[0]['id']}/balance", linking.ada)
    assert balance["balance"] is not None
    logs = (await linking.api.get("/api/plaid/sync-logs", linking.ada))["sync_logs"]
    assert {log["outcome"] for log in logs} == {"complete"}
    assert await linking.acts() == [("link", connection)]
    assert await linking.api.get("/api/plaid/accounts", linking.grace) == {"accounts": []}
    assert (await linking.api.get("/api/plaid/sync-logs", linking.grace)) == {"sync_logs": [], "next_cursor": None}


async def test_a_link_token_serves_only_whom_it_was_made_for(linking: Linking) -> None:
    """Ensure nobody finishes another's session, and an invented token finishes nothing."""
    link = await linking.api.call("POST", "/api/plaid/link-token", linking.ada, {})
    await linking.api.http.post(link["hosted_link_url"], data={"login": f"ada@{BANK}", "action": "approve"})
    body = {"link_token": link["link_token"]}
    refused = await linking.api.call("POST", "/api/plaid/connect", linking.grace, body, 400)
    assert refused["code"] == "unknown_link_token"
    invented = {"link_token": "link-sandbox-invented"}
    assert (await linking.api.call("POST", "/api/plaid/connect", linking.ada, invented, 400))["code"] == refused["code"]
    await linking.api.call("POST", "/api/plaid/connect", linking.ada, {}, 422)
    assert await linking.connections() == []


async def test_the_browser_is_sent_to_our_own_pages_alone(linking: Linking) -> None:
    """Ensure that no provider's page is made to lead a user somewhere else."""
    for url in ("https://evil.example/", "http://127.0.0.1.evil.example/", "http://me@127.0.0.1/", "javascript:x"):
        for path in ("/api/plaid/link-token", "/api/snaptrade/connection-url"):
            refused = await linking.api.call("POST", path, linking.ada, {"redirect_url": url}, 400)
            assert refused["code"] == "foreign_redirect"


async def test_a_broken_login_is_repaired_on_plaids_page(linking: Linking) -> None:
    """Ensure the same connection works again, with the same accounts."""
    connection = await linking.link_plaid()
    await linking.world.control("plaid", "faults", kind="login_required")
    await linking.api.call("POST", f"/api/connections/{connection}/refresh", linking.ada, status=202)
    await linking.world.run_due()
    [broken] = await linking.connections()
    assert broken["status"] == "reconnect_needed"
    await linking.world.control("plaid", "faults", method="DELETE")
    repair = await linking.api.call("POST", "/api/plaid/link-token", linking.ada, {"connection_id": connection})
    await linking.api.http.post(repair["hosted_link_url"], data={"action": "approve"})
    body = {"link_token": repair["link_token"]}
    assert (await linking.api.call("POST", "/api/plaid/connect", linking.ada, body))["connection_ids"] == []
    await linking.api.call("POST", f"/api/connections/{connection}/refresh", linking.ada, status=202)
    await linking.world.run_due()
    [repaired] = await linking.connections()
    assert (repaired["id"], repaired["status"]) == (connection, "active")


async def test_a_brokerage_is_linked_in_snaptrades_portal(linking: Linking) -> None:
    """Ensure the whole way through the portal, and the way to repair the connection."""
    body = {"connection_type": "read", "broker": "ROBINHOOD", "redirect_url": linking.back}
    url = (await linking.api.call("POST", "/api/snaptrade/connection-url", linking.ada, body))["connection_url"]
    back = await linking.on_page(url, login="ada@ROBINHOOD", action="approve")
    assert back is not None
    assert back.startswith(f"{linking.back}?status=SUCCESS&connection_id=")
    authorization = back.rpartition("=")[2]
    linked = await linking.api.call("POST", "/api/snaptrade/connect", linking.ada, {"authorization_id": authorization})
    await linking.world.run_due()
    [shown] = await linking.connections()
    assert [shown["id"]] == linked["connection_ids"]
    assert (shown["provider"], shown["status"]) == ("snaptrade", "active")
    assert (await linking.api.get("/api/accounts", linking.ada))["accounts"]
    body = {"connection_id": shown["id"]}
    assert (await linking.api.call("POST", "/api/snaptrade/connection-url", linking.ada, body))["connection_url"] != url
    await linking.api.call("POST", "/api/plaid/link-token", linking.ada, body, 404)
    await linking.api.call("POST", "/api/snaptrade/connection-url", linking.grace, body, 404)
    refused = await linking.api.call("POST", "/api/snaptrade/connect", linking.grace, {}, 404)
    assert refused["code"] == "unknown_connection"


async def test_an_ended_connection_is_gone_here_and_at_its_provider(linking: Linking) -> None:
    """Ensure its accounts leave, the login at the provider ends, and nobody else can do it."""
    connection = await linking.link_plaid()
    path = f"/api/connections/{connection}"
    await linking.api.call("DELETE", path, linking.grace, status=404)
    await linking.api.call("POST", f"{path}/refresh", linking.grace, status=404)
    await linking.api.call("POST", "/api/plaid/link-token", linking.grace, {"connection_id": connection}, 404)
    await linking.api.call("GET", f"{path}/sync-logs", linking.grace, status=404)
    await linking.api.call("DELETE", f"/api/plaid/connections/{connection}", linking.grace, status=404)
    assert len(await linking.connections()) == 1
    await linking.api.call("DELETE", f"/api/plaid/connections/{connection}", linking.ada)
    assert await linking.connections() == []
    assert (await linking.api.get("/api/accounts", linking.ada))["accounts"] == []
    assert await linking.acts() == [("link", connection), ("unlink", connection)]
    await linking.api.call("DELETE", path, linking.ada, status=404)


async def test_a_login_without_a_product_of_ours_is_not_linked(linking: Linking) -> None:
    """Ensure 422 at link time, with nothing left behind."""
    token = await linking.world.plaid.link.sandbox_public_token(BANK, "ada", products=("auth",))
    path = "/api/plaid/transactions/exchange"
    refused = await linking.api.call("POST", path, linking.ada, {"public_token": token}, 422)
    assert refused["code"] == "no_product"
    assert await linking.connections() == []
    token = await linking.world.plaid.link.sandbox_public_token(BANK, "ada", products=("transactions",))
    linked = await linking.api.call("POST", path, linking.ada, {"public_token": token})
    assert linked["connection_id"] == (await linking.connections())[0]["id"]
    assert linked["products"] == ["transactions"]


async def test_institutions_are_found_by_name(linking: Linking) -> None:
    """Ensure a search answers names and ids, and wants a word to look for."""
    found = await linking.api.get("/api/plaid/institutions/search?query=Platypus", linking.ada)
    assert BANK in {one["institution_id"] for one in found["institutions"]}
    await linking.api.call("GET", "/api/plaid/institutions/search?query=", linking.ada, status=422)


async def test_a_provider_that_is_not_set_up_is_said_to_be(linking: Linking) -> None:
    """Ensure a server without Plaid's keys answers so, and not with a crash."""
    parts = Parts(linking.api.parts.settings, linking.world.pool, linking.api.parts.bus, TOKENS, WallClock())
    async with running_api(parts) as bare:
        assert (await bare.call("POST", "/api/plaid/link-token", linking.ada, {}, 503))["code"] == "not_set_up"
