"""The API over HTTP on real Postgres and Valkey: sign-in, whose rows, refusals, files."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import jwt
import pytest

from api.app import Parts, create_app
from api.serving import serving
from realtime.bus.client import Bus, open_bus
from realtime.bus.direct import Directs
from realtime.bus.heartbeats import write_heartbeat
from realtime.bus.interest import read_interest
from realtime.bus.sign_in import issue_sign_in_code
from realtime.bus.values import publish
from realtime.clock import WallClock
from realtime.contract.messages import Heartbeat, Revision, ValueBatch, ValueUpdate
from realtime.domain.account import SubjectKey, UserId
from realtime.domain.partition import partition_of
from realtime.settings import Settings
from realtime.store.pool import Pool, Role, open_pool
from realtime.up import STAGES
from tests.support.api import SECRET, TOKENS, Api, running_api
from tests.support.waiting import wait_until
from tests.unit.api.test_aggregated import figures, position

AS_OF = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>navstream</title>")
    (tmp_path / "assets" / "index-abc.js").write_text("export {}")
    return tmp_path


@pytest.fixture
async def api(api_pool: Pool, stage_pool: Pool, bus: Bus, files: Path) -> AsyncIterator[Api]:
    settings = Settings(websocket_url="ws://127.0.0.1:9/v1", dashboard_dir=files)
    async with running_api(Parts(settings, api_pool, bus, TOKENS, WallClock(), stage_pool=stage_pool)) as api:
        yield api


@dataclass(frozen=True)
class Person:
    user_id: UserId
    account_id: str
    connection_id: str


async def add_person(pool: Pool, name: str) -> Person:
    """A user with one Plaid connection and one account."""
    user, connection, account = uuid4(), uuid4(), uuid4()
    await pool.execute("insert into users (id, name) values ($1, $2)", user, name)
    await pool.execute("insert into institutions (id, name) values ('ins_1', 'Fidelity') on conflict do nothing")
    await pool.execute(
        """insert into connections (id, user_id, provider, provider_connection_id, institution_id, credential)
           values ($1, $2, 'plaid', $3, 'ins_1', 'sealed')""",
        connection, user, str(connection),
    )  # fmt: skip
    await pool.execute(
        """insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, account_type,
           subtype, name, mask, currency, provider_total)
           values ($1, $2, $3, $4, 'plaid', 'p1', 'investment', 'ira', $5, '1234', 'USD', 99.99)""",
        account, f"plaid_{account.hex}", user, connection, f"{name}'s IRA",
    )  # fmt: skip
    return Person(UserId(str(user)), f"plaid_{account.hex}", str(connection))


async def publish_portfolio(bus: Bus, user_id: UserId, total: str, number: int = 1) -> None:
    row = position("AAPL", total, [])
    update = ValueUpdate(user_id, None, figures(total), full=True, positions={row.instrument: row})
    partition = partition_of(user_id)
    await publish(Directs(bus), partition, ValueBatch(Revision(1, number), AS_OF, None, (update,)))


def heartbeat(stage: str, *, healthy: bool) -> Heartbeat:
    now = WallClock().now()
    return Heartbeat(stage, f"{stage}:1", 1, now, now, healthy, None if healthy else "sick", {})


async def problem_of(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    assert answer.content_type == "application/problem+json"
    problem: dict[str, Any] = await answer.json()
    assert problem["status"] == answer.status
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    return problem


async def test_sign_in_link_becomes_a_token_that_works(api: Api, pool: Pool, bus: Bus) -> None:
    """Ensure that a code buys a token of its own user, and that the code itself opens nothing."""
    ada = await add_person(pool, "Ada")
    code = await issue_sign_in_code(bus, ada.user_id, 60)
    async with api.http.post(f"{api.url}/api/session", json={"code": code}) as answer:
        assert answer.status == 200
        session = await answer.json()
    assert session["user"] == {"id": ada.user_id, "name": "Ada", "operator": False}
    assert datetime.fromisoformat(session["expires_at"]) > datetime.now(UTC) + timedelta(hours=1)
    assert api.tokens.verify(session["token"])[0] == ada.user_id
    async with api.http.get(f"{api.url}/api/accounts", headers={"Authorization": f"Bearer {code}"}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("code", ["wrong", "*", "x" * 200])
async def test_unknown_code_is_refused(api: Api, code: str) -> None:
    """Ensure that a guessed or expired code gives nothing away."""
    async with api.http.post(f"{api.url}/api/session", json={"code": code}) as answer:
        assert answer.status == 401
        assert (await problem_of(answer))["code"] == "unauthenticated"


async def test_user_sees_his_own_accounts_and_connections_alone(api: Api, pool: Pool) -> None:
    """Ensure that no request of one user's returns a row of another's, and no credential leaves."""
    ada, grace = await add_person(pool, "Ada"), await add_person(pool, "Grace")
    accounts = (await api.get("/api/accounts", ada.user_id))["accounts"]
    assert [row["id"] for row in accounts] == [ada.account_id]
    assert accounts[0] | {"name": "Ada's IRA", "institution": "Fidelity", "mask": "1234"} == accounts[0]
    connections = (await api.get("/api/connections", grace.user_id))["connections"]
    assert [row["id"] for row in connections] == [grace.connection_id]
    assert connections[0]["status"] == "active"
    assert datetime.fromisoformat(connections[0]["next_sync_at"]) > datetime.now(UTC)
    assert "credential" not in connections[0]


async def test_broken_connection_says_why_and_has_no_next_sync(api: Api, pool: Pool) -> None:
    """Ensure that a connection which needs the user shows its error and promises nothing."""
    ada = await add_person(pool, "Ada")
    await pool.execute(
        """update connections set status = 'reconnect_needed', error_code = 'ITEM_LOGIN_REQUIRED',
           error_message = 'Sign in'"""
    )
    [row] = (await api.get("/api/connections", ada.user_id))["connections"]
    assert (row["status"], row["error_code"], row["error_message"]) == (
        "reconnect_needed", "ITEM_LOGIN_REQUIRED", "Sign in",
    )  # fmt: skip
    assert row["next_sync_at"] is None


def forged(claims: dict[str, Any], key: str = SECRET, algorithm: str = "HS256") -> str:
    valid = {"sub": str(uuid4()), "iss": "navstream", "aud": "navstream", "exp": WallClock().now() + timedelta(hours=1)}
    return jwt.encode(valid | claims, key, algorithm=algorithm)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        forged({"exp": WallClock().now() - timedelta(hours=1)}),
        forged({"aud": "somebody-else"}),
        forged({"iss": "somebody-else"}),
        forged({"sub": "not a uuid"}),
        forged({}, key="another secret that is also long enough for HS256"),
        jwt.encode({"sub": str(uuid4())}, "", algorithm="none"),
    ],
    ids=["none", "nonsense", "expired", "audience", "issuer", "subject", "key", "algorithm none"],
)
async def test_bad_token_is_refused(api: Api, token: str) -> None:
    """Ensure that absent, forged, expired and foreign tokens, and `alg: none`, get 401."""
    async with api.http.get(f"{api.url}/api/accounts", headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert (await problem_of(answer))["code"] == "unauthenticated"


@pytest.mark.parametrize("name", ["token", "access_token", "Token"])
async def test_token_in_the_address_is_refused(api: Api, pool: Pool, name: str) -> None:
    """Ensure that a token in a URL is never accepted, not even beside a good header."""
    ada = await add_person(pool, "Ada")
    token = api.bearer(ada.user_id)["Authorization"].removeprefix("Bearer ")
    for headers in ({}, api.bearer(ada.user_id)):
        async with api.http.get(f"{api.url}/api/accounts", params={name: token}, headers=headers) as answer:
            assert answer.status == 400
            problem = await problem_of(answer)
            assert problem["code"] == "token_in_url"
            assert token not in problem["detail"]


async def test_aggregated_portfolio_has_the_values_that_clients_get(api: Api, pool: Pool, bus: Bus) -> None:
    """Ensure that REST asks for values nobody watched yet and answers with the calculator's."""
    ada = await add_person(pool, "Ada")
    request = asyncio.ensure_future(api.get("/api/portfolio/aggregated", ada.user_id))

    async def is_watched() -> bool:
        return SubjectKey(ada.user_id, None) in await read_interest(bus, [partition_of(ada.user_id)])

    await wait_until(is_watched, what="the portfolio is watched")
    await publish_portfolio(bus, ada.user_id, "1234.56")
    portfolio = await request
    assert portfolio["total_value"] == 1234.56
    assert [row["symbol"] for row in portfolio["positions"]] == ["AAPL"]
    assert portfolio["metadata"]["live"] is True
    assert portfolio["metadata"]["account_count"] == 1
    assert portfolio["accounts"][0]["balance"] == 99.99
    await publish_portfolio(bus, ada.user_id, "1300.00", number=2)
    assert (await api.get("/api/portfolio/aggregated", ada.user_id))["total_value"] == 1300.00


async def test_aggregated_portfolio_without_values_is_an_error_not_a_zero(api: Api, pool: Pool) -> None:
    """Ensure that no calculator means «try later», never an empty portfolio."""
    ada = await add_person(pool, "Ada")
    async with api.http.get(f"{api.url}/api/portfolio/aggregated", headers=api.bearer(ada.user_id)) as answer:
        assert answer.status == 503
        assert (await problem_of(answer))["code"] == "retry_later"
        assert int(answer.headers["Retry-After"]) > 0


async def test_values_that_nobody_keeps_up_to_date_are_marked(api: Api, pool: Pool, bus: Bus) -> None:
    """Ensure that old values are shown as of their time when no calculator answers."""
    ada = await add_person(pool, "Ada")
    await publish_portfolio(bus, ada.user_id, "1234.56")
    metadata = (await api.get("/api/portfolio/aggregated", ada.user_id))["metadata"]
    assert metadata["live"] is False
    assert datetime.fromisoformat(metadata["last_updated"]) == AS_OF


async def test_refresh_queues_one_job_a_connection(api: Api, pool: Pool) -> None:
    """Ensure that asking twice queues once, and that one account means its connection alone."""
    ada, grace = await add_person(pool, "Ada"), await add_person(pool, "Grace")
    for body in ({}, {"account_id": ada.account_id}, None):
        async with api.http.post(
            f"{api.url}/api/portfolio/refresh", json=body, headers=api.bearer(ada.user_id)
        ) as answer:
            assert answer.status == 202, await answer.text()
            assert (await answer.json())["message"] == "Refreshing 1 connection."
    jobs = await pool.fetch("select connection_id, user_id from jobs where state = 'queued'")
    assert [str(job["connection_id"]) for job in jobs] == [ada.connection_id]
    assert grace.connection_id not in {str(job["connection_id"]) for job in jobs}


async def test_refresh_of_another_users_account_is_unknown(api: Api, pool: Pool) -> None:
    """Ensure that a foreign account looks like one that does not exist, and nothing is queued."""
    ada, grace = await add_person(pool, "Ada"), await add_person(pool, "Grace")
    async with api.http.post(
        f"{api.url}/api/portfolio/refresh", json={"account_id": grace.account_id}, headers=api.bearer(ada.user_id)
    ) as answer:
        assert answer.status == 404
        assert (await problem_of(answer))["code"] == "unknown_account"
    assert await pool.fetchval("select count(*) from jobs") == 0


@pytest.mark.parametrize(("body", "status"), [(b"{", 422), (b'{"code":1}', 422), (b"{}", 422)])
async def test_malformed_body_is_a_problem(api: Api, body: bytes, status: int) -> None:
    """Ensure that wrong input is answered with a code, not with a traceback."""
    headers = {"Content-Type": "application/json"}
    async with api.http.post(f"{api.url}/api/session", data=body, headers=headers) as answer:
        assert answer.status == status
        assert (await problem_of(answer))["code"] == "invalid"


async def test_large_body_is_refused_announced_or_not(api: Api) -> None:
    """Ensure that a body is bounded, with and without a Content-Length."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 4096

    for data in (b"x" * 100_000, chunks()):
        async with api.http.post(f"{api.url}/api/session", data=data) as answer:
            assert answer.status == 413
            assert (await problem_of(answer))["code"] == "body_too_large"


async def test_unknown_address_is_a_problem(api: Api) -> None:
    """Ensure that 404 and 405 look like all other errors."""
    async with api.http.get(f"{api.url}/api/nothing") as answer:
        assert (answer.status, (await problem_of(answer))["code"]) == (404, "not_found")
    async with api.http.delete(f"{api.url}/api/session") as answer:
        assert (answer.status, (await problem_of(answer))["code"]) == (405, "method_not_allowed")


async def test_config_needs_no_token(api: Api) -> None:
    """Ensure that the dashboard finds the WebSocket before it signs in."""
    async with api.http.get(f"{api.url}/api/config") as answer:
        assert (await answer.json())["websocket_url"] == "ws://127.0.0.1:9/v1"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_dashboard_files_have_their_headers(api: Api) -> None:
    """Ensure that the page is never cached, assets are for ever, and the CSP is on both."""
    async with api.http.get(f"{api.url}/") as answer:
        assert "navstream" in await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"
        assert "connect-src 'self' ws://127.0.0.1:9;" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    async with api.http.get(f"{api.url}/assets/index-abc.js") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.content_type == "text/javascript"
        assert "Content-Security-Policy" in answer.headers
    async with api.http.get(f"{api.url}/..%2f..%2fetc/passwd") as answer:
        assert answer.status == 404


async def test_dashboard_that_is_not_built_says_so(api: Api, files: Path) -> None:
    """Ensure a sentence instead of a bare 404."""
    (files / "index.html").unlink()
    async with api.http.get(f"{api.url}/") as answer:
        assert answer.status == 503
        assert "make dashboard" in await answer.text()


async def test_health_names_what_is_down(api: Api, bus: Bus, files: Path) -> None:
    """Ensure that health is ok once every stage beats, and 503 with a reason when Redis or Postgres is gone."""
    for stage, healthy, status in (*((stage, True, "degraded") for stage in STAGES[:-1]), (STAGES[-1], True, "ok")):
        await write_heartbeat(bus, heartbeat(stage, healthy=healthy))
        async with api.http.get(f"{api.url}/health") as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, status)
    settings = Settings(dashboard_dir=files)
    async with open_bus("redis://127.0.0.1:1/0") as dead_bus:
        parts = Parts(settings, api.parts.pool, dead_bus, api.tokens, WallClock())
        async with serving(create_app(parts), "127.0.0.1", 0) as server:
            port = server.servers[0].sockets[0].getsockname()[1]
            async with api.http.get(f"http://127.0.0.1:{port}/health") as answer:
                health = await answer.json()
                assert answer.status == 503
                assert (health["status"], health["database"], health["redis"]) == ("down", True, False)


async def test_database_outage_is_try_later(api: Api, pool: Pool, postgres_dsn: str, files: Path) -> None:
    """Ensure that a lost database is 503 with a code."""
    ada = await add_person(pool, "Ada")
    async with open_pool(postgres_dsn, Role.NOBODY) as own_pool:
        parts = Parts(Settings(dashboard_dir=files), own_pool, api.parts.bus, api.tokens, WallClock())
        async with serving(create_app(parts), "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/accounts"
            headers = api.bearer(ada.user_id)
            async with api.http.get(url, headers=headers) as answer:
                assert answer.status == 200
            own_pool.terminate()
            async with api.http.get(url, headers=headers) as answer:
                assert answer.status == 503
                assert (await problem_of(answer))["code"] == "retry_later"


def test_positions_of_the_contract_are_decimal_exact() -> None:
    """Ensure that the largest amounts we show survive as JSON numbers."""
    amount = Decimal("9999999999999.99")
    assert Decimal(repr(float(amount))) == amount


async def test_bug_of_ours_is_a_problem_without_details(api: Api) -> None:
    """Ensure that an unexpected error tells the client nothing, and still carries the security headers."""
    broken = Parts(api.parts.settings, None, api.parts.bus, api.tokens, WallClock())  # type: ignore[arg-type]
    async with serving(create_app(broken), "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/accounts"
        async with api.http.get(url, headers=api.bearer(UserId(str(uuid4())))) as answer:
            assert answer.status == 500
            problem = await problem_of(answer)
            assert problem["code"] == "internal_error"
            assert "NoneType" not in problem["detail"]
            assert "Content-Security-Policy" in answer.headers
