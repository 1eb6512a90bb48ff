"""POST /api/portfolio/force-sync on the simulated providers, with a worker: done when it answers, and written down."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.app import Parts
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import ConnectionId, UserId
from realtime.store.pool import Pool
from tests.integration.test_api import publish_portfolio
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import SyncWorld, sync_world

PATH = "/api/portfolio/force-sync"


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, only=("plaid",), dashboard_dir=tmp_path, force_sync_wait_s=10.0) as world:
        yield world


@pytest.fixture
async def api(world: SyncWorld, api_pool: Pool, stage_pool: Pool, bus: Bus) -> AsyncIterator[Api]:
    parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers, stage_pool)
    async with running_api(parts) as api:
        yield api


async def linked(world: SyncWorld, user: UserId) -> ConnectionId:
    key = await world.link_plaid(user)
    await world.run_due()
    return key


async def acts_of(world: SyncWorld, user: UserId) -> list[str]:
    rows = await world.pool.fetch("select actor from audit_log where act = 'force_sync' and user_id = $1", user)
    return [row["actor"] for row in rows]


async def as_operator(api: Api, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    bearer = {"Authorization": f"Bearer {api.tokens.issue_to_operator(WallClock().now(), 60)}"}
    async with api.http.post(api.url + PATH, json=body, headers=bearer) as answer:
        assert answer.status == status, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def test_it_answers_when_what_changed_is_here(world: SyncWorld, api: Api, bus: Bus) -> None:
    """Ensure a purchase at the bank is stored when the answer comes, which tells the total; for the user himself."""
    ada = await world.user("ada")
    key = await linked(world, ada)
    await publish_portfolio(bus, ada, "1234.56")
    await world.control("plaid", "holdings", account="ada-brokerage", symbol="AAPL", quantity="4321")
    async with world.working():
        answer = await api.call("POST", PATH, ada, {})
    assert any(held.get("AAPL") == 4321 for held in (await world.holdings(key)).values())
    assert (answer["success"], answer["total_value"]) == (True, 1234.56)
    assert answer["last_updated"] is not None
    assert await acts_of(world, ada) == [f"user:{ada}"]


async def test_a_failure_is_no_success(world: SyncWorld, api: Api) -> None:
    """Ensure a broken login is told, with a total that is unknown and not zero."""
    ada = await world.user("ada")
    await linked(world, ada)
    await world.control("plaid", "login", persona="ada", working=False)
    async with world.working():
        answer = await api.call("POST", PATH, ada)
    assert answer == {"success": False, "total_value": None, "last_updated": None}


async def test_an_operator_does_it_for_a_user(world: SyncWorld, api: Api) -> None:
    """Ensure support names whom it helps, that this is written down as support's, and that users name nobody."""
    ada, grace = await world.user("ada"), await world.user("grace")
    await linked(world, ada)
    async with world.working():
        assert (await as_operator(api, {"user_id": ada}))["success"]
    assert [actor.partition(":")[0] for actor in await acts_of(world, ada)] == ["operator"]
    assert (await as_operator(api, {"user_id": str(uuid4())}, 404))["code"] == "unknown_user"
    await as_operator(api, {}, 401)
    for named in (ada, str(uuid4())):
        assert (await api.call("POST", PATH, grace, {"user_id": named}, 403))["code"] == "operators_only"
    assert len(await acts_of(world, ada)) == 1
