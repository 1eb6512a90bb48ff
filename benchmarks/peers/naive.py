"""The design that comes to mind first, faithfully: a price in Redis for each symbol, and a GET for each position.

`python -m benchmarks.peers.naive FEED_URL REDIS_URL` stores the price of each trade of `benchmarks.feed`, and every two
seconds values every client's positions from Redis, one GET each, and sends the total. A client says in its first
message how much it holds of what. One process and a blocking Redis client, as it is found in public projects.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgpack
import orjson
import uvloop
from redis import Redis
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

INTERVAL_S = 2.0
HOLDINGS: dict[ServerConnection, dict[str, int]] = {}


class Total(NamedTuple):
    """A sum, and the times of the prices in it."""

    value: Decimal
    times_ns: list[int]


def store_price(redis: Redis, symbol: str, price: Any, time_ns: int) -> None:
    redis.set(f"price:{symbol}", orjson.dumps({"price": str(price), "time_ns": time_ns}))


def total_of(redis: Redis, holdings: Mapping[str, int]) -> Total:
    """Ask Redis for the price of each position; one without a price counts nothing."""
    value, times_ns = Decimal(0), []
    for symbol, quantity in holdings.items():
        found = redis.get(f"price:{symbol}")
        if found is not None:
            price = orjson.loads(found)
            value += quantity * Decimal(price["price"])
            times_ns.append(price["time_ns"])
    return Total(value, times_ns)


async def client(connection: ServerConnection) -> None:
    HOLDINGS[connection] = json.loads(await connection.recv())
    await connection.wait_closed()
    del HOLDINGS[connection]


async def store(feed_url: str, redis: Redis) -> None:
    url = feed_url.replace("http", "ws", 1) + "/v2/sip"
    async with connect(url, additional_headers={"Content-Type": "application/msgpack"}, compression=None) as feed:
        await feed.send(msgpack.packb({"action": "auth", "key": "k", "secret": "s"}))
        await feed.send(msgpack.packb({"action": "subscribe", "trades": ["*"]}))
        async for frame in feed:
            for trade in msgpack.unpackb(frame):
                if trade["T"] == "t":
                    store_price(redis, trade["S"], trade["p"], trade["t"].to_unix_nano())


async def value(redis: Redis) -> None:
    shown_ns = dict[ServerConnection, int]()
    while True:
        await asyncio.sleep(INTERVAL_S)
        for connection, holdings in list(HOLDINGS.items()):
            total = total_of(redis, holdings)
            newer_ns = [each for each in total.times_ns if each > shown_ns.get(connection, 0)]
            if newer_ns:
                await connection.send(json.dumps({"total": str(total.value), "newer_ns": newer_ns}))
                shown_ns[connection] = max(newer_ns)
            await asyncio.sleep(0)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("feed")
    parser.add_argument("redis")
    options = parser.parse_args()
    redis = Redis.from_url(options.redis)
    async with serve(client, "127.0.0.1", 0, compression=None) as server, asyncio.TaskGroup() as tasks:
        port = next(iter(server.sockets)).getsockname()[1]
        print(json.dumps({"event": "listening", "url": f"ws://127.0.0.1:{port}"}), flush=True)
        tasks.create_task(store(options.feed, redis))
        tasks.create_task(value(redis))


if __name__ == "__main__":
    uvloop.run(main())
