"""Linking over REST: through the simulated providers' own pages, with their real SDKs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from api.app import create_app
from api.parts import Parts
from api.serving import serving
from realtime.auth import Tokens
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.store.pool import Pool
from tests.support.syncing import BANK, SyncWorld, sync_world

SECRET = "a secret of more than thirty-two bytes, for tests"


@dataclass(frozen=True)
class Linking:
    url: str
    http: aiohttp.ClientSession
    tokens: Tokens
    world: SyncWorld

    async def call(self, method: str, path: str, user: UserId, body: object = None, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens.issue(user, WallClock().now(), 60)}"}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def submit(self, url: str, **form: str) -> str:
        """Answer a provider's page; return where it leads."""
        async with self.http.post(url, data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return str(answer.headers["Location"])


@pytest.fixture
async def linking(postgres_dsn: str, pool: Pool, api_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Linking]:
    tokens = Tokens(SECRET, "navstream", "navstream")
    async with sync_world(postgres_dsn, pool, only=("plaid", "snaptrade")) as world:
        parts = Parts(
            world.settings.model_copy(update={"websocket_url": "ws://127.0.0.1:9/v1", "dashboard_dir": tmp_path}),
            api_pool, bus, tokens, WallClock(), world.parts.providers,
        )  # fmt: skip
        async with serving(create_app(parts), "127.0.0.1", 0) as server, aiohttp.ClientSession() as http:
            port = server.servers[0].sockets[0].getsockname()[1]
            yield Linking(f"http://127.0.0.1:{port}", http, tokens, world)


async def _connections(linking: Linking, user: UserId) -> list[dict[str, Any]]:
    connections: list[dict[str, Any]] = (await linking.call("GET", "/api/connections", user))["connections"]
    return connections


async def test_plaid_is_linked_refreshed_repaired_and_removed(linking: Linking) -> None:
    """Ensure a user gets through Plaid's own page and back, and nobody else can touch his connection."""
    ada, bob = await linking.world.user("ada"), await linking.world.user("bob")
    back = f"{linking.url}/?linked=plaid"
    begun = await linking.call("POST", "/api/plaid/link-token", ada, {"redirect_url": back})
    assert await linking.submit(begun["hosted_link_url"], login=f"ada@{BANK}", action="approve") == back
    kept = await linking.call("POST", "/api/plaid/connect", ada, {"link_token": begun["link_token"]})
    [connection] = await _connections(linking, ada)
    assert kept["connection_ids"] == [connection["id"]]
    assert connection["is_syncing"]
    path = f"/api/connections/{connection['id']}"
    for method, where in (("DELETE", path), ("DELETE", f"/api/plaid{path[4:]}"), ("POST", f"{path}/refresh")):
        await linking.call(method, where, bob, status=404)
    await linking.call("POST", "/api/plaid/link-token", bob, {"connection_id": connection["id"]}, status=404)
    await linking.call("POST", f"{path}/refresh", ada, status=202)
    repair = {"connection_id": connection["id"], "redirect_url": back}
    repaired = await linking.call("POST", "/api/plaid/link-token", ada, repair)
    assert await linking.submit(repaired["hosted_link_url"], action="approve") == back
    await linking.call("DELETE", path, ada)
    assert await _connections(linking, ada) == []


async def test_leaving_plaids_page_connects_nothing(linking: Linking) -> None:
    """Ensure a session that ended without a login is told so."""
    ada = await linking.world.user("ada")
    begun = await linking.call("POST", "/api/plaid/link-token", ada, {"redirect_url": f"{linking.url}/"})
    await linking.submit(begun["hosted_link_url"], action="cancel")
    kept = await linking.call("POST", "/api/plaid/connect", ada, {"link_token": begun["link_token"]})
    assert kept["connection_ids"] == []
    assert await _connections(linking, ada) == []


async def test_snaptrade_is_linked_through_its_portal(linking: Linking) -> None:
    """Ensure the portal leads back with its outcome, and the connection is kept for whoever opened it."""
    ada = await linking.world.user("ada")
    back = f"{linking.url}/?linked=snaptrade"
    asked = {"broker": "ROBINHOOD", "redirect_url": back}
    url = (await linking.call("POST", "/api/snaptrade/connection-url", ada, asked))["connection_url"]
    led_to = await linking.submit(url, persona="ada", broker="ROBINHOOD", action="approve")
    query = parse_qs(urlsplit(led_to).query)
    assert query["linked"] == ["snaptrade"]
    assert query["status"] == ["SUCCESS"]
    kept = await linking.call("POST", "/api/snaptrade/connect", ada, {"authorization_id": query["connection_id"][0]})
    [connection] = await _connections(linking, ada)
    assert (kept["connection_ids"], connection["provider"]) == ([connection["id"]], "snaptrade")
    await linking.call("DELETE", f"/api/connections/{connection['id']}", ada)
    assert await _connections(linking, ada) == []


@pytest.mark.parametrize("path", ["/api/plaid/link-token", "/api/snaptrade/connection-url"])
@pytest.mark.parametrize("redirect", ["https://elsewhere.example/", "javascript:alert(1)", "//elsewhere.example"])
async def test_a_link_of_ours_leads_nowhere_else(linking: Linking, path: str, redirect: str) -> None:
    """Ensure nobody is sent to a foreign page from a provider's."""
    ada = await linking.world.user("ada")
    refused = await linking.call("POST", path, ada, {"redirect_url": redirect}, status=400)
    assert refused["code"] == "foreign_redirect"


async def test_a_provider_that_is_not_set_up_says_so(linking: Linking, bus: Bus) -> None:
    """Ensure a service without a provider's credentials offers and does nothing of it."""
    ada = await linking.world.user("ada")
    parts = Parts(linking.world.settings, linking.world.pool, bus, linking.tokens, WallClock())
    async with serving(create_app(parts), "127.0.0.1", 0) as server:
        port = server.servers[0].sockets[0].getsockname()[1]
        bare = Linking(f"http://127.0.0.1:{port}", linking.http, linking.tokens, linking.world)
        assert (await bare.call("GET", "/api/config", ada))["providers"] == []
        refused = await bare.call("POST", "/api/plaid/link-token", ada, {}, status=503)
    assert refused["code"] == "not_set_up"
