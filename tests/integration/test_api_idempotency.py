"""Idempotency keys over HTTP on a real Postgres: one act, one answer, however often it is asked for."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from api.app import Parts
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.settings import Settings
from realtime.store.idempotency import prune_keys
from realtime.store.pool import Pool, as_user
from tests.integration.test_api import Person, add_person
from tests.support.api import TOKENS, Api, running_api

PATH = "/api/portfolio/refresh"


def parts_of(pool: Pool, bus: Bus, files: Path) -> Parts:
    key = SecretStr(Fernet.generate_key().decode())
    settings = Settings(websocket_url="ws://127.0.0.1:9/v1", dashboard_dir=files, encryption_keys=(key,))
    return Parts(settings, pool, bus, TOKENS, WallClock())


@pytest.fixture
async def api(api_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(parts_of(api_pool, bus, tmp_path)) as api:
        yield api


@pytest.fixture
async def ada(pool: Pool) -> Person:
    return await add_person(pool, "Ada")


async def post(
    api: Api, user: UserId, key: str, body: Any, path: str = PATH, method: str = "POST"
) -> tuple[int, dict[str, Any], bool]:
    headers = api.bearer(user) | {"Idempotency-Key": key}
    async with api.http.request(method, api.url + path, json=body, headers=headers) as answer:
        return answer.status, await answer.json(), "Idempotency-Replayed" in answer.headers


async def jobs_of(pool: Pool) -> int:
    count: int = await pool.fetchval("select count(*) from jobs")
    return count


async def test_the_same_request_again_is_answered_the_same_and_done_once(api: Api, pool: Pool, ada: Person) -> None:
    """Ensure a retry changes nothing, whether its key is quoted as the draft has it or bare; a new key acts anew."""
    first = await post(api, ada.user_id, "one", {"account_id": ada.account_id})
    assert (first[0], first[2], await jobs_of(pool)) == (202, False, 1)
    await pool.execute("delete from jobs")
    for key in ("one", '"one"'):
        again = await post(api, ada.user_id, key, {"account_id": ada.account_id})
        assert (again[:2], again[2], await jobs_of(pool)) == (first[:2], True, 0)
    await post(api, ada.user_id, "two", {"account_id": ada.account_id})
    assert await jobs_of(pool) == 1


async def test_a_refusal_is_given_again_too(api: Api, ada: Person) -> None:
    """Ensure an answer of 404 belongs to its request like any other."""
    for is_replayed in (False, True):
        status, problem, replayed = await post(api, ada.user_id, "lost", {"account_id": "plaid_1"})
        assert (status, problem["code"], replayed) == (404, "unknown_account", is_replayed)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", PATH, {"account_id": "plaid_1"}),
        ("POST", f"{PATH}?x=1", {}),
        ("DELETE", "/api/connections/0195f2d0-c7f4-7d6b-8f3a-2e6b1c9d4e5f", {}),
    ],
)
async def test_a_key_belongs_to_one_request(api: Api, ada: Person, method: str, path: str, body: Any) -> None:
    """Ensure the same key with another body, query or address is refused and not carried out."""
    await post(api, ada.user_id, "one", {})
    status, problem, _ = await post(api, ada.user_id, "one", body, path, method)
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


async def test_two_at_once_are_carried_out_once(api: Api, pool: Pool, ada: Person) -> None:
    """Ensure a second request meanwhile is told to wait, or gets the first one's answer."""
    answers = await asyncio.gather(*(post(api, ada.user_id, "one", {}) for _ in range(10)))
    assert sum(status == 202 and not replayed for status, _, replayed in answers) == 1
    assert {status for status, _, _ in answers} <= {202, 409}
    assert all(body["code"] == "idempotency_key_in_use" for status, body, _ in answers if status == 409)


async def test_wrong_user_has_keys_of_his_own(api: Api, pool: Pool, api_pool: Pool, ada: Person) -> None:
    """Ensure a key that another used first says nothing of him, here or in the database."""
    grace = await add_person(pool, "Grace")
    await post(api, ada.user_id, "one", {"account_id": ada.account_id})
    status, _, replayed = await post(api, grace.user_id, "one", {})
    assert (status, replayed) == (202, False)
    async with as_user(api_pool, grace.user_id) as connection:
        rows = await connection.fetch("select user_id from idempotency_keys")
    assert [str(row["user_id"]) for row in rows] == [grace.user_id]


async def test_keys_expire(api: Api, pool: Pool, ada: Person) -> None:
    """Ensure a key is free after a day, at once after a crash of some minutes ago, and forgotten in the end."""
    for age, status in (("25 hours", "status"), ("3 minutes", "null")):
        await post(api, ada.user_id, "one", {})
        await pool.execute(f"update idempotency_keys set created_at = now() - interval '{age}', status = {status}")
        assert (await post(api, ada.user_id, "one", {"account_id": ada.account_id}))[0] == 202
    await pool.execute("update idempotency_keys set created_at = now() - interval '25 hours'")
    await prune_keys(pool)
    assert await pool.fetchval("select count(*) from idempotency_keys") == 0


async def test_a_failure_of_ours_may_be_tried_again(api: Api, pool: Pool, ada: Person) -> None:
    """Ensure a 503 is not kept: the same key succeeds when what failed is well."""
    status, problem, _ = await post(api, ada.user_id, "link", {}, "/api/plaid/link-token")
    assert (status, problem["code"]) == (503, "not_set_up")
    assert await pool.fetchval("select count(*) from idempotency_keys") == 0


async def test_answers_are_kept_encrypted(api: Api, pool: Pool, ada: Person, tmp_path: Path) -> None:
    """Ensure no answer stands in the database for others to read, and one under a lost key is not given wrongly."""
    await post(api, ada.user_id, "one", {})
    stored = await pool.fetchrow("select * from idempotency_keys")
    assert stored is not None
    assert b"Refreshing" not in stored["body"]
    other = parts_of(api.parts.pool, api.parts.bus, tmp_path)
    async with running_api(replace(api.parts, settings=other.settings)) as rotated:
        assert (await post(rotated, ada.user_id, "one", {}))[1]["code"] == "idempotency_answer_lost"


@pytest.mark.parametrize("key", ["", '""', "a b", "x" * 201, "é"])
async def test_odd_keys_are_refused(api: Api, ada: Person, key: str) -> None:
    """Ensure a key is one that can be stored and quoted."""
    status, problem, _ = await post(api, ada.user_id, key, {})
    assert (status, problem["code"]) == (400, "bad_idempotency_key")
