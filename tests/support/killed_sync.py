"""A sync that kills itself at a line: `python -m tests.support.killed_sync`, told by lines on its standard input.

First the settings (pickled, base64), then a number a line: run the next due job in a forked process which kills itself
with -9 when it has executed so many lines of our code. Each is answered by a line: how many lines were executed, or
`killed`, or `idle` without a due job.
"""

import asyncio
import base64
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from providers.registry import FACTORIES, open_providers
from realtime.clock import WallClock
from realtime.crypto import CredentialCipher
from realtime.log import Log
from realtime.settings import Settings
from realtime.store.jobs import claim_job
from realtime.store.pool import open_pool
from sync.parts import Parts
from sync.worker import run_job

CLAIM_S = 60
_OURS = tuple(f"{Path(__file__).parents[2] / package}{os.sep}" for package in ("sync", "providers", "realtime"))


class _Countdown:
    """Counts executed lines of our own code, in every thread, and ends the process at one of them."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at
        self.executed = 0

    def start(self) -> None:
        threading.settrace(self._called)
        sys.settrace(self._called)

    def _called(self, frame: FrameType, _event: str, _argument: Any) -> Callable[..., Any] | None:
        return self._line if frame.f_code.co_filename.startswith(_OURS) else None

    def _line(self, _frame: FrameType, event: str, _argument: Any) -> Callable[..., Any]:
        if event == "line":
            self.executed += 1
            if self.executed == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._line


async def _sync(settings: Settings, countdown: _Countdown) -> bool:
    """Run the next due job; return whether there was one."""
    clock = WallClock()
    async with open_pool(settings.database_url) as pool, open_providers(settings, clock) as providers:
        parts = Parts(pool, providers, CredentialCipher(settings.encryption_keys), clock, Log(stage="sync"))
        countdown.start()
        job = await claim_job(pool, f"killed {os.getpid()}", CLAIM_S)
        if job is not None:
            await run_job(parts, job)
        sys.settrace(None)
        return job is not None


def _forked(settings: Settings, kill_at: int) -> str:
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # answers and logs are not to mix
        countdown = _Countdown(kill_at)
        found = asyncio.run(_sync(settings, countdown))
        os.write(sending, str(countdown.executed if found else "idle").encode())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving) as answer:
        said = answer.read()
    _, status = os.waitpid(pid, 0)
    return "killed" if os.WIFSIGNALED(status) else said


def main() -> None:
    settings: Settings = pickle.loads(base64.b64decode(sys.stdin.readline()))
    for factory in FACTORIES.values():
        factory(settings, WallClock())  # imports its SDK, once for all forks
    for line in sys.stdin:
        sys.stdout.write(_forked(settings, int(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
