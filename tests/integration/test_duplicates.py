"""One account through two providers: found, counted once, and said otherwise by its owner."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from api.parts import Parts as ApiParts
from providers.linking import disconnect
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import ConnectionId, UserId
from realtime.store.book import stored_book
from realtime.store.connections import connection_by_id
from realtime.store.holdings import holdings_of
from realtime.store.pool import Pool
from tests.support.api import SECRET, TOKENS, Api, running_api
from tests.support.syncing import SyncWorld, sync_world

ROBINHOOD = "ins_54"
MASK = "5518"


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, only=("plaid", "snaptrade")) as world:
        yield world


@pytest.fixture
async def api(world: SyncWorld, bus: Bus) -> AsyncIterator[Api]:
    settings = world.settings.model_copy(update={"jwt_secret": SecretStr(SECRET)})
    parts = ApiParts(settings, world.pool, bus, TOKENS, WallClock(), world.parts.providers)
    async with running_api(parts) as api:
        yield api


async def both(world: SyncWorld) -> tuple[UserId, ConnectionId, ConnectionId]:
    """Link Alan's Robinhood account through Plaid and through SnapTrade."""
    user = await world.user("alan")
    plaid = await world.link_plaid(user, ROBINHOOD, "alan")
    await world.run_due()
    snaptrade = await world.link_snaptrade(user, "ROBINHOOD", "alan")
    await world.run_due()
    return user, plaid, snaptrade


async def counted(world: SyncWorld) -> dict[str, bool]:
    """Return whether each provider's account counts."""
    rows = await world.pool.fetch("select provider, duplicate_of is null as counted from accounts where is_active")
    return {row["provider"]: row["counted"] for row in rows}


async def refreshed(world: SyncWorld, key: ConnectionId) -> None:
    await world.ask(key)
    await world.run_due()


async def test_it_counts_once_and_keeps_its_own_holdings(world: SyncWorld) -> None:
    """Ensure that SnapTrade's counts, and that Plaid's is there with all that it holds, named as what it is."""
    user, plaid, snaptrade = await both(world)
    assert await counted(world) == {"plaid": False, "snaptrade": True}
    assert await world.holdings(plaid) == await world.holdings(snaptrade)
    [holdings] = await holdings_of(world.pool, [user])
    by_id = {account.account_id: account for account in holdings.accounts}
    [counts] = holdings.counted
    [other] = [account for account in holdings.accounts if account is not counts]
    assert other.duplicate_of == counts.account_id
    assert counts.account_id.startswith("snaptrade_")
    assert len(by_id) == 2
    assert {row.quantity for row in other.holdings} == {row.quantity for row in counts.holdings}
    async with stored_book(world.pool) as book:
        assert [account.id for account in await book.accounts()] == [counts.account_id]
    total = await world.pool.fetchval(
        "select total_quantity from user_aggregated_holdings where user_id = $1 and symbol = 'TSLA'", user
    )
    assert total == (await world.holdings(snaptrade))[MASK]["TSLA"]


async def test_both_first_syncs_at_once(world: SyncWorld) -> None:
    """Ensure that two workers that store the two appearances at the same time do not miss each other."""
    user = await world.user("alan")
    keys = [await world.link_plaid(user, ROBINHOOD, "alan"), await world.link_snaptrade(user, "ROBINHOOD", "alan")]
    async with world.working():
        for key in keys:
            await world.settled(key)
    assert await counted(world) == {"plaid": False, "snaptrade": True}


async def test_plaid_steps_in_while_snaptrade_is_broken(world: SyncWorld) -> None:
    """Ensure that the account that is read counts, and that it goes back when the other is read again."""
    _, plaid, snaptrade = await both(world)
    await world.control("snaptrade", "connections", persona="alan", brokerage="ROBINHOOD", disabled=True)
    await refreshed(world, snaptrade)
    assert (await world.status(snaptrade))[0] == "reconnect_needed"
    assert await counted(world) == {"plaid": True, "snaptrade": False}
    await world.control("plaid", "holdings", account="alan-robinhood-again", symbol="TSLA", quantity="1")
    await refreshed(world, plaid)
    assert await counted(world) == {"plaid": True, "snaptrade": False}, "what was found stays found"
    await world.control("snaptrade", "connections", persona="alan", brokerage="ROBINHOOD", disabled=False)
    await refreshed(world, snaptrade)
    assert await counted(world) == {"plaid": False, "snaptrade": True}


async def test_the_other_counts_again_when_one_is_removed(world: SyncWorld) -> None:
    """Ensure that ending a connection never takes the account's value out of the totals."""
    _, _, snaptrade = await both(world)
    connection = await connection_by_id(world.pool, snaptrade)
    assert connection is not None
    await disconnect(world.pool, world.parts.cipher, world.snaptrade, connection)
    assert await counted(world) == {"plaid": True}


async def test_the_user_says_otherwise(world: SyncWorld, api: Api) -> None:
    """Ensure that the owner's word holds over syncs, can be taken back, and is his alone."""
    user, plaid, snaptrade = await both(world)
    mine = {row["provider"]: row for row in (await api.get("/api/accounts", user))["accounts"]}
    assert mine["plaid"]["duplicate_of"] == mine["snaptrade"]["id"]
    assert (mine["snaptrade"]["duplicate_of"], mine["plaid"]["kept_apart_from"]) == (None, None)
    path = f"/api/accounts/{mine['plaid']['id']}/duplicate"
    answer = await api.call("POST", path, user, {"same_as": None})
    assert {row["duplicate_of"] for row in answer["accounts"]} == {None}
    assert {row["provider"]: row["kept_apart_from"] for row in answer["accounts"]} == {
        "plaid": mine["snaptrade"]["id"],
        "snaptrade": mine["plaid"]["id"],
    }
    for key in (plaid, snaptrade):
        await refreshed(world, key)
    assert await counted(world) == {"plaid": True, "snaptrade": True}
    answer = await api.call("POST", path, user, {"same_as": mine["snaptrade"]["id"]})
    assert await counted(world) == {"plaid": False, "snaptrade": True}
    assert {row["kept_apart_from"] for row in answer["accounts"]} == {None}
    stranger = await world.user("grace")
    await world.link_snaptrade(stranger, "FIDELITY", "grace")
    await world.run_due()
    [hers] = (await api.get("/api/accounts", stranger))["accounts"]
    await api.call("POST", path, stranger, {"same_as": None}, status=404)
    others = f"/api/accounts/{hers['id']}/duplicate"
    await api.call("POST", others, stranger, {"same_as": mine["plaid"]["id"]}, status=404)
    await api.call("POST", path, user, {"same_as": "plaid_nobodys"}, status=404)
    await api.call("POST", path, user, {"same_as": mine["plaid"]["id"]}, status=400)
    await api.call("POST", path, user, {}, status=422)
    assert await counted(world) == {"plaid": False, "snaptrade": True}


async def test_what_is_the_same_unseen_can_be_said(world: SyncWorld, api: Api) -> None:
    """Ensure that the owner can join two accounts that nothing but he knows to be one."""
    user = await world.user("alan")
    await world.link_plaid(user, ROBINHOOD, "alan")
    await world.link_snaptrade(user, "COINBASE", "alan")
    await world.run_due()
    assert await counted(world) == {"plaid": True, "snaptrade": True}
    mine = {row["provider"]: row["id"] for row in (await api.get("/api/accounts", user))["accounts"]}
    await api.call("POST", f"/api/accounts/{mine['snaptrade']}/duplicate", user, {"same_as": mine["plaid"]})
    assert await counted(world) == {"plaid": False, "snaptrade": True}
