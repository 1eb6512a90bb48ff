"""This machine: Python, the settings, the dashboard's files, the ports."""

import asyncio
import socket
from collections.abc import Collection, Iterable

from doctor.finding import Finding, error, ok, warning
from realtime.settings import Settings

_PYTHON_MIN = (3, 11)
_STAGES_WITH_METRICS = ("sync", "symbol_collector", "calculator", "broadcaster", "api", "monitor")


def python(version: tuple[int, ...]) -> Finding:
    """Judge the version of Python."""
    said = ".".join(map(str, version[:3]))
    if version[:2] < _PYTHON_MIN:
        return error(
            "python",
            f"Python {said} is too old",
            "install Python 3.11 or later, then: make clean setup PYTHON=python3.11",
        )
    return ok("python", f"Python {said}")


def settings_problems(problems: Iterable[str]) -> list[Finding]:
    """Return a finding for each setting that is wrong or missing."""
    found = [error("settings", problem, _remedy(problem)) for problem in problems]
    return found or [ok("settings", "every setting that the stages need is there and well-formed")]


def _remedy(problem: str) -> str:
    makers = {
        "NAVSTREAM_JWT_SECRET": 'python -c "import secrets; print(secrets.token_urlsafe(48))"',
        "NAVSTREAM_ENCRYPTION_KEYS": (
            'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        ),
    }
    for name, command in makers.items():
        if problem.startswith(name):
            return f"put what this prints into .env as {name}, and keep it safe: {command}"
    if problem.startswith("APCA_"):
        return "put the market-data keys of an Alpaca account into .env: docs/connecting.md#alpaca"
    return "correct it in .env or in the environment: docs/settings.md"


def dashboard(settings: Settings) -> Finding:
    """Look for the built dashboard."""
    page = settings.dashboard_dir / "index.html"
    if page.is_file():
        return ok("dashboard", f"the dashboard is built in {settings.dashboard_dir}")
    return error(
        "dashboard",
        f"there is no dashboard in {settings.dashboard_dir}",
        "build it with: make dashboard; or point NAVSTREAM_DASHBOARD_DIR to where it is",
    )


async def ports(settings: Settings, running: Collection[str]) -> list[Finding]:
    """Find out whether the stages can listen, or do so already.

    Args:
        settings: Which ports.
        running: The stages that run now, by their heartbeats; their ports are theirs.
    """
    places = [
        ("api", settings.api_host, settings.api_port, "NAVSTREAM_API_PORT"),
        ("broadcaster", settings.broadcaster_host, settings.broadcaster_port, "NAVSTREAM_BROADCASTER_PORT"),
    ]
    found = [await _port(*place, is_running=place[0] in running) for place in places]
    idle = [stage for stage in _STAGES_WITH_METRICS if stage not in running]
    taken = [
        port
        for stage in idle
        if (port := settings.metrics_port(stage)) and not await asyncio.to_thread(_is_free, settings.metrics_host, port)
    ]
    if taken:
        found.append(
            warning(
                "ports",
                f"metrics ports in use: {', '.join(map(str, taken))}; those stages will take any free one",
                "set NAVSTREAM_METRICS_PORT_… to others, or end what listens there: docs/settings.md",
            )
        )
    return found


async def _port(stage: str, host: str, port: int, setting: str, *, is_running: bool) -> Finding:
    if is_running:
        return ok("ports", f"{stage} runs, on port {port}")
    if await asyncio.to_thread(_is_free, host, port):
        return ok("ports", f"port {port} is free for {stage}")
    return error(
        "ports",
        f"port {port} of {host} cannot be listened on, and {stage} does not run",
        f"end what listens there (ss -ltnp 'sport = :{port}'), or set {setting} to another port",
    )


def _is_free(host: str, port: int) -> bool:
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False
