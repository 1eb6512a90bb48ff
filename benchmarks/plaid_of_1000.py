"""The simulated Plaid behind a proxy that makes a thousand holdings out of the few it has.

`python -m benchmarks.plaid_of_1000 --holdings 1000` prints its address. The thousand are copies of one real answer's
first stock, each with its own security; everything else is passed on.
"""

import argparse
import asyncio
import copy
import json
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.feed import symbol_of
from simulator.plaid_http import PlaidServer
from simulator.serving import listening

HOLDINGS = "/investments/holdings/get"
_HOP_HEADERS = frozenset({"Host", "Content-Length", "Connection", "Accept-Encoding"})


class Proxy:
    """Passes requests on, and multiplies one answer; the multiplied answer is made once."""

    def __init__(self, target: str, holdings_count: int, http: aiohttp.ClientSession) -> None:
        self._target = target
        self._count = holdings_count
        self._http = http
        self._made: bytes | None = None

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == HOLDINGS and self._made is not None:
            return web.Response(body=self._made, content_type="application/json")
        headers = {name: value for name, value in request.headers.items() if name not in _HOP_HEADERS}
        body = await request.read()
        async with self._http.request(request.method, self._target + request.path_qs, data=body, headers=headers) as (
            answer
        ):
            body = await answer.read()
            if request.path == HOLDINGS and answer.status == 200:
                body = self._made = json.dumps(self._multiplied(json.loads(body))).encode()
            return web.Response(body=body, status=answer.status, content_type="application/json")

    def _multiplied(self, shape: dict[str, Any]) -> dict[str, Any]:
        security = next(each for each in shape["securities"] if each["type"] == "equity")
        holding = next(each for each in shape["holdings"] if each["security_id"] == security["security_id"])
        securities, holdings = [], []
        for number in range(self._count):
            security_id = f"security-{number:05}"
            changes = {
                "ticker_symbol": symbol_of(number),
                "figi": None,
                "isin": None,
                "cusip": None,
                "name": f"Stock {number}",
            }
            securities.append(copy.deepcopy(security) | {"security_id": security_id, **changes})
            holdings.append(copy.deepcopy(holding) | {"security_id": security_id, "quantity": number + 1})
        account = next(each for each in shape["accounts"] if each["account_id"] == holding["account_id"])
        return shape | {"accounts": [account], "holdings": holdings, "securities": securities}


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--holdings", type=int, default=1_000)
    async with (
        listening(PlaidServer(7).app(), "127.0.0.1", 0) as target,
        aiohttp.ClientSession(auto_decompress=True) as http,
    ):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", Proxy(target, parser.parse_args().holdings, http).answer)
        async with listening(app, "127.0.0.1", 0) as url:
            print(json.dumps({"event": "listening", "url": url}), flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
