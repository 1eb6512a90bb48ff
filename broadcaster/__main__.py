"""`python -m broadcaster`."""

import asyncio
import gc

from broadcaster.stage import running
from realtime.process import Process, run_stage


async def main(process: Process) -> None:
    """Serve until cancelled."""
    async with running(process.settings, process.health, process.log):
        gc.collect()
        gc.freeze()  # what start-up left lives as long as the process; searching it again would cost 60 ms each time
        await asyncio.Event().wait()


if __name__ == "__main__":
    run_stage("broadcaster", main)
