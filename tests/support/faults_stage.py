"""`python -m tests.support.faults_stage FOLDER STAGE`: a stage whose clock a test steps.

The clock: `realtime.clock` is the only place that reads wall time in our stages, so shifting it there steps the clock
of the whole stage, and that of the library that checks tokens. Postgres, Valkey and the simulators keep theirs, as
other machines would; what Python's own libraries read (`time.time` in a library's cache, say) is not stepped.

On SIGUSR1 the process collects garbage, so that a lost task complains in its log, and writes its tasks by the name of
their coroutine to `FOLDER/<pid>.json`.
"""

import asyncio
import gc
import json
import mmap
import os
import runpy
import signal
import struct
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import jwt.api_jwt

import realtime.clock

STEP = struct.Struct("d")
STEP_FILE = "clock"


class _Steps:
    """How far the clock is off, seconds; shared with the test through a file."""

    def __init__(self, folder: Path) -> None:
        with (folder / STEP_FILE).open("rb") as file:
            self._shared = mmap.mmap(file.fileno(), STEP.size, access=mmap.ACCESS_READ)

    @property
    def now_s(self) -> float:
        step: float = STEP.unpack_from(self._shared)[0]
        return step


def step_clock(folder: Path, step_s: float) -> None:
    """Set every stage's clock that many seconds off."""
    with (folder / STEP_FILE).open("r+b") as file:
        file.write(STEP.pack(step_s))


def _use_stepped_clock(steps: _Steps) -> None:
    class SteppedDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(seconds=steps.now_s)

    def now(self: realtime.clock.WallClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=steps.now_s)

    def now_ns() -> int:
        return time.time_ns() + round(steps.now_s * 1e9)

    realtime.clock.WallClock.now = now  # type: ignore[method-assign]
    realtime.clock.now_ns = now_ns
    jwt.api_jwt.datetime = SteppedDatetime  # type: ignore[attr-defined]


def _tell(folder: Path) -> None:
    gc.collect()
    while True:
        try:
            tasks = [task for task in list(asyncio.tasks._all_tasks) if not task.done()]  # type: ignore[attr-defined]
            break
        except RuntimeError:  # another thread has just started a task
            continue
    names = Counter(getattr(task.get_coro(), "__qualname__", repr(task)) for task in tasks)
    part = folder / f"{os.getpid()}.part"
    part.write_text(json.dumps(names))
    part.rename(folder / f"{os.getpid()}.json")


def main(folder: Path, stage: str) -> None:
    _use_stepped_clock(_Steps(folder))
    signal.signal(signal.SIGUSR1, lambda *_: _tell(folder))
    sys.argv = [stage]
    runpy.run_module(stage, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
