"""Jobs that failed for good, over REST: the operator sees why and has them done after all."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.app import Parts
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.store.keys import new_key
from realtime.store.pool import Pool
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import SyncWorld, sync_world


@dataclass(frozen=True)
class Operated:
    world: SyncWorld
    api: Api

    async def ask(self, method: str, path: str, status: int) -> Any:
        headers = {"Authorization": f"Bearer {TOKENS.issue_to_operator(WallClock().now(), 60)}"}
        async with self.api.http.request(method, self.api.url + path, headers=headers) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()


@pytest.fixture
async def operated(postgres_dsn: str, pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Operated]:
    (tmp_path / "index.html").write_text("")
    async with sync_world(
        postgres_dsn, pool, only=("alpaca",), dashboard_dir=tmp_path, websocket_url="ws://127.0.0.1:9/v1"
    ) as world:
        parts = Parts(world.settings, pool, bus, TOKENS, WallClock(), world.parts.providers)
        async with running_api(parts) as api:
            yield Operated(world, api)


async def test_a_dead_job_is_seen_and_done_after_all(operated: Operated) -> None:
    """Ensure the operator is told why it died, names no user, and has it done once the cause is gone; once."""
    world = operated.world
    user = await world.user()
    key = await world.link_alpaca(user)
    await world.run_due()
    await world.pool.execute("update connections set credential = 'garbage'")
    dead = await world.ask(key)
    await world.run_due()
    [listed] = (await operated.ask("GET", "/api/jobs", 200))["jobs"]
    assert (listed["id"], listed["kind"], listed["institution"]) == (str(dead), "holdings", "Alpaca")
    assert (await operated.ask("GET", "/api/status", 200))["jobs"]["dead"] == 1
    assert listed["last_error"]
    assert not {"user", "user_id"} & listed.keys()
    await world.link_alpaca(user)
    await world.pool.execute("delete from jobs where state = 'queued'")
    await operated.ask("POST", f"/api/jobs/{dead}/retry", 202)
    assert (await operated.ask("GET", "/api/jobs", 200))["jobs"] == []
    await world.run_due()
    assert await world.pool.fetchval("select state from jobs where id = $1", dead) == "done"
    refused = await operated.ask("POST", f"/api/jobs/{dead}/retry", 404)
    assert refused["code"] == "unknown_job"


async def test_what_is_no_job_is_said_to_be_none(operated: Operated) -> None:
    """Ensure an invented job and a senseless limit are refused."""
    await operated.ask("POST", f"/api/jobs/{new_key()}/retry", 404)
    await operated.ask("POST", "/api/jobs/nonsense/retry", 422)
    await operated.ask("GET", "/api/jobs?limit=0", 422)
