"""What an operator sees of refreshes: a line for each account, durations and errors by product."""

from collections.abc import AsyncIterator

import pytest
import structlog

from realtime.metrics import REGISTRY
from realtime.store.pool import Pool
from tests.support.syncing import SyncWorld, sync_world


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool) as world:
        yield world


def counted(product: str, outcome: str | None = None) -> float:
    if outcome is None:
        return REGISTRY.get_sample_value("sync_latency_seconds_count", {"product": product}) or 0.0
    return REGISTRY.get_sample_value("sync_error_total", {"product": product, "outcome": outcome}) or 0.0


async def test_a_refresh_leaves_a_line_and_a_duration(world: SyncWorld, pool: Pool) -> None:
    """Ensure each account's refresh is logged as `sync_complete` with product and account, and measured by product."""
    before = {product: counted(product) for product in ("holdings", "transactions")}
    await world.link_plaid(await world.user())
    with structlog.testing.capture_logs() as logs:
        await world.run_due()
    accounts = {row["public_id"] for row in await pool.fetch("select public_id from accounts")}
    done = [line for line in logs if line["event"] == "sync_complete"]
    assert {line["account"] for line in done} == accounts
    assert all(line["product"] for line in done)
    assert {line["account"] for line in done if "holdings_count" not in line} == accounts, "of the transactions"
    assert {product: counted(product) - count for product, count in before.items()} == {
        "holdings": 1,
        "transactions": 1,
    }


async def test_a_refresh_that_fails_is_counted_by_product_and_outcome(world: SyncWorld) -> None:
    """Ensure an error shows as its outcome, and not as a duration."""
    key = await world.link_plaid(await world.user())
    await world.run_due()
    await world.control("plaid", "login", persona="ada", working=False)
    succeeded, failed = counted("holdings"), counted("holdings", "reconnect_needed")
    await world.ask(key)
    await world.run_due()
    assert counted("holdings") == succeeded
    assert counted("holdings", "reconnect_needed") == failed + 1
