"""`navstream jobs`: what failed for good is seen, with its reason, and tried again when a person says so."""

import json
from collections.abc import AsyncIterator

import pytest

from realtime.errors import BadRequest
from realtime.jobs_now import retry_jobs, show_jobs
from realtime.store.jobs import JobState
from realtime.store.keys import new_key
from realtime.store.pool import Pool
from tests.support.syncing import SyncWorld, sync_world


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool) as world:
        yield world


async def test_a_dead_job_is_listed_and_tried_again(world: SyncWorld, capsys: pytest.CaptureFixture[str]) -> None:
    """Ensure a person sees why it died, repairs the cause, and has it done after all; once."""
    key = await world.link_alpaca(await world.user())
    await world.run_due()
    await world.pool.execute("update connections set credential = 'garbage'")
    dead = await world.ask(key)
    await world.run_due()
    capsys.readouterr()
    await show_jobs(world.settings, JobState.DEAD, 10, as_json=True)
    [listed] = json.loads(capsys.readouterr().out)
    assert (listed["id"], listed["state"], listed["user"]) == (str(dead), "dead", "ada")
    assert listed["last_error"]
    await show_jobs(world.settings, None, 10, as_json=False)
    assert "dead" in capsys.readouterr().out
    await world.link_alpaca(await world.pool.fetchval("select user_id::text from connections"))
    await world.run_due()
    assert await retry_jobs(world.settings, dead) == 1
    await world.run_due()
    assert await world.pool.fetchval("select state from jobs where id = $1", dead) == "done"
    with pytest.raises(BadRequest, match="unknown_job"):
        await retry_jobs(world.settings, dead)


async def test_all_dead_jobs_are_tried_again_at_once(world: SyncWorld) -> None:
    """Ensure `--all` revives every dead job, and none of the same twice in the queue."""
    key = await world.link_alpaca(await world.user())
    await world.run_due()
    user = await world.pool.fetchval("select user_id from connections where id = $1", key)
    for _ in range(2):
        await world.pool.execute(
            """insert into jobs (id, kind, connection_id, user_id, trigger, state, finished_at)
               values ($1, 'holdings', $2, $3, 'schedule', 'dead', now())""",
            new_key(),
            key,
            user,
        )
    assert await retry_jobs(world.settings, None) == 1
    assert await world.run_due() == 1
    assert await retry_jobs(world.settings, None) == 1
    with pytest.raises(BadRequest):
        await retry_jobs(world.settings, new_key())
