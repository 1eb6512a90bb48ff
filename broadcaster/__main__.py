"""`python -m broadcaster`."""

import asyncio

from broadcaster.stage import running
from realtime.process import Process, run_stage


async def main(process: Process) -> None:
    """Serve until cancelled."""
    async with running(process.settings, process.health, process.log):
        await asyncio.Event().wait()


if __name__ == "__main__":
    run_stage("broadcaster", main)
