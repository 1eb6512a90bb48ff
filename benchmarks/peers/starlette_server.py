"""A FastAPI fan-out under uvicorn as its documentation writes one; benchmarks/peers/fanout.py says what it is asked."""

import asyncio
import json
import sys
import time
from typing import Any

import fastapi
import uvicorn
import uvloop
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
CLIENTS: list[WebSocket] = []
_LINE_BYTES_MAX = 1 << 24


@app.websocket("/v1")
async def connect(client: WebSocket) -> None:
    await client.accept()
    await client.receive_text()
    CLIENTS.append(client)
    try:
        while True:
            await client.receive_text()
    except WebSocketDisconnect:
        pass


async def rounds() -> None:
    """Send each client its message of a round, and say how long that took."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LINE_BYTES_MAX)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        messages: list[Any] = json.loads(line)
        while len(CLIENTS) < len(messages):
            await asyncio.sleep(0.01)
        began = time.perf_counter()
        for client, message in zip(CLIENTS, messages, strict=True):
            await client.send_json(message)
        spent_s = time.perf_counter() - began
        say({"spent_s": spent_s, "bytes": sum(map(frame_bytes, messages))})


def frame_bytes(message: Any) -> int:
    """Return the size of a message as Starlette encodes it, with its header."""
    size = len(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode())
    return size + (2 if size < 126 else 4)


async def main() -> None:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        version = f"fastapi {fastapi.__version__}, uvicorn {uvicorn.__version__}"
        say({"port": server.servers[0].sockets[0].getsockname()[1], "version": version})
        await rounds()
        server.should_exit = True
        await serving


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
