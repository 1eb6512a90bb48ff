"""Accounts that disappear and come back, and accounts under new ids: their holdings and history stay theirs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from providers.linking import access_to, disconnect
from realtime.domain.account import ConnectionId, ProviderName
from realtime.errors import ReconnectNeeded, Unsupported
from realtime.store.connections import connection_by_id, connections_of_user
from realtime.store.holdings import holdings_of
from realtime.store.pool import Pool
from sync.parts import target_of
from sync.refresh import store_report
from tests.support.syncing import SyncWorld, sync_world


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, only=("plaid", "snaptrade")) as world:
        yield world


async def refreshed(world: SyncWorld, key: ConnectionId) -> None:
    await world.ask(key)
    await world.run_due()


async def public_ids(world: SyncWorld) -> dict[str, Any]:
    """Return each account's public id and connection, by mask; two accounts of one mask fail."""
    rows = await world.pool.fetch("select mask, public_id, connection_id::text, is_active from accounts")
    assert len({row["mask"] for row in rows}) == len(rows), rows
    return {row["mask"]: (row["public_id"], row["connection_id"], row["is_active"]) for row in rows}


async def transactions(world: SyncWorld) -> list[tuple[Any, ...]]:
    rows = await world.pool.fetch(
        """select a.mask, t.trade_date, t.kind, t.amount, t.quantity, t.description from investment_transactions t
           join accounts a on a.id = t.account_id order by 1, 2, 3, 4, 5, 6"""
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("provider", "account", "mask"), [("plaid", "ada-checking", "0000"), ("snaptrade", "mary-tfsa", "7742")]
)
async def test_account_that_disappears_comes_back(world: SyncWorld, provider: str, account: str, mask: str) -> None:
    """Ensure that it is hidden meanwhile, with nothing deleted, and the same account afterwards."""
    user = await world.user()
    key = await (
        world.link_plaid(user) if provider == "plaid" else world.link_snaptrade(user, "QUESTRADE", persona="mary")
    )
    await world.run_due()
    before, ids = await world.holdings(key), await public_ids(world)
    await world.control(provider, "accounts", account=account, hidden=True)
    await refreshed(world, key)
    assert await world.holdings(key) == {other: held for other, held in before.items() if other != mask}
    stored = await world.pool.fetchval(
        "select count(*) from holdings h join accounts a on a.id = h.account_id where a.mask = $1", mask
    )
    assert stored == len(before[mask])
    [portfolio] = await holdings_of(world.pool, [user])
    assert len(portfolio.accounts) == len(before) - 1
    await world.control(provider, "accounts", account=account, hidden=False)
    await refreshed(world, key)
    assert await world.holdings(key) == before
    assert await public_ids(world) == ids


async def test_item_with_new_account_ids_keeps_its_accounts(world: SyncWorld) -> None:
    """Ensure that ids which changed under a working Item change no account, holding or transaction."""
    key = await world.link_plaid(await world.user())
    await world.run_due()
    before, ids, lines = await world.holdings(key), await public_ids(world), await transactions(world)
    [item] = (await world.control("plaid", "state", method="GET"))["items"]
    await world.control("plaid", "renumber", item_id=item["item_id"])
    await refreshed(world, key)
    assert await world.holdings(key) == before
    assert await public_ids(world) == ids
    assert await transactions(world) == lines
    assert (await world.last_run(key))["outcome"] == "complete"


@pytest.mark.parametrize("provider", ["plaid", "snaptrade"])
async def test_login_connected_again_keeps_its_history(world: SyncWorld, provider: str) -> None:
    """Ensure that after disconnecting and connecting again accounts are the same ones, with each transaction once."""
    user = await world.user()
    old = await world.link(provider, user)
    await world.run_due()
    before, ids, lines = await world.holdings(old), await public_ids(world), await transactions(world)
    stored = await connection_by_id(world.pool, old)
    assert stored is not None
    await disconnect(world.pool, world.parts.cipher, world.parts.providers[ProviderName(provider)], stored)
    new = await world.link(provider, user)
    assert new != old
    await world.run_due()
    assert await world.holdings(new) == before
    assert await public_ids(world) == {mask: (public, new, True) for mask, (public, _, _) in ids.items()}
    assert len(lines) > 20
    assert await transactions(world) == lines


async def test_item_linked_twice_counts_once(world: SyncWorld) -> None:
    """Ensure that a second Item of one login takes over, and that the first ends here and at Plaid."""
    user = await world.user()
    old = await world.link_plaid(user)
    await world.run_due()
    before, ids = await world.holdings(old), await public_ids(world)
    stored = await connection_by_id(world.pool, old)
    new = await world.link_plaid(user)
    await world.run_due()
    assert await world.holdings(old) == {}
    assert await world.holdings(new) == before
    assert {mask: public for mask, (public, _, _) in (await public_ids(world)).items()} == {
        mask: public for mask, (public, _, _) in ids.items()
    }
    assert [one.id for one in await connections_of_user(world.pool, user)] == [new]
    told = await world.pool.fetchrow("select subject, actor from audit_log where act = 'unlink'")
    assert told is not None
    assert tuple(told) == (old, "sync")
    assert stored is not None
    with pytest.raises(ReconnectNeeded, match="ITEM_NOT_FOUND"):
        await world.plaid.item(access_to(stored, world.parts.cipher))
    await refreshed(world, old)
    assert (await world.status(old))[0] == "removed"
    assert await world.holdings(new) == before


async def test_another_login_at_the_same_institution_is_left_alone(world: SyncWorld) -> None:
    """Ensure that a working connection with an account of its own is not taken over."""
    user = await world.user()
    old = await world.link_plaid(user)
    await world.run_due()
    await world.pool.execute("update accounts set mask = '9999', provider_account_id = 'own' where mask = '0000'")
    new = await world.link_plaid(user)
    await world.run_due()
    assert [one.id for one in await connections_of_user(world.pool, user)] == [old, new]
    assert (await world.holdings(old)).keys() == {"9999", "4821"}
    assert (await world.holdings(new)).keys() == {"0000", "4821"}


async def test_broken_connection_gives_its_account_to_the_new_one(world: SyncWorld) -> None:
    """Ensure that a user who connects anew instead of repairing keeps his account and sees it once."""
    user = await world.user()
    old = await world.link_plaid(user)
    await world.run_due()
    before, ids = await world.holdings(old), await public_ids(world)
    await world.control("plaid", "login", persona="ada", working=False)
    await refreshed(world, old)
    assert (await world.status(old))[0] == "reconnect_needed"
    new = await world.link_plaid(user)
    await world.run_due()
    assert await world.holdings(new) == before
    assert (await public_ids(world))["4821"][0] == ids["4821"][0]
    assert (await world.status(old))[0] == "removed"


async def test_refresh_that_ends_after_the_connection_stores_nothing(world: SyncWorld) -> None:
    """Ensure that a connection which the user removes during its refresh stays hidden."""
    key = await world.link_plaid(await world.user())
    await world.run_due()
    await world.ask(key)
    job = await world.claim()
    stored = await connection_by_id(world.pool, key)
    assert stored is not None
    target = await target_of(world.parts, job)
    report = await target.provider.positions(target.access)
    await disconnect(world.pool, world.parts.cipher, world.plaid, stored)
    with pytest.raises(Unsupported):
        await store_report(world.parts, job, target, report)
    assert await world.holdings(key) == {}
