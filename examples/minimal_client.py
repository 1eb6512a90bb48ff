"""A whole client in 30 lines: needs only the `websockets` package.

    .venv/bin/navstream --demo token --user ada | .venv/bin/python examples/minimal_client.py ws://127.0.0.1:8081/v1

Reads a token from standard input (a token never belongs in an address or a command line) and prints the portfolio's
total value whenever it changes.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect


async def main(url: str, token: str) -> None:
    state: dict[str, object] = {}
    async with connect(url) as connection:
        await connection.send(json.dumps({"op": "auth", "token": token}))
        await connection.send(json.dumps({"op": "subscribe", "channels": ["portfolio"]}))
        async for text in connection:
            message = json.loads(text)
            if message["type"] == "snapshot":
                state = message["data"]
            elif message["type"] == "delta":
                state.update(message["data"])
            elif message["type"] == "error":
                sys.exit(message["message"])
            if message["type"] in {"snapshot", "delta"}:
                print(f"{message['as_of']}  {state['total_value']:,.2f} {state['currency']}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.stdin.readline().strip()))
