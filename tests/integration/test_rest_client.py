"""`navstream.client.Client` against the API: what it answers, and what it refuses."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography.fernet import Fernet
from pydantic import SecretStr

from api.app import Parts
from navstream.client import Client, Problem, sign_in
from realtime.bus.client import Bus
from realtime.bus.sign_in import issue_sign_in_code
from realtime.clock import WallClock
from realtime.settings import Settings
from realtime.store.pool import Pool
from simulator.serving import listening
from tests.integration.test_api import add_person
from tests.support.api import TOKENS, Api, running_api


@pytest.fixture
async def api(pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Api]:
    (tmp_path / "index.html").write_text("<!doctype html>")
    settings = Settings(
        websocket_url="ws://127.0.0.1:9/v1",
        dashboard_dir=tmp_path,
        encryption_keys=(SecretStr(Fernet.generate_key().decode()),),
    )
    async with running_api(Parts(settings, pool, bus, TOKENS, WallClock())) as api:
        yield api


async def test_from_a_sign_in_link_to_accounts(api: Api, pool: Pool, bus: Bus) -> None:
    """The code of a link becomes a token, and the token opens that user's rows and no other's."""
    ada, ben = await add_person(pool, "Ada"), await add_person(pool, "Ben")
    session = await sign_in(api.url, await issue_sign_in_code(bus, ada.user_id, 60))
    assert session.user.name == "Ada"
    assert session.token not in repr(session)
    async with Client(api.url, session.token) as client:
        assert [account.id for account in await client.accounts()] == [ada.account_id]
        assert [connection.id for connection in await client.connections()] == [ada.connection_id]
        with pytest.raises(Problem) as refusal:
            await client.sync_logs(ben.connection_id)
    assert (refusal.value.status, refusal.value.code) == (404, "unknown_connection")


async def test_a_refresh_is_queued(api: Api, pool: Pool) -> None:
    """Of one connection, or of all."""
    ada = await add_person(pool, "Ada")
    async with Client(api.url, TOKENS.issue(ada.user_id, WallClock().now(), 60)) as client:
        await client.refresh(ada.connection_id)
        assert [connection.is_syncing for connection in await client.connections()] == [True]
        await client.refresh()
    assert await pool.fetchval("select count(*) from jobs where connection_id = $1", ada.connection_id) == 1


async def test_a_fresh_token_for_each_call(api: Api, pool: Pool) -> None:
    """A coroutine function instead of a token is asked each time, so that a client outlives its tokens."""
    ada = await add_person(pool, "Ada")
    asked: list[str] = []

    async def fresh() -> str:
        asked.append(TOKENS.issue(ada.user_id, WallClock().now(), 60))
        return asked[-1]

    async with Client(api.url, fresh) as client:
        await client.accounts()
        await client.connections()
    assert len(asked) == 2


async def test_a_wrong_token_is_a_problem(api: Api) -> None:
    """With the API's own stable code."""
    async with Client(api.url, "nonsense") as client:
        with pytest.raises(Problem) as refusal:
            await client.accounts()
    assert (refusal.value.status, refusal.value.code) == (401, "unauthenticated")


async def test_values_that_nobody_has_yet(api: Api, pool: Pool) -> None:
    """Without a calculator the API says when to ask again, and so does the error."""
    ada = await add_person(pool, "Ada")
    async with Client(api.url, TOKENS.issue(ada.user_id, WallClock().now(), 60), attempts=1) as client:
        with pytest.raises(Problem) as refusal:
            await client.explain(ada.account_id)
    assert refusal.value.status == 503
    assert refusal.value.retry_after_s is not None


async def test_a_proxys_page_is_no_answer_of_the_api() -> None:
    """What stands between may answer in HTML: still a Problem, with a code of our own."""

    async def gateway(_request: web.Request) -> web.Response:
        return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", gateway)
    async with listening(app, "127.0.0.1", 0) as url, Client(f"{url}/", "token") as client:
        with pytest.raises(Problem) as refusal:
            await client.portfolio()
    assert (refusal.value.status, refusal.value.code) == (502, "no_problem_json")


async def test_what_may_pass_is_tried_again() -> None:
    """A lost connection and a busy server cost a moment, and a write is sent with one key, so that it is done once."""
    keys: list[tuple[str, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        keys.append((request.method, request.headers.get("Idempotency-Key")))
        if len(keys) % 3 == 1 and request.transport is not None:
            request.transport.abort()
        if len(keys) % 3 == 2:
            body = {"code": "retry_later", "detail": "busy"}
            return web.json_response(body, status=503, headers={"Retry-After": "0"})
        return web.json_response({"accounts": []})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with listening(app, "127.0.0.1", 0) as url, Client(url, "token") as client:
        assert await client.accounts() == []
        await client.refresh()
    assert keys[:3] == [("GET", None)] * 3
    assert len({key for _, key in keys[3:]}) == 1
    assert keys[3][1] is not None


async def test_what_will_not_pass_soon_is_told_at_once() -> None:
    """A limit that lasts a minute is not waited out, and a refusal is not repeated."""
    statuses: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        status = 429 if request.path.endswith("accounts") else 404
        statuses.append(status)
        return web.json_response({"code": "c", "detail": "d"}, status=status, headers={"Retry-After": "42"})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with listening(app, "127.0.0.1", 0) as url, Client(url, "token") as client:
        with pytest.raises(Problem) as limited:
            await client.accounts()
        with pytest.raises(Problem):
            await client.explain("nobody's")
    assert limited.value.retry_after_s == 42
    assert statuses == [429, 404]


async def test_a_server_that_is_not_there() -> None:
    """No answer is aiohttp's own error."""
    async with Client("http://127.0.0.1:9", "token") as client:
        with pytest.raises(aiohttp.ClientError):
            await client.config()
