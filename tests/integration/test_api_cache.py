"""The aggregated portfolio: what is stored is kept in Redis until it changes, and an answer that is known is 304."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.app import Parts
from api.stored_portfolio import follow_changes
from realtime.bus.client import Bus
from realtime.bus.interest import announce_interest
from realtime.bus.kept import forget_kept, keep, read_kept
from realtime.clock import WallClock
from realtime.contract.names import kept_portfolio
from realtime.domain.account import AccountId, SubjectKey
from realtime.domain.partition import partition_of
from realtime.log import Log
from realtime.settings import Settings
from realtime.store.pool import Pool
from tests.integration.test_api import Person, add_person, publish_portfolio
from tests.integration.test_api_paging import NOON, add_run, add_transaction
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import background
from tests.support.waiting import wait_until

PATH = "/api/portfolio/aggregated"


@pytest.fixture
async def api(postgres_dsn: str, api_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Api]:
    settings = Settings(websocket_url="ws://127.0.0.1:9/v1", dashboard_dir=tmp_path)
    parts = Parts(settings, api_pool, bus, TOKENS, WallClock(), keeps_portfolios=True)
    edition = await bus.get("nav:edition")
    async with background(follow_changes(postgres_dsn, bus, WallClock(), Log())), running_api(parts) as api:

        async def listens() -> bool:
            return await bus.get("nav:edition") != edition

        await wait_until(listens, what="the first forgetting")
        yield api


async def valued(pool: Pool, bus: Bus, name: str) -> Person:
    """A user whose values a calculator keeps up to date."""
    person = await add_person(pool, name)
    account = SubjectKey(person.user_id, AccountId(person.account_id))
    await announce_interest(bus, SubjectKey(person.user_id, None), account)
    await publish_portfolio(bus, person.user_id, "100.00")
    return person


async def names(api: Api, person: Person) -> list[str]:
    return [account["account_name"] for account in (await api.get(PATH, person.user_id))["accounts"]]


async def unheard(owner_pool: Pool, statement: str, *values: Any) -> None:
    """Change the database as if nobody could hear of it."""
    async with owner_pool.acquire() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(statement, *values)


async def test_what_is_stored_is_read_once_until_it_changes(api: Api, pool: Pool, owner_pool: Pool, bus: Bus) -> None:
    """Ensure a second request does not read Postgres again, values are the newest all the same, a change shows."""
    ada = await valued(pool, bus, "Ada")
    assert await names(api, ada) == ["Ada's IRA"]
    await unheard(owner_pool, "update accounts set name = 'Unheard of'")
    await publish_portfolio(bus, ada.user_id, "200.00", number=2)
    answer = await api.get(PATH, ada.user_id)
    assert (answer["accounts"][0]["account_name"], answer["total_value"]) == ("Ada's IRA", 200.0)
    for change, name in (("update accounts set name = 'Mine'", "Mine"), ("update accounts set name = 'Ours'", "Ours")):
        await pool.execute(change)
        await wait_until(lambda name=name: _shows(api, ada, name), what=name)  # type: ignore[misc]


async def _shows(api: Api, person: Person, name: str) -> bool:
    return await names(api, person) == [name]


async def test_the_end_of_a_sync_brings_its_transactions(api: Api, pool: Pool, bus: Bus) -> None:
    """Ensure what a refresh stored is shown when it has ended, without a change of any account."""
    ada = await valued(pool, bus, "Ada")
    assert (await api.get(PATH, ada.user_id))["transactions"] == []
    await add_transaction(pool, ada, "t1", NOON.date())
    await add_run(pool, ada, NOON)

    async def shown() -> bool:
        return [each["id"] for each in (await api.get(PATH, ada.user_id))["transactions"]] == ["t1"]

    await wait_until(shown, what="the transaction")


@pytest.mark.parametrize(("trigger", "longest_s"), [("schedule", 1800), ("webhook", 300)])
async def test_it_is_kept_for_half_an_hour_or_five_minutes(
    api: Api, pool: Pool, bus: Bus, trigger: str, longest_s: int
) -> None:
    """Ensure a user whose webhooks come is read again sooner."""
    ada = await valued(pool, bus, "Ada")
    await add_run(pool, ada, WallClock().now())
    await pool.execute("update sync_runs set trigger = $1", trigger)

    async def kept_as_long() -> bool:
        await api.get(PATH, ada.user_id)
        return longest_s - 30 < await bus.ttl(kept_portfolio(partition_of(ada.user_id), ada.user_id)) <= longest_s

    await wait_until(kept_as_long, what="the time to live")


async def test_wrong_user_is_not_given_what_is_kept(api: Api, pool: Pool, bus: Bus) -> None:
    """Ensure what is kept of one user is no other's."""
    ada, grace = await valued(pool, bus, "Ada"), await valued(pool, bus, "Grace")
    for _ in range(2):
        assert (await names(api, ada), await names(api, grace)) == (["Ada's IRA"], ["Grace's IRA"])


async def test_a_slow_reader_does_not_bring_back_what_was_before(bus: Bus, pool: Pool) -> None:
    """Ensure what was read before a change is not kept after it, for one user and for everybody."""
    ada = (await add_person(pool, "Ada")).user_id
    for whose in (ada, None):
        before = await read_kept(bus, ada)
        await forget_kept(bus, whose)
        await keep(bus, ada, before.edition, b"old", 60)
        now = await read_kept(bus, ada)
        assert now.data is None
        await keep(bus, ada, now.edition, b"new\nline", 60)
        assert (await read_kept(bus, ada)).data == b"new\nline"


async def test_an_answer_that_is_known_is_not_sent_again(api: Api, pool: Pool, bus: Bus) -> None:
    """Ensure a client with the newest answer gets 304, by any form of the header, and a new one when values moved."""
    ada = await valued(pool, bus, "Ada")

    async def ask(known: str | None) -> tuple[int, str, bytes]:
        headers = api.bearer(ada.user_id) | ({} if known is None else {"If-None-Match": known})
        async with api.http.get(api.url + PATH, headers=headers) as answer:
            assert answer.headers["Cache-Control"] == "private, no-cache"
            return answer.status, answer.headers["ETag"], await answer.read()

    _, tag, _ = await ask(None)
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert await ask(known) == (304, tag, b"")
    assert (await ask('"other"'))[:2] == (200, tag)
    await publish_portfolio(bus, ada.user_id, "200.00", number=2)
    status, moved, body = await ask(tag)
    assert (status, moved != tag, b"200.0" in body) == (200, True, True)


async def test_nothing_is_kept_where_nobody_would_forget_it(api: Api, pool: Pool, bus: Bus) -> None:
    """Ensure an API that does not hear of changes reads anew."""
    ada = await valued(pool, bus, "Ada")
    async with running_api(replace(api.parts, keeps_portfolios=False)) as deaf:
        await deaf.get(PATH, ada.user_id)
    assert (await read_kept(bus, ada.user_id)).data is None
