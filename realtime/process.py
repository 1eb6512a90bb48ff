"""The life of a stage's process: settings, logs, uvloop, signals, heartbeat, metrics, drain."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from socket import gethostname
from typing import Any

import uvloop
from redis.exceptions import RedisError

from realtime.bus.client import Bus, open_bus
from realtime.bus.heartbeats import write_heartbeat
from realtime.clock import WallClock
from realtime.contract.messages import Heartbeat
from realtime.errors import Misconfigured
from realtime.exposition import exposed
from realtime.log import Log, set_up_logging
from realtime.loop_lag import LoopLag
from realtime.metrics import LOG_EVENT, STAGE_HEALTHY
from realtime.settings import Settings, load_settings

_BEAT_EVERY_S = 1.0
_DRAIN_S = 2.0
_CANCEL_AGAIN_S = 0.25
Facts = Mapping[str, str | int | float | None]


@dataclass
class Health:
    """What a stage says of itself; its loops write it, the heartbeat sends it.

    Attributes:
        latency_counts: As in the heartbeat.
    """

    problem: str | None = "starting"
    facts: dict[str, str | int | float | None] = field(default_factory=dict)
    latency_counts: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def well(self) -> None:
        """Say that the stage does its work."""
        self.problem = None


@dataclass(frozen=True)
class Process:
    """What `run_stage` hands to a stage."""

    settings: Settings
    log: Log
    health: Health
    stopping: asyncio.Event
    """Set when the process was asked to end; loops drain and return."""


def run_stage(stage: str, main: Callable[[Process], Coroutine[Any, Any, None]]) -> None:
    """Run a stage's `main` until it ends or a signal asks it to; exit status 1 after an unexpected error.

    The process restarts clean (its supervisor's job) instead of going on half dead.
    """
    try:
        settings = load_settings(stage)
    except Misconfigured as error:
        sys.exit(str(error))
    set_up_logging(settings.log_format, settings.log_level, lambda event: LOG_EVENT.labels(event).inc())
    log = Log(stage=stage)
    process = Process(settings, log, Health(), asyncio.Event())
    try:
        uvloop.run(_live(stage, process, main))
    except BaseException as error:
        if isinstance(error, SystemExit | KeyboardInterrupt):
            raise
        refusal = _refusal(error)
        if refusal is not None:
            sys.exit(str(refusal))
        log.error("stage_failed", exc_info=error)  # noqa: TRY400  # our own logger
        sys.exit(1)
    log.info("stage_stopped")


def _refusal(error: BaseException) -> Misconfigured | None:
    """Return what is wrong with the settings, if that is what an error, or one in a group, says."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for each in error.exceptions if (found := _refusal(each)) is not None), None)
    return error if isinstance(error, Misconfigured) else None


async def _live(stage: str, process: Process, main: Callable[[Process], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, process.stopping.set)
    process.log.info("stage_started", pid=os.getpid())
    settings, lag = process.settings, LoopLag(WallClock())
    with exposed(
        stage,
        settings.metrics_host,
        settings.metrics_port(stage),
        lambda: (lag.is_turning, process.health.problem),
        process.log,
    ) as metrics_port:
        async with open_bus(settings.redis_address) as bus, asyncio.TaskGroup() as tasks:
            own = [
                tasks.create_task(_beat(stage, process, bus, metrics_port)),
                tasks.create_task(lag.measure()),
            ]
            await _until_stopped(main(process), process.stopping)
            for task in own:
                await end_task(task)


async def _until_stopped(work: Awaitable[None], stopping: asyncio.Event) -> None:
    """Await the work; cancel it when asked to stop, and wait until it has cleaned up."""
    async with asyncio.TaskGroup() as tasks:
        stop = tasks.create_task(stopping.wait())
        task = tasks.create_task(_awaited(work))
        await asyncio.wait({stop, task}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        await end_task(task)


async def end_task(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait until it has ended.

    On Python 3.11 a library's `asyncio.wait_for` can swallow a cancellation, and a task group that has passed one on
    does not do so again: when the first is not heard, everything is cancelled until it is.
    """
    task.cancel()
    await asyncio.wait({task}, timeout=_DRAIN_S)
    while not task.done():
        for each in asyncio.all_tasks() - {asyncio.current_task()}:
            each.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN_S)
    with suppress(asyncio.CancelledError):
        await task


async def _awaited(work: Awaitable[None]) -> None:
    await work


async def _beat(stage: str, process: Process, bus: Bus, metrics_port: int | None) -> None:
    clock = WallClock()
    started_at: datetime = clock.now()
    name = f"{stage}:{gethostname()}:{os.getpid()}"
    while True:
        heartbeat = Heartbeat(
            stage=stage,
            process=name,
            pid=os.getpid(),
            started_at=started_at,
            beat_at=clock.now(),
            healthy=process.health.problem is None,
            problem=process.health.problem,
            facts=dict(process.health.facts),
            metrics_port=metrics_port,
            latency_counts=process.health.latency_counts,
        )
        STAGE_HEALTHY.set(heartbeat.healthy)
        with suppress(RedisError):  # whoever reads heartbeats sees that Redis is down by himself
            await write_heartbeat(bus, heartbeat)
        await clock.sleep(_BEAT_EVERY_S)
