"""A demo as a process, as a user runs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from dotenv import dotenv_values

from realtime.auth import Tokens
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.embedded import free_port
from realtime.settings import Settings, settings_from

_UP = re.compile(r"navstream is up: (\S+)")


@dataclass
class DemoProcess:
    """A demo that is up.

    Attributes:
        link: The sign-in link that it printed.
        output: What it printed until it was up.
    """

    process: "subprocess.Popen[str]"
    link: str
    output: str
    settings: Settings
    env: dict[str, str]

    def token(self, user_id: UserId) -> str:
        settings = self.settings
        tokens = Tokens(settings.jwt_secret.get_secret_value(), settings.jwt_issuer, settings.jwt_audience)
        return tokens.issue(user_id, WallClock().now(), 3600)

    def stage_process(self, stage: str) -> psutil.Process | None:
        """Return the living process of a stage, if there is one."""
        for child in psutil.Process(self.process.pid).children():
            try:
                if child.cmdline()[1:3] == ["-m", stage]:
                    return child
            except (psutil.NoSuchProcess, IndexError):
                continue
        return None

    def kill_stage(self, stage: str) -> int:
        """Kill -9 a stage; return the pid it had."""
        child = self.stage_process(stage)
        assert child is not None, f"{stage} does not run"
        child.kill()
        return child.pid


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[DemoProcess]:
    """Run a demo on free ports; end it as Ctrl-C does, and make sure that nothing is left."""
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    port, websocket_port = free_port(), free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "demo", "--folder", str(folder), "--no-browser"),
            *("--port", str(port), "--websocket-port", str(websocket_port)),
            *options,
        ],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children: list[psutil.Process] = []
    try:
        link, output = _wait_until_up(process)
        demo_env = {name: value or "" for name, value in dotenv_values(folder / "demo.env").items()}
        yield DemoProcess(process, link, output, settings_from(demo_env), demo_env)
    finally:
        if process.poll() is None:
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
    _, left = psutil.wait_procs(children, timeout=5)
    assert not left, f"the demo left processes behind: {left}"


def _wait_until_up(process: "subprocess.Popen[str]") -> tuple[str, str]:
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if found := _UP.search(line):
            return found.group(1), output
    raise AssertionError(f"the demo did not come up:\n{output}")
