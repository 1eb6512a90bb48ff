"""The simulated Alpaca market data service, and the real SDK's streams over sockets to it."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from alpaca.data.live.websocket import DataStream

from simulator.market_options import parse
from simulator.market_service import build
from tests.contract.served import served

KEY, SECRET = "demo-key", "demo-secret"
OPEN_MARKET = "2026-11-20T15:00:00Z"


@dataclass(frozen=True)
class AlpacaMarket:
    """A running simulator."""

    url: str

    @property
    def stream_url(self) -> str:
        return self.url.replace("http://", "ws://")

    def control(self, call: str, body: object = None) -> Any:
        """POST a control call; GET without a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/control/{call}", data=data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    async def steer(self, call: str, body: object = None) -> Any:
        """Call `control` without blocking the streams in this loop."""
        return await asyncio.to_thread(self.control, call, body)


@contextmanager
def alpaca_market(*arguments: str) -> Iterator[AlpacaMarket]:
    """Serve a market that is in its regular session unless the arguments say otherwise."""
    origin = () if "--recording" in arguments or "--market-origin" in arguments else ("--market-origin", OPEN_MARKET)
    options = parse([*origin, *arguments])
    with served(lambda: build(options)) as url:
        yield AlpacaMarket(url)


@asynccontextmanager
async def running(stream: DataStream) -> AsyncIterator[None]:
    """Run a stream of the SDK in this loop."""
    task = asyncio.create_task(stream._run_forever())
    try:
        yield
    finally:
        await stream.stop_ws()
        await stream.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
