"""Calls that one provider alone has, through its real SDK."""

import re
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Literal, cast

import pytest
from pydantic import SecretStr

from providers.base import Access
from providers.limits import RateLimited
from providers.linking import access_to, snaptrade_login_url
from providers.plaid.provider import PlaidProvider
from providers.registry import open_providers
from realtime.clock import WallClock
from realtime.domain.account import ProviderName
from realtime.errors import BadRequest, RetryLater
from realtime.settings import Settings
from realtime.store.connections import connection_by_id
from realtime.store.pool import Pool
from simulator.broker_http import BrokerServer
from tests.contract.served import served
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


async def test_alpacas_word_on_its_limit_is_kept(pool: Pool) -> None:
    """Ensure that after the last allowed call none is sent until the time that the headers name."""
    server = BrokerServer(7)
    server.simulation.requests_per_minute = 6
    with served(server.app) as url:
        async with open_providers(Settings(alpaca_trading_url=url), WallClock()) as providers:
            alpaca = providers[ProviderName.ALPACA]
            access = Access("", "", SecretStr('{"key_id":"ada-key","secret_key":"ada-secret"}'))
            await alpaca.positions(access)
            await alpaca.positions(access)
            with pytest.raises(RetryLater) as refused:
                await alpaca.positions(access)
    assert not isinstance(refused.value, RateLimited)
    assert 30 < (refused.value.after_s or 0) <= 60


async def test_a_refusal_says_when_to_come_back(pool: Pool) -> None:
    """Ensure that a call which the server refuses for its rate is tried again when the server says."""
    server = BrokerServer(7)
    server.simulation.requests_per_minute = 4
    with served(server.app) as url:
        async with open_providers(Settings(alpaca_trading_url=url), WallClock()) as providers:
            alpaca = providers[ProviderName.ALPACA]
            access = Access("", "", SecretStr('{"key_id":"ada-key","secret_key":"ada-secret"}'))
            await alpaca.positions(access)
            with pytest.raises(RateLimited) as refused:
                await alpaca.positions(access)
    assert 30 < (refused.value.after_s or 0) <= 61


async def test_plaid_link_token_says_what_it_is_for(world: SyncWorld) -> None:
    """Ensure that products, webhook, redirect and the Item to repair reach Plaid, in the right mode."""
    settings = world.settings.model_copy(
        update={"plaid_webhook_url": "https://n.example/hook", "plaid_redirect_uri": "https://n.example/oauth"}
    )
    async with open_providers(settings, WallClock()) as providers:
        link = cast("PlaidProvider", providers[ProviderName.PLAID]).link
        user = await world.user()
        new = await link.link_token(user, products=("investments", "transactions"))
        item = await link.exchange(await link.sandbox_public_token(BANK, "ada"))
        repair = await link.link_token(user, repaired=item.access_token)
        hosted = await link.link_token(user, hosted=True)
    sessions = {one["token"]: one for one in (await world.control("plaid", "state", method="GET"))["link_tokens"]}
    assert sessions[new.token] == {
        "token": new.token, "products": ["investments", "transactions"], "webhook": "https://n.example/hook",
        "redirect_uri": "https://n.example/oauth", "user": user, "repairs": None,
    }  # fmt: skip
    assert sessions[repair.token]["repairs"] == item.id
    assert sessions[repair.token]["products"] == []
    assert hosted.hosted_url is not None


@pytest.mark.parametrize("kind", ["read", "trade", "trade-if-available"])
async def test_snaptrade_portal_is_opened_for_what_is_asked(world: SyncWorld, kind: Literal["read", "trade"]) -> None:
    """Ensure that the broker, the access, the connection to repair and the way back reach SnapTrade."""
    user = await world.user()
    key = await world.link_snaptrade(user)
    connection = await connection_by_id(world.pool, key)
    assert connection is not None
    await snaptrade_login_url(
        world.pool,
        world.parts.cipher,
        world.snaptrade,
        user_id=user,
        broker="ROBINHOOD",
        access=kind,
        reconnect=connection.provider_connection_id,
        redirect_url="https://n.example/back?state=1",
    )
    *_, asked = (await world.control("snaptrade", "state", method="GET"))["sessions"]
    assert asked == {
        "broker": "ROBINHOOD", "connection_type": kind, "reconnect": connection.provider_connection_id,
        "custom_redirect": "https://n.example/back?state=1",
    }  # fmt: skip


async def test_public_ids_name_their_provider(world: SyncWorld) -> None:
    """Ensure that an account's public id begins with its provider's name, and is unlike the provider's own id."""
    user = await world.user()
    for link in (world.link_plaid(user), world.link_snaptrade(user), world.link_alpaca(user)):
        await link
    await world.run_due()
    rows = await world.pool.fetch("select provider, public_id, provider_account_id from accounts")
    assert {row["provider"] for row in rows} == {"plaid", "snaptrade", "alpaca"}
    for row in rows:
        assert re.fullmatch(f"{row['provider']}_[0-9a-f]{{32}}", row["public_id"])
        assert row["provider_account_id"] not in row["public_id"]


async def test_invented_public_token_is_the_clients_fault(world: SyncWorld) -> None:
    """Ensure that the error names the token, not us."""
    with pytest.raises(BadRequest, match="invalid_public_token"):
        await world.plaid.link.exchange("public-sandbox-0")
