"""Clients of a broadcaster, or of a peer of it, in a process of their own (benchmarks/receivers.py)."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from realtime.auth import Tokens
from realtime.domain.account import UserId

TOKENS = Tokens("a secret of the benchmark, long enough", "navstream", "navstream")
_LINE_BYTES_MAX = 1 << 24


class Clients:
    """What the clients in the other process are asked."""

    def __init__(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader) -> None:
        self._writer = writer
        self._reader = reader

    async def receive(self, bytes_count: int) -> None:
        """Wait until they have received that many bytes more."""
        self._writer.write(json.dumps(bytes_count).encode() + b"\n")
        assert await self._reader.readline() == b"received\n"

    async def last(self) -> list[str]:
        """Return the last message of each, in the order of connecting."""
        self._writer.write(b'"last"\n')
        messages: list[str] = json.loads(await self._reader.readline())
        return messages


@asynccontextmanager
async def connected(port: int, count: int) -> AsyncIterator[Clients]:
    """Connect clients, each of which is a user of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.receivers", str(port)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=_LINE_BYTES_MAX,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([token(number) for number in range(count)]).encode() + b"\n")
    assert await process.stdout.readline() == b"connected\n"
    try:
        yield Clients(process.stdin, process.stdout)
    finally:
        process.stdin.close()
        await process.wait()


def token(number: int) -> str:
    return TOKENS.issue(UserId(f"00000000-0000-0000-0000-{number:012}"), datetime.now(UTC), 600)
