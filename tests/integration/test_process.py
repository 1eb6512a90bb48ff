"""A stage's process ends when it is asked to."""

import asyncio
import signal
import sys
import textwrap

import pytest

STUBBORN = textwrap.dedent(
    """
    import asyncio
    from realtime.process import run_stage

    async def deaf():
        swallowed = 0
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed > {swallows}:
                    raise

    async def main(process):
        process.health.well()
        print("ready", flush=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(deaf())

    run_stage("test", main)
    """
)


@pytest.mark.parametrize("swallows", [0, 1, 3])
async def test_sigterm_ends_a_stage_although_a_library_swallows_cancellations(redis_url: str, swallows: int) -> None:
    """Ensure a cancellation that got lost is sent again, and the process ends with status 0."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STUBBORN.format(swallows=swallows)),
        env={"NAVSTREAM_REDIS_URL": redis_url, "PATH": ""},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(8):
        assert await process.wait() == 0
