"""The yardstick of latency: one process that passes each trade on to the clients that hold its symbol. No Redis,
no valuation, no state.

A client says which symbols it holds in its first message; each trade reaches it as one JSON text.
"""

import argparse
import json

import msgpack
import uvloop
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, broadcast, serve

HOLDERS: dict[str, set[ServerConnection]] = {}


async def client(connection: ServerConnection) -> None:
    symbols = json.loads(await connection.recv())
    for symbol in symbols:
        HOLDERS.setdefault(symbol, set()).add(connection)
    await connection.send("[]")
    await connection.wait_closed()
    for symbol in symbols:
        HOLDERS[symbol].discard(connection)


async def relay(feed_url: str) -> None:
    url = feed_url.replace("http", "ws", 1) + "/v2/sip"
    async with connect(url, additional_headers={"Content-Type": "application/msgpack"}, compression=None) as feed:
        await feed.send(msgpack.packb({"action": "auth", "key": "k", "secret": "s"}))
        await feed.send(msgpack.packb({"action": "subscribe", "trades": ["*"]}))
        async for frame in feed:
            for trade in msgpack.unpackb(frame):
                if trade["T"] == "t" and (holders := HOLDERS.get(trade["S"])):
                    stamp = trade["t"].to_unix_nano()
                    broadcast(holders, json.dumps({"symbol": trade["S"], "price": trade["p"], "sent_ns": stamp}))


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("feed")
    async with serve(client, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(json.dumps({"event": "listening", "url": f"ws://127.0.0.1:{port}"}), flush=True)
        await relay(parser.parse_args().feed)


if __name__ == "__main__":
    uvloop.run(main())
