"""The examples run as written."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Service

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*_client.py")))
async def test_example_prints_values(service: Service, name: str) -> None:
    """Ensure a reader who copies an example sees values."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLES / name), service.demo.settings.public_websocket_url),
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
