"""Calls that one provider alone has, through its real SDK."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from providers.linking import access_to
from realtime.errors import BadRequest
from realtime.store.connections import connection_by_id
from realtime.store.pool import Pool
from tests.support.syncing import BANK, SyncWorld, sync_world


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool) as world:
        yield world


async def test_plaid_institutions_are_found_by_name_and_products(world: SyncWorld) -> None:
    """Ensure that a search finds what has all of the products, and nothing for a word that no name has."""
    found = await world.plaid.link.institutions("plat", products=("investments",))
    assert BANK in [one.id for one in found]
    assert await world.plaid.link.institutions("no such bank") == []


async def test_plaid_balances_are_asked_for_one_account(world: SyncWorld) -> None:
    """Ensure that a bank's live balance is that of the account alone, in its currency."""
    connection = await connection_by_id(world.pool, await world.link_plaid(await world.user()))
    assert connection is not None
    access = access_to(connection, world.parts.cipher)
    [checking] = [one for one in await world.plaid.accounts(access) if one.mask == "0000"]
    [live] = await world.plaid.balances(access, checking.id)
    assert (live.id, live.total, live.currency) == (checking.id, Decimal("8412.67"), "USD")


async def test_alpaca_firm_sees_its_accounts(world: SyncWorld) -> None:
    """Ensure that the firm's list has every account, and that each can be read by the firm's keys."""
    accounts, odd = await world.alpaca.firm_accounts()
    assert len(accounts) == 3
    assert odd == []
    assert {one.status for one in accounts} == {"ACTIVE"}


async def test_invented_public_token_is_the_clients_fault(world: SyncWorld) -> None:
    """Ensure that the error names the token, not us."""
    with pytest.raises(BadRequest, match="invalid_public_token"):
        await world.plaid.link.exchange("public-sandbox-0")
