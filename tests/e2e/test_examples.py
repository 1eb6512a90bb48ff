"""The examples run as written."""

import asyncio
import sys
from pathlib import Path

from tests.e2e.conftest import Service

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


async def test_the_minimal_client_prints_values(service: Service) -> None:
    """Ensure a reader who copies it sees values."""
    await prints_values(service, "minimal_client.py", service.demo.settings.public_websocket_url)


async def test_the_resuming_client_prints_values(service: Service) -> None:
    """Ensure a reader who copies it sees values."""
    await prints_values(service, "resuming_client.py", service.demo.link.partition("/#")[0])


async def prints_values(service: Service, name: str, url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLES / name), url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(service.demo.token(await service.user()).encode() + b"\n")
    try:
        lines = [await asyncio.wait_for(process.stdout.readline(), 15) for _ in range(2)]
    finally:
        process.kill()
        await process.wait()
    assert all(any(character.isdigit() for character in line.decode()) for line in lines), lines
