"""The embedded servers in a process and session of their own.

Ctrl-C in a terminal reaches every process of the foreground group; here it must reach the demo alone, which ends
the stages first and the servers last. The servers also end when the demo dies without a word: their standard input
closes.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from realtime.embedded import EmbeddedServers, embedded_servers
from realtime.errors import Misconfigured

_STOP_WITHIN_S = 15.0


@asynccontextmanager
async def servers_apart(folder: Path) -> AsyncIterator[EmbeddedServers]:
    """Run both servers while the body runs, out of reach of the terminal's signals.

    Raises:
        Misconfigured: One of them does not start here.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "demo.servers", str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        told = json.loads(await process.stdout.readline() or '{"problem": "the embedded servers do not start"}')
        if "problem" in told:
            raise Misconfigured((told["problem"],))
        yield EmbeddedServers(**told)
    finally:
        process.stdin.close()
        async with asyncio.timeout(_STOP_WITHIN_S):
            await process.wait()


async def _serve(folder: Path) -> None:
    demo_gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), demo_gone.set)
    async with embedded_servers(folder) as servers:
        print(json.dumps(asdict(servers)), flush=True)
        await demo_gone.wait()


if __name__ == "__main__":
    try:
        asyncio.run(_serve(Path(sys.argv[1])))
    except Misconfigured as error:
        print(json.dumps({"problem": "; ".join(error.problems)}), flush=True)
