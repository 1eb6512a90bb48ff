"""The simulated providers, a process each, on free ports."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from demo.options import Options
from realtime.errors import Misconfigured
from realtime.up import end_process

_START_WITHIN_S = 30.0
_DAILY_BARS = "daily-bars.csv.gz"
"""Real daily bars, taken for the previous closes where they lie beside the recording."""


@dataclass(frozen=True)
class SimulatorUrls:
    """Where the simulators listen, `http://127.0.0.1:PORT` each."""

    alpaca: str
    plaid: str
    snaptrade: str
    broker: str


@asynccontextmanager
async def simulators(options: Options, env: Mapping[str, str]) -> AsyncIterator[SimulatorUrls]:
    """Run the four simulators while the body runs.

    Raises:
        Misconfigured: One of them does not start.
    """
    async with AsyncExitStack() as stack:
        started = [
            stack.enter_async_context(simulator_up(name, [*arguments, "--seed", str(options.seed)], env))
            for name, arguments in (
                ("alpaca", _market_arguments(options)),
                ("plaid", []),
                ("snaptrade", ["--webhook-url", f"http://127.0.0.1:{options.port}/api/snaptrade/webhook"]),
                ("broker", []),
            )
        ]
        yield SimulatorUrls(*[await one for one in started])


def _market_arguments(options: Options) -> list[str]:
    speed = ["--speed", "max", "--held"] if options.full_speed else ["--speed", str(options.speed)]
    if options.recording is None:
        return speed
    arguments = [*speed, "--recording", str(options.recording), "--with-others"]
    bars = options.recording.with_name(_DAILY_BARS)
    return [*arguments, "--daily-bars", str(bars)] if bars.exists() else arguments


@asynccontextmanager
async def simulator_up(name: str, arguments: list[str], env: Mapping[str, str]) -> AsyncIterator[str]:
    """Run one simulator while the body runs; yield where it listens.

    Raises:
        Misconfigured: It does not start.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", name, "--port", "0", *arguments),
        env=dict(env),
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield await _listening_url(name, process)
    finally:
        await end_process(process)


async def _listening_url(name: str, process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_WITHIN_S):
            line = await process.stdout.readline()
        url: str = json.loads(line)["url"]
    except (TimeoutError, ValueError, KeyError):
        raise Misconfigured((f"the simulator of {name} does not start",)) from None
    return url
