"""Connections to Redis over what its URL says."""

import asyncio
from pathlib import Path

from realtime.bus.client import open_bus
from realtime.bus.direct import Direct


async def test_a_unix_socket_is_connected_to(tmp_path: Path) -> None:
    """Ensure the bus and a direct connection take a `unix://` URL to its socket, not to a port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while command := await reader.read(4096):
            heard.append(command)
            writer.write(b"+PONG\r\n" if b"PING" in command else b"+OK\r\n" * command.count(b"*"))
        writer.close()

    heard: list[bytes] = []
    socket = tmp_path / "socket"
    async with await asyncio.start_unix_server(answer, socket), open_bus(f"unix://{socket}?db=0") as bus:
        assert await Direct(bus, "any").execute_command("PING")
        assert any(b"PING" in command for command in heard)
