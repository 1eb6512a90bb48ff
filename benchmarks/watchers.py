"""Many clients in one process that note how old each message's newest trade is (of the naive peer: each new one).

Reads one JSON line: {"clients": [{"url", "hello": [texts to send]}], "warm_up_s", "measure_s", "kind"}; prints one with
the ages in milliseconds.
"""

import asyncio
import json
import sys
import time
from datetime import datetime
from typing import Any

import orjson
import uvloop
from websockets.asyncio.client import connect


def relay_ages_ms(message: Any, now_ns: int) -> list[float]:
    return [(now_ns - message["sent_ns"]) / 1e6] if message and "sent_ns" in message else []


def naive_ages_ms(message: Any, now_ns: int) -> list[float]:
    return [(now_ns - time_ns) / 1e6 for time_ns in message["newer_ns"]]


def service_ages_ms(message: Any, now_ns: int) -> list[float]:
    if message.get("type") != "delta":
        return []
    times = [row["price_time"] for row in message["data"].values() if row and row.get("price_time")]
    return [now_ns / 1e6 - datetime.fromisoformat(max(times)).timestamp() * 1e3] if times else []


AGES = {"relay": relay_ages_ms, "naive": naive_ages_ms, "service": service_ages_ms}


async def watch(client: dict[str, Any], kind: str, from_s: float, until_s: float, ages: list[float]) -> None:
    ages_of = AGES[kind]
    async with connect(client["url"], compression=None, max_size=None) as connection:
        for hello in client["hello"]:
            await connection.send(hello)
        async for data in connection:
            now_ns = time.time_ns()
            if time.monotonic() > until_s:
                return
            ages_ms = ages_of(orjson.loads(data), now_ns)
            if time.monotonic() > from_s:
                ages.extend(ages_ms)


async def main() -> None:
    order = json.loads(sys.stdin.readline())
    from_s = time.monotonic() + order["warm_up_s"]
    until_s = from_s + order["measure_s"]
    ages: list[float] = []
    try:
        async with asyncio.timeout(order["warm_up_s"] + order["measure_s"] + 1), asyncio.TaskGroup() as tasks:
            for client in order["clients"]:
                tasks.create_task(watch(client, order["kind"], from_s, until_s, ages))
    except TimeoutError:
        pass
    print(json.dumps(sorted(ages)))


if __name__ == "__main__":
    uvloop.run(main())
