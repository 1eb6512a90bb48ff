"""GET /api/status: the operator's, and nobody else's."""

from uuid import uuid4

import aiohttp
import pytest

from realtime.bus.client import Bus
from realtime.bus.heartbeats import write_heartbeat
from realtime.bus.sign_in import issue_sign_in_code
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.store.alerts import record_fired
from realtime.store.pool import Pool
from tests.integration.test_alert_store import new_alert
from tests.integration.test_api import add_person, api, files, heartbeat, problem_of
from tests.support.api import Api

__all__ = ["api", "files"]
USER = UserId("11111111-1111-4111-8111-111111111111")


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("forged", 401), ("user", 403)])
async def test_only_an_operator_sees_the_status(api: Api, token: str | None, status: int) -> None:
    """Ensure neither a stranger nor a user learns how the service is run."""
    headers = api.bearer(USER) if token == "user" else {"Authorization": f"Bearer {token}"} if token else {}
    async with api.http.get(f"{api.url}/api/status", headers=headers) as answer:
        assert answer.status == status
        await problem_of(answer)


async def test_an_operators_token_shows_the_status_and_no_users_data(api: Api, bus: Bus, pool: Pool) -> None:
    """Ensure stages, work and alerts are there, and the same token opens no account."""
    await write_heartbeat(bus, heartbeat("sync", healthy=True))
    await record_fired(pool, new_alert("feed_silent", "stock"))
    for number, state in enumerate(("done", "dead", "queued")):
        await pool.execute(
            """insert into webhook_events (id, provider, event_key, signature_digest, type, code, body, state)
               values ($1, 'plaid', $2, '', 'ITEM', 'ERROR', '{}', $3)""",
            uuid4(), str(number), state,
        )  # fmt: skip
    bearer = {"Authorization": f"Bearer {api.tokens.issue_to_operator(WallClock().now(), 60)}"}
    async with api.http.get(f"{api.url}/api/status", headers=bearer) as answer:
        assert answer.status == 200, await answer.text()
        report = await answer.json()
    assert [stage["stage"] for stage in report["stages"]] == ["sync"]
    assert report["webhooks"] == [{"provider": "plaid", "received": 3, "failed": 1, "waiting": 1}]
    assert report["jobs"] == {"queued": 0, "running": 0, "dead": 0}
    assert [alert["name"] for alert in report["alerts"]] == ["feed_silent"]
    assert [leg["p99_ms"] for leg in report["latency"]] == [None] * 4
    assert not report["well"]
    async with api.http.get(f"{api.url}/api/accounts", headers=bearer) as answer:
        assert answer.status == 401


async def test_a_link_may_sign_an_operator_in(api: Api, pool: Pool, bus: Bus) -> None:
    """Ensure an operator's link opens the status beside his own accounts, and everybody else's link does not."""
    ada = await add_person(pool, "Ada")
    for is_operator, status in ((True, 200), (False, 403)):
        code = await issue_sign_in_code(bus, ada.user_id, 60, is_operator=is_operator)
        async with api.http.post(f"{api.url}/api/session", json={"code": code}) as answer:
            session = await answer.json()
        assert session["user"]["operator"] is is_operator
        bearer = {"Authorization": f"Bearer {session['token']}"}
        for path, expected in (("/api/status", status), ("/api/accounts", 200)):
            async with api.http.get(api.url + path, headers=bearer) as answer:
                assert answer.status == expected, path


async def test_the_status_is_documented(api: Api) -> None:
    """Ensure the OpenAPI page describes it."""
    async with aiohttp.ClientSession() as http, http.get(f"{api.url}/api/openapi.json") as answer:
        paths = (await answer.json())["paths"]
    assert "/api/status" in paths
