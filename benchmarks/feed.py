"""A synthetic Alpaca stock stream: many symbols, a given rate, every trade stamped when it is sent.

`python -m benchmarks.feed --symbols 5000 --rate 1000` prints its address. Speaks just enough of the protocol for
alpaca-py: connected, auth, subscribe, trades. Its REST side knows no prices.
"""

import argparse
import asyncio
import json
import random
import time

import msgpack
from aiohttp import WSMsgType, web

_TICK_S = 0.001


def symbol_of(number: int) -> str:
    """Return the symbol of a number: five letters, all different."""
    letters = ""
    for _ in range(4):
        number, rest = divmod(number, 26)
        letters = chr(65 + rest) + letters
    return "Q" + letters


class Feed:
    """Sends trades at a mean rate, in groups of what has become due since the last millisecond."""

    def __init__(self, symbols_count: int, rate: float) -> None:
        self._symbols = [symbol_of(number) for number in range(symbols_count)]
        self._rate = rate
        self._random = random.Random(7)

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_bytes(msgpack.packb([{"T": "success", "msg": "connected"}]))
        sending: asyncio.Task[None] | None = None
        async for message in socket:
            if message.type != WSMsgType.BINARY:
                continue
            order = msgpack.unpackb(message.data)
            if order["action"] == "auth":
                await socket.send_bytes(msgpack.packb([{"T": "success", "msg": "authenticated"}]))
            else:
                await socket.send_bytes(msgpack.packb([self._acknowledgement(order)]))
                if sending is None:
                    sending = asyncio.ensure_future(self._send(socket))
        if sending is not None:
            sending.cancel()
        return socket

    def _acknowledgement(self, order: dict[str, object]) -> dict[str, object]:
        lists = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds")
        taken: dict[str, object] = {name: order.get(name, []) for name in lists}
        return {"T": "subscription", **taken, "corrections": taken["trades"], "cancelErrors": taken["trades"]}

    async def _send(self, socket: web.WebSocketResponse) -> None:
        started, sent = time.monotonic(), 0
        while not socket.closed:
            due = int((time.monotonic() - started) * self._rate) - sent
            if due > 0:
                sent += due
                now = time.time_ns()
                stamp = msgpack.Timestamp(now // 1_000_000_000, now % 1_000_000_000)
                await socket.send_bytes(msgpack.packb([self._trade(stamp, sent - n) for n in range(due)]))
            await asyncio.sleep(_TICK_S)

    def _trade(self, stamp: msgpack.Timestamp, number: int) -> dict[str, object]:
        return {
            "T": "t",
            "S": self._random.choice(self._symbols),
            "i": number,
            "x": "Q",
            "p": round(self._random.uniform(90, 110), 2),
            "s": 100,
            "c": ["@"],
            "z": "C",
            "t": stamp,
        }


async def nothing_known(_request: web.Request) -> web.Response:
    return web.json_response({})


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--symbols", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=1000)
    options = parser.parse_args()
    app = web.Application()
    app.router.add_get("/v2/sip", Feed(options.symbols, options.rate).stream)
    app.router.add_get("/{path:.*}", nothing_known)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(json.dumps({"event": "listening", "url": f"http://{host}:{port}"}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
