"""All stages as processes on one machine: started, restarted when they die, ended together."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from realtime.clock import Clock, WallClock
from realtime.log import Log

STAGES = ("sync", "symbol_collector", "calculator", "broadcaster", "api", "monitor")
_RESTART_AFTER_S = (0.1, 0.5, 1.0, 2.0, 5.0)
_STEADY_AFTER_S = 5.0
_DRAIN_S = 8.0


@dataclass
class Child:
    """One stage's process, the current one of possibly several in a row."""

    name: str
    command: Sequence[str]
    process: asyncio.subprocess.Process | None = None
    restarts_count: int = 0

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid


@dataclass
class Supervisor:
    """Keeps child processes alive until it is closed.

    A child that ends by itself is started again, at first at once, then after up to 5 s.
    """

    env: Mapping[str, str]
    log: Log = field(default_factory=Log)
    clock: Clock = field(default_factory=WallClock)
    children: dict[str, Child] = field(default_factory=dict)

    async def keep(self, name: str, command: Sequence[str]) -> None:
        """Run a command, again and again, until cancelled; then end it and wait for it."""
        child = self.children.setdefault(name, Child(name, command))
        failures = 0
        while True:
            started_at = self.clock.monotonic()
            child.process = await asyncio.create_subprocess_exec(
                *command, env=dict(self.env), start_new_session=True, stdin=asyncio.subprocess.DEVNULL
            )
            try:
                status = await child.process.wait()
            except asyncio.CancelledError:
                await end_process(child.process)
                raise
            failures = 0 if self.clock.monotonic() - started_at > _STEADY_AFTER_S else failures + 1
            delay_s = _RESTART_AFTER_S[min(failures, len(_RESTART_AFTER_S)) - 1] if failures else 0.0
            self.log.warning("stage_restarted", name=name, exit_status=status, after_s=delay_s)
            await self.clock.sleep(delay_s)
            child.restarts_count += 1


@asynccontextmanager
async def stages_up(env: Mapping[str, str], stages: Sequence[str] = STAGES) -> AsyncIterator[Supervisor]:
    """Run these stages while the body runs; end them all, drained, afterwards."""
    supervisor = Supervisor(env)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(supervisor.keep(stage, [sys.executable, "-m", stage]), name=stage) for stage in stages
        ]
        try:
            yield supervisor
        finally:
            for task in running:
                task.cancel()


async def end_process(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, wait for it to drain, kill it when it does not."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_DRAIN_S):
            await process.wait()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def up(env: Mapping[str, str]) -> None:
    """Run all stages until SIGINT or SIGTERM."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    async with stages_up(env):
        await stopping.wait()
