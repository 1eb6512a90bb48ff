"""Every operation of the OpenAPI page as the wrong user, and as nobody. A new one is covered once it has a sample."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from api.app import Parts
from realtime.bus.client import Bus
from realtime.bus.direct import Directs
from realtime.bus.interest import announce_interest
from realtime.bus.values import publish
from realtime.clock import WallClock
from realtime.contract.messages import Revision, ValueBatch, ValueUpdate
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.partition import partition_of
from realtime.store.pool import Pool
from tests.support.api import TOKENS, Api, running_api
from tests.support.broadcasting import AS_OF, figures_of
from tests.support.operations import SAMPLES, Operation, operations
from tests.support.syncing import BANK, sync_world

PUBLIC = {
    "POST /api/session": "signing in",
    "GET /api/config": "what the page needs before signing in",
    "GET /health": "for load balancers; says nothing of a user",
    "POST /webhook/plaid": "signed by Plaid",
    "POST /api/snaptrade/webhook": "signed by SnapTrade",
    "GET /webhook/plaid/health": "counts by type; says nothing of a user",
}
REFUSED_TO_USERS = {"GET /api/status", "GET /api/jobs", "POST /api/jobs/{job_id}/retry"}
_DIGESTS = "select tablename from pg_tables where schemaname = 'public' order by tablename"


@dataclass(frozen=True)
class Two:
    """Ada, who has connections and accounts, and Grace, who has others; `ids` are Ada's by kind."""

    api: Api
    pool: Pool
    ada: UserId
    grace: UserId
    ids: dict[str, str]

    async def ask(self, operation: Operation, user: UserId | None, **ids: str) -> tuple[int, str]:
        call = operation.call(**ids)
        headers = {} if user is None else self.api.bearer(user)
        async with self.api.http.request(
            call["method"], self.api.url + call["path"], params=call["params"], json=call["json"], headers=headers
        ) as answer:
            return answer.status, await answer.text()

    async def stored(self) -> dict[str, str]:
        """A digest of every table's rows."""
        tables = [row["tablename"] for row in await self.pool.fetch(_DIGESTS)]
        digest = "select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from"
        return {table: await self.pool.fetchval(f"{digest} {table} t") for table in tables}


@pytest.fixture
async def two(
    postgres_dsn: str, pool: Pool, api_pool: Pool, stage_pool: Pool, bus: Bus, tmp_path: Path
) -> AsyncIterator[Two]:
    (tmp_path / "index.html").write_text("")
    async with sync_world(postgres_dsn, pool, only=("plaid", "snaptrade"), dashboard_dir=tmp_path) as world:
        ada, grace = await world.user("ada"), await world.user("grace")
        connection = await world.link_plaid(ada)
        snaptrade = await world.link_snaptrade(ada)
        await world.link_snaptrade(grace, "QUESTRADE", persona="mary")
        await world.run_due()
        parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers, stage_pool)
        async with running_api(parts) as api:
            ids = {
                "connection": str(connection),
                "snaptrade_connection": str(snaptrade),
                "snaptrade_authorization": await _provider_id(pool, str(snaptrade)),
                "account": await pool.fetchval(
                    "select min(public_id) from accounts where connection_id = $1", connection
                ),
                "link_token": await _finished_link(api, ada),
                "job": str(await pool.fetchval("select id from jobs order by id limit 1")),
            }
            for user in (ada, grace):
                await _value(bus, user, await _accounts(pool, user))
            yield Two(api, pool, ada, grace, ids)


async def _provider_id(pool: Pool, connection: str) -> str:
    found: str = await pool.fetchval("select provider_connection_id from connections where id = $1::uuid", connection)
    return found


async def _finished_link(api: Api, user: UserId) -> str:
    """The token of a session on Plaid's page which the user has ended there."""
    link = await api.call("POST", "/api/plaid/link-token", user, {})
    await api.http.post(link["hosted_link_url"], data={"login": f"ada@{BANK}", "action": "approve"})
    token: str = link["link_token"]
    return token


async def _accounts(pool: Pool, user: UserId) -> list[AccountId]:
    rows = await pool.fetch("select public_id from accounts where user_id = $1", user)
    return [AccountId(row["public_id"]) for row in rows]


async def _value(bus: Bus, user: UserId, accounts: list[AccountId]) -> None:
    """Publish values as a calculator does that was asked for them."""
    subjects = [SubjectKey(user, None), *(SubjectKey(user, account) for account in accounts)]
    await announce_interest(bus, *subjects)
    updates = tuple(ValueUpdate(user, key.account_id, figures_of("1.00"), full=True, positions={}) for key in subjects)
    await publish(Directs(bus), partition_of(user), ValueBatch(Revision(1, 1), AS_OF, None, updates))


def invented(real: str) -> str:
    """An id like a real one that nobody has."""
    made = uuid4()
    prefix, underscore, key = real.rpartition("_")
    if underscore and len(key) == 32:
        return f"{prefix}_{made.hex}"
    return f"link-sandbox-{made}" if real.startswith("link-") else str(made)


CASES = [
    pytest.param(operation, field, id=f"{operation.name} {field}")
    for operation in operations()
    if operation.name not in REFUSED_TO_USERS
    for field in sorted(operation.id_fields)
]
READS = [
    pytest.param(operation, id=operation.name)
    for operation in operations()
    if operation.method == "GET" and not operation.id_fields and operation.needs_token
]


def test_every_operation_has_a_sample() -> None:
    """Ensure a new operation is tried as the wrong user: it needs a sample, in which all of its ids are named."""
    assert {operation.name for operation in operations()} == SAMPLES.keys()
    for operation in operations():
        assert operation.id_fields == operation.sample.ids.keys(), operation.name


@pytest.mark.parametrize(("operation", "field"), CASES)
async def test_wrong_user_is_answered_as_if_it_did_not_exist(two: Two, operation: Operation, field: str) -> None:
    """Ensure another's thing looks exactly like none, nothing changes, and that its owner is let in."""
    theirs = two.ids[operation.sample.ids[field]]
    nobodys = invented(theirs)
    before = await two.stored()
    status, body = await two.ask(operation, two.grace, **{field: theirs})
    assert (status, body.replace(theirs, "…")) == _masked(
        await two.ask(operation, two.grace, **{field: nobodys}), nobodys
    )
    assert status in {400, 404}
    assert await two.stored() == before
    status, body = await two.ask(operation, two.ada, **{field: theirs})
    assert status < 400, body


@pytest.mark.parametrize("operation", READS)
async def test_wrong_user_reads_nothing_of_anothers(two: Two, operation: Operation) -> None:
    """Ensure no list of one user's names a thing of another's."""
    status, body = await two.ask(operation, two.grace)
    assert status == (403 if operation.name in REFUSED_TO_USERS else 200), body
    for secret in (two.ada, *two.ids.values(), *await _accounts(two.pool, two.ada)):
        assert secret not in body


async def test_wrong_user_is_no_operator(two: Two) -> None:
    """Ensure what concerns the whole service is refused to every user, whatever he names, and nothing changes."""
    before = await two.stored()
    for operation in operations():
        if operation.name in REFUSED_TO_USERS:
            ids = {field: two.ids[kind] for field, kind in operation.sample.ids.items()}
            status, body = await two.ask(operation, two.ada, **ids)
            assert (status, '"code":"operators_only"' in body) == (403, True), operation.name
    assert await two.stored() == before


async def test_wrong_user_of_no_token_is_refused_everywhere(two: Two) -> None:
    """Ensure every operation wants a valid token, but for those that are public on purpose."""
    assert {operation.name for operation in operations() if not operation.needs_token} == PUBLIC.keys()
    before = await two.stored()
    for operation in operations():
        ids = {field: two.ids[kind] for field, kind in operation.sample.ids.items()}
        if operation.needs_token:
            status, body = await two.ask(operation, None, **ids)
            assert (status, '"code":"unauthenticated"' in body) == (401, True), operation.name
    assert await two.stored() == before


def _masked(answer: tuple[int, str], own: str) -> tuple[int, str]:
    status, body = answer
    return status, body.replace(own, "…")
