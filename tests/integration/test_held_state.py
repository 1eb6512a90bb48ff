"""What the collector compares before it reads all held instruments anew."""

from collections.abc import AsyncIterator

import pytest

from realtime.store.instruments import held_state
from realtime.store.pool import Pool
from tests.support.syncing import SyncWorld, sync_world


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, only=("alpaca",)) as world:
        yield world


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("update holdings set quantity = quantity + 1", False),
        ("update accounts set holdings_version = holdings_version + 1", False),
        ("delete from holdings where instrument_id = (select id from instruments where symbol = 'META')", True),
        ("update instruments set listed = false where symbol = 'META'", True),
        ("update instruments set symbol = 'FB' where symbol = 'META'", True),
        ("update accounts set is_active = false", True),
    ],
)
async def test_state_differs_when_the_market_side_does(world: SyncWorld, change: str, differs: bool) -> None:
    """Ensure that new, gone and renamed instruments are noticed, and that quantities are not."""
    await world.link_alpaca(await world.user())
    await world.run_due()
    before = await held_state(world.pool)
    await world.pool.execute(change)
    assert (await held_state(world.pool) != before) is differs
    assert before[0] == 10
