"""How connections begin and end: nothing is used before it is stored, and nobody takes another's connection."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from providers.base import Access, UnexpectedAnswer
from providers.linking import (
    connect_alpaca,
    connect_alpaca_firm_account,
    connect_plaid,
    connect_snaptrade,
    disconnect,
    snaptrade_login_url,
    snaptrade_user,
)
from providers.rotation import reset_snaptrade_secret, rotate_plaid_token
from realtime.domain.account import ProviderName
from realtime.errors import BadRequest, Misconfigured, ReconnectNeeded, RetryLater
from realtime.store.connections import connection_by_id, connections_of_user
from realtime.store.pool import Pool
from realtime.store.users import snaptrade_secret, user_by_name
from tests.support.syncing import BANK, SyncWorld, sync_world


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool) as world:
        yield world


async def test_link_tokens(world: SyncWorld) -> None:
    """Ensure link tokens for a new Item, for the repair of one, and for a hosted session."""
    ada = await world.user()
    assert (await world.plaid.link.link_token(ada, products=("investments", "transactions"))).token.startswith("link-")
    item = await world.plaid.link.exchange(await world.plaid.link.sandbox_public_token(BANK, "ada"))
    assert (await world.plaid.link.link_token(ada, repaired=item.access_token)).hosted_url is None
    assert (await world.plaid.link.link_token(ada, hosted=True)).hosted_url is not None
    assert (await world.plaid.link.institution(BANK)).name == "First Platypus Bank"


async def test_used_public_token_is_refused(world: SyncWorld) -> None:
    """Ensure that a public token makes one connection, and that an invented one is the client's fault."""
    ada = await world.user()
    token = await world.plaid.link.sandbox_public_token(BANK, "ada")
    await connect_plaid(world.pool, world.parts.cipher, world.plaid, user_id=ada, public_token=token)
    with pytest.raises(BadRequest):
        await connect_plaid(world.pool, world.parts.cipher, world.plaid, user_id=ada, public_token="public-sandbox-0")
    [connection] = await connections_of_user(world.pool, ada)
    assert connection.institution_id == BANK


async def test_connection_of_another_user_is_not_taken(world: SyncWorld) -> None:
    """Ensure that a second user with the same keys does not get the first one's connection."""
    await world.link_alpaca(await world.user("ada"))
    grace = await world.user("grace")
    with pytest.raises(BadRequest, match="connection_taken"):
        await world.link_alpaca(grace, "ada")
    assert await connections_of_user(world.pool, grace) == []


async def test_linking_again_repairs(world: SyncWorld) -> None:
    """Ensure that the same keys given again make a broken connection work, as the same connection."""
    ada = await world.user()
    key = await world.link_alpaca(ada)
    await world.pool.execute("update connections set status = 'reconnect_needed', credential = null")
    assert await world.link_alpaca(ada) == key
    await world.run_due()
    assert await world.status(key) == ("active", None)


async def test_refused_keys_make_no_connection(world: SyncWorld) -> None:
    """Ensure that wrong keys are refused before anything is stored."""
    ada = await world.user()
    with pytest.raises(ReconnectNeeded):
        await connect_alpaca(world.pool, world.parts.cipher, world.alpaca, user_id=ada, key_id="x", secret_key="wrong")
    assert await connections_of_user(world.pool, ada) == []


async def test_firm_account_is_read_by_the_firms_keys(world: SyncWorld) -> None:
    """Ensure that a Broker API account gives the same holdings as the account's own keys."""
    ada = await world.user()
    own = await world.link_alpaca(ada)
    await world.run_due()
    [by_own_keys] = (await world.holdings(own)).values()
    account = await world.pool.fetchval("select provider_connection_id from connections where id = $1", own)
    await world.pool.execute("delete from users")
    firm = await connect_alpaca_firm_account(world.pool, world.alpaca, user_id=await world.user(), account_id=account)
    await world.run_due()
    assert list((await world.holdings(firm)).values()) == [by_own_keys]
    stored = await connection_by_id(world.pool, firm)
    assert stored is not None
    assert stored.credential is None


async def test_user_is_registered_once(world: SyncWorld) -> None:
    """Ensure that two requests at the same moment register one user, whose secret is stored encrypted."""
    ada = await world.user()
    urls = await asyncio.gather(
        *(
            snaptrade_login_url(world.pool, world.parts.cipher, world.snaptrade, user_id=ada, broker="ROBINHOOD")
            for _ in range(2)
        )
    )
    assert len(set(urls)) == 2
    stored = await snaptrade_secret(world.pool, ada)
    assert stored is not None
    secret = SecretStr(world.parts.cipher.decrypt(stored))
    assert await world.snaptrade.portal.connections(snaptrade_user(ada), secret) == []


async def test_lost_registration_is_undone(world: SyncWorld) -> None:
    """Ensure that a user whose secret was lost on the way can register after all."""
    ada = await world.user()
    await world.snaptrade.portal.register(snaptrade_user(ada))
    with pytest.raises(RetryLater):
        await snaptrade_login_url(world.pool, world.parts.cipher, world.snaptrade, user_id=ada)
    assert await world.link_snaptrade(ada)


async def test_portal_redirect_is_a_hint_only(world: SyncWorld) -> None:
    """Ensure that a connection is believed only when SnapTrade lists it for this user."""
    ada, grace = await world.user("ada"), await world.user("grace")
    await world.link_snaptrade(ada)
    [connection] = await connections_of_user(world.pool, ada)
    await snaptrade_login_url(world.pool, world.parts.cipher, world.snaptrade, user_id=grace)
    for user in (grace, await world.user("linus")):
        with pytest.raises(BadRequest, match="unknown_connection"):
            await connect_snaptrade(
                world.pool,
                world.parts.cipher,
                world.snaptrade,
                user_id=user,
                authorization_id=connection.provider_connection_id,
            )


async def test_disconnecting_hides_and_forgets(world: SyncWorld) -> None:
    """Ensure that a removed connection is ended at the provider, its credential gone, its accounts kept but hidden."""
    ada = await world.user()
    key = await world.link_plaid(ada)
    await world.run_due()
    stored = await connection_by_id(world.pool, key)
    assert stored is not None
    await disconnect(world.pool, world.parts.cipher, world.plaid, stored)
    assert await connections_of_user(world.pool, ada) == []
    assert await world.holdings(key) == {}
    assert await world.pool.fetchval("select count(*) from accounts where not is_active") == 2
    assert await world.pool.fetchval("select credential from connections") is None
    await world.ask(key)
    await world.run_due()
    assert (await world.last_run(key))["outcome"] == "unsupported"
    assert (await world.status(key))[0] == "removed"


async def test_rotated_token_is_used_from_then_on(world: SyncWorld) -> None:
    """Ensure that a new access token replaces the old one, here and at Plaid, and that refreshes go on."""
    ada = await world.user()
    key = await world.link_plaid(ada)
    old = await world.pool.fetchval("select credential from connections where id = $1", key)
    await rotate_plaid_token(world.pool, world.parts.cipher, world.plaid, ada, key)
    new = await world.pool.fetchval("select credential from connections where id = $1", key)
    tokens = [SecretStr(world.parts.cipher.decrypt(stored)) for stored in (old, new)]
    assert tokens[0] != tokens[1]
    with pytest.raises(UnexpectedAnswer, match="INVALID_ACCESS_TOKEN"):
        await world.plaid.item(Access("", "", tokens[0]))
    await world.run_due()
    assert len(await world.holdings(key)) == 2
    assert await world.pool.fetchval("select subject from audit_log where act = 'rotate_credential'") == key
    await world.pool.execute("update connections set status = 'removed'")
    with pytest.raises(BadRequest, match="unknown_connection"):
        await rotate_plaid_token(world.pool, world.parts.cipher, world.plaid, ada, key)


async def test_reset_secret_keeps_the_connections(world: SyncWorld) -> None:
    """Ensure that a user's new secret replaces the old one, and that his connections go on working."""
    ada = await world.user()
    with pytest.raises(BadRequest, match="unknown_user"):
        await reset_snaptrade_secret(world.pool, world.parts.cipher, world.snaptrade, ada)
    key = await world.link_snaptrade(ada)
    old = await snaptrade_secret(world.pool, ada)
    await reset_snaptrade_secret(world.pool, world.parts.cipher, world.snaptrade, ada)
    assert old is not None
    with pytest.raises(ReconnectNeeded):
        await world.snaptrade.portal.connections(snaptrade_user(ada), SecretStr(world.parts.cipher.decrypt(old)))
    await world.run_due()
    assert len((await world.holdings(key))["8443"]) == 9


async def test_users_are_found_by_name(world: SyncWorld) -> None:
    """Ensure that a user can be named, and that money of his currency is an instrument."""
    ada = await world.user("ada", "EUR")
    assert await user_by_name(world.pool, "ada") == ada
    assert await user_by_name(world.pool, "nobody") is None
    assert await world.pool.fetchval("select name from instruments where symbol = 'CUR:EUR'") == "EUR"


async def test_provider_that_is_not_set_up_is_named(world: SyncWorld, postgres_dsn: str) -> None:
    """Ensure that a connection of a provider without settings fails with a sentence."""
    key = await world.link_plaid(await world.user())
    async with sync_world(postgres_dsn, world.pool, only=(), plaid_secret=None) as other:
        await other.run_due()
    assert await world.status(key) == ("error", "misconfigured")
    with pytest.raises(Misconfigured):
        other.parts.providers[ProviderName.PLAID]
