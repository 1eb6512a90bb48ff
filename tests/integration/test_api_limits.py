"""Rate limits of the API on a real Valkey: whose requests count for whom, what a refusal says, what is exempt."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from api.app import Parts
from realtime.bus.client import Bus, open_bus
from realtime.clock import WallClock
from realtime.settings import Settings
from realtime.store.pool import Pool
from tests.integration.test_api import add_person, problem_of
from tests.support.api import TOKENS, Api, running_api
from tests.support.broadcasting import add_user


@asynccontextmanager
async def limited(pool: Pool, bus: Bus, files: Path, **rates: int) -> AsyncIterator[Api]:
    """The API with low limits; what is not said is far away."""
    chosen: dict[str, Any] = {f"rate_{name}_per_min": per_min for name, per_min in rates.items()}
    settings = Settings(websocket_url="ws://127.0.0.1:9/v1", dashboard_dir=files, **chosen)
    async with running_api(Parts(settings, pool, bus, TOKENS, WallClock())) as api:
        yield api


async def refused(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    assert answer.status == 429, await answer.text()
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    problem = await problem_of(answer)
    assert problem["code"] == "rate_limited"
    return problem


async def test_a_user_has_his_own_limit_in_all_processes(pool: Pool, bus: Bus, tmp_path: Path) -> None:
    """Ensure requests count together whoever serves them, headers say what is left, and others are not concerned."""
    ada, grace = await add_person(pool, "Ada"), await add_person(pool, "Grace")
    async with limited(pool, bus, tmp_path, user=3) as one, limited(pool, bus, tmp_path, user=3) as other:
        for api, left in ((one, 2), (other, 1), (one, 0)):
            async with api.http.get(f"{api.url}/api/accounts", headers=api.bearer(ada.user_id)) as answer:
                assert answer.status == 200
                assert answer.headers["RateLimit-Policy"] == '"user";q=3;w=60'
                assert answer.headers["RateLimit"].startswith(f'"user";r={left};t=')
        async with other.http.get(f"{other.url}/api/accounts", headers=other.bearer(ada.user_id)) as answer:
            await refused(answer)
            assert answer.headers["Content-Security-Policy"]
        await other.get("/api/accounts", grace.user_id)


async def test_writes_have_a_limit_of_their_own(pool: Pool, bus: Bus, tmp_path: Path) -> None:
    """Ensure what asks providers is bounded while reading goes on, and a refused request does nothing."""
    ada = await add_person(pool, "Ada")
    async with limited(pool, bus, tmp_path, writes=1) as api:
        await api.call("POST", "/api/portfolio/refresh", ada.user_id, {}, 202)
        await pool.execute("delete from jobs")
        refusal = await api.call("POST", "/api/portfolio/refresh", ada.user_id, {}, 429)
        assert "writes" in refusal["detail"]
        assert await pool.fetchval("select count(*) from jobs") == 0
        await api.get("/api/accounts", ada.user_id)


async def test_an_address_has_a_limit_without_a_token(pool: Pool, bus: Bus, tmp_path: Path) -> None:
    """Ensure guessing tokens is bounded by address: the one that a trusted proxy names, where there is one."""
    async with limited(pool, bus, tmp_path, address=2) as api:
        for status in (401, 401, 429):
            async with api.http.get(f"{api.url}/api/accounts", headers={"Authorization": "Bearer guessed"}) as answer:
                assert answer.status == status
        for status in (401, 401, 429):
            async with api.http.get(f"{api.url}/api/accounts", headers={"X-Forwarded-For": "203.0.113.7"}) as answer:
                assert answer.status == status


async def test_codes_of_sign_in_links_cannot_be_guessed_at_will(pool: Pool, bus: Bus, tmp_path: Path) -> None:
    """Ensure signing in is bounded, and nothing else of that address with it."""
    async with limited(pool, bus, tmp_path, sign_in=2) as api:
        for status in (401, 401, 429):
            async with api.http.post(f"{api.url}/api/session", json={"code": "guessed"}) as answer:
                assert answer.status == status
        async with api.http.get(f"{api.url}/api/config") as answer:
            assert answer.status == 200


async def test_health_webhooks_and_files_are_not_limited(pool: Pool, bus: Bus, tmp_path: Path) -> None:
    """Ensure a burst of webhooks gets through, and a load balancer is always answered."""
    (tmp_path / "index.html").write_text("")
    async with limited(pool, bus, tmp_path, address=1) as api:
        for method, path, status in (("GET", "/health", 200), ("POST", "/webhook/plaid", 503), ("GET", "/", 200)):
            for _ in range(3):
                async with api.http.request(method, api.url + path) as answer:
                    assert (answer.status, "RateLimit" in answer.headers) == (status, False), path


async def test_without_redis_nobody_is_limited(pool: Pool, tmp_path: Path) -> None:
    """Ensure an outage of what counts does not become an outage of what is counted."""
    user = await add_user(pool)
    async with open_bus("redis://127.0.0.1:1/0") as dead, limited(pool, dead, tmp_path, user=1) as api:
        for _ in range(2):
            await api.get("/api/accounts", user)
