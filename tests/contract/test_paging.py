"""Transactions of many pages: each line once, whatever the size of a page."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from providers.alpaca import client as alpaca_client
from providers.base import Access
from providers.linking import access_to
from realtime.domain.account import ProviderName
from realtime.store.connections import connection_by_id
from realtime.store.pool import Pool
from tests.support.syncing import SyncWorld, sync_world

SINCE = date(2024, 1, 1)
ACCOUNTS = {"plaid": "ada-brokerage", "snaptrade": "ada-robinhood", "alpaca": "ada-alpaca"}
LINES = {"plaid": 1_100, "snaptrade": 2_100, "alpaca": 230}
"""More than two full pages."""


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool) as world:
        yield world


async def trade(world: SyncWorld, provider: str, count: int) -> None:
    """Let an account buy and sell, so often."""
    await world.control(provider, "activities", account=ACCOUNTS[provider], symbol="KO", count=count)


@pytest.mark.parametrize("provider", sorted(ACCOUNTS))
async def test_every_line_of_many_pages_is_read_once(world: SyncWorld, provider: str) -> None:
    """Ensure that no line is lost or doubled between pages."""
    name = ProviderName(provider)
    connection = await connection_by_id(world.pool, await world.link(provider, await world.user()))
    assert connection is not None
    access = access_to(connection, world.parts.cipher)
    before = await world.parts.providers[name].transactions(access, SINCE)
    await trade(world, provider, LINES[provider])
    report = await world.parts.providers[name].transactions(access, SINCE)
    ids = [line.id for line in report.transactions]
    assert len(ids) == len(set(ids)) == len(before.transactions) + LINES[provider]
    assert report.set_aside == ()


async def test_a_firms_account_has_its_own_activities(world: SyncWorld) -> None:
    """Ensure that the firm's keys give the activities of the account that is asked for, all pages of them."""
    accounts, _ = await world.alpaca.firm_accounts()
    await trade(world, "alpaca", LINES["alpaca"])
    found: dict[str, Any] = {
        one.id: await world.alpaca.transactions(Access(one.id, "", None), SINCE) for one in accounts
    }
    counts = sorted(len(report.transactions) for report in found.values())
    assert counts[-1] > LINES["alpaca"] > alpaca_client.PAGE > counts[0]
