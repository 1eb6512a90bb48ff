"""A broadcaster and an API in one small process, for working on the dashboard alone. Not shipped.

`python dashboard/dev/fake_stream.py --port 8080` serves dashboard/dist, the REST calls and /v1 with made-up values;
open http://127.0.0.1:8080/#code=dev. `--speed` is that of
market time.
"""
# ruff: noqa: T201, S311, TID251

import argparse
import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

DIST = Path(__file__).parent.parent / "dist"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {ws}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ACCOUNTS = [
    ("plaid_1", "Brokerage", "Fidelity", "plaid", "4821"),
    ("plaid_2", "Roth IRA", "Vanguard", "plaid", "0937"),
    ("snaptrade_3", "Individual margin", "Interactive Brokers", "snaptrade", "7715"),
    ("snaptrade_4", "Crypto", "Kraken", "snaptrade", None),
    ("alpaca_5", "Trading account", "Alpaca", "alpaca", "2290"),
]
# symbol, name, class, quantity, multiplier, price, previous close, source, cost, accounts
HOLDINGS: list[tuple[str, str, str, float, float, float | None, float | None, str | None, float | None, list[int]]] = [
    ("AAPL", "Apple Inc.", "equity", 420, 1, 231.42, 229.87, "trade", 61_200, [0, 1, 4]),
    ("MSFT", "Microsoft Corporation", "equity", 210, 1, 428.1, 431.3, "trade", 58_000, [0]),
    ("NVDA", "NVIDIA Corporation", "equity", 900, 1, 141.95, 139.2, "trade", 38_250, [0, 2]),
    ("BRK.B", "Berkshire Hathaway Inc. Class B", "equity", 150, 1, 471.02, 470.2, "trade", 49_500, [1, 2]),
    ("VTI", "Vanguard Total Stock Market ETF", "etf", 640.5, 1, 292.8, 291.9, "trade", 122_000, [1]),
    (
        "VFIAX",
        "Vanguard 500 Index Fund Admiral Shares",
        "mutual_fund",
        312.117,
        1,
        551.2,
        551.2,
        "provider",
        98_000,
        [1],
    ),
    ("TSLA", "Tesla, Inc.", "equity", -80, 1, 342.7, 338.9, "quote", -21_000, [2]),
    ("AAPL261218C00250000", "Apple Inc. call", "option", 12, 100, 9.85, 9.4, "trade", 10_400, [2]),
    ("BTC/USD", "Bitcoin", "crypto", 1.28491, 1, 91_842.5, 90_120.0, "trade", 41_000, [3]),
    ("ETH/USD", "Ethereum", "crypto", 14.2, 1, 3_121.4, 3_180.2, "trade", None, [3]),
    ("SHOP", "Shopify Inc.", "equity", 130, 1, 104.6, 103.1, "previous_close", 9_100, [4]),
    ("912828YK0", "US Treasury 1.375% 2031", "bond", 50_000, 0.01, 87.41, 87.41, "provider", 45_900, [0]),
    ("GME", "GameStop Corp.", "equity", 60, 1, 27.31, 27.9, "trade", 2_200, [4]),
    ("ZZPRIV", "Private placement units", "other", 1_000, 1, None, None, None, 25_000, [0]),
    ("CUR:USD", "US dollar", "cash", 48_211.37, 1, 1, 1, None, None, [0, 1, 2, 4]),
    ("CUR:EUR", "Euro", "cash", 9_500, 1, 1, 1, None, None, [2]),
]
STALE = {"GME"}
HELD = {"price": 31.8, "time": "2026-11-20T15:01:40+00:00", "reason": "far_from_last"}
COVERED = {"trade": "live", "quote": "live", "provider": "provider", "previous_close": "close"}
COVERAGE = {
    "live": 0.7431, "extended": 0.0, "close": 0.0212, "nav": 0.1704, "provider": 0.0571, "stale": 0.0082,
    "no_price_count": 1, "no_fx_rate_count": 0, "reason": None,
}  # fmt: skip
CHANGES = {
    "regular": 1843.2, "regular_since": "2026-11-19", "regular_reason": None,
    "extended": None, "extended_since": None, "extended_reason": "regular_session",
    "overnight": None, "overnight_since": None, "overnight_reason": "regular_session",
    "round_the_clock": 2212.4, "round_the_clock_since": "2026-11-20", "round_the_clock_reason": None,
}  # fmt: skip


def many(count: int) -> None:
    """Add made-up stocks until there are that many holdings."""
    for number in range(count - len(HOLDINGS)):
        price = round(random.uniform(5, 500), 2)
        HOLDINGS.append((
            f"T{number:04}", f"Test Company {number}", "equity", 10 + number % 90, 1, price, round(price * 0.99, 2),
            "trade", round(price * 8, 2), [number % 5],
        ))  # fmt: skip


class World:
    """Prices that wander, and what follows from them."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.origin = datetime(2026, 11, 20, 15, 2, 0, tzinfo=UTC)
        self.started = datetime.now(UTC)
        self.prices = {row[0]: row[5] for row in HOLDINGS}
        self.times = dict.fromkeys(self.prices, self.origin)
        self.times["GME"] = self.origin - timedelta(minutes=31)

    def now(self) -> datetime:
        return self.origin + (datetime.now(UTC) - self.started) * self.speed

    def step(self) -> None:
        market = random.gauss(0.00002, 0.00018)
        for symbol, *_, source, _cost, _accounts in HOLDINGS:
            price = self.prices[symbol]
            if price is not None and source in {"trade", "quote"} and symbol not in STALE and random.random() < 0.5:
                self.prices[symbol] = round(price * (1 + market + random.gauss(0, 0.00035)), 2)
                self.times[symbol] = self.now()

    def positions(self) -> dict[str, Any]:
        return {row[0]: self.position(row) for row in HOLDINGS}

    def position(self, row: tuple[Any, ...]) -> dict[str, Any]:
        symbol, name, kind, quantity, multiplier, _, close, source, cost, accounts = row
        price, cash = self.prices[symbol], kind == "cash"
        fx = 1.0842 if symbol == "CUR:EUR" else 1
        value = None if price is None else round(quantity * multiplier * price * fx, 2)
        gain = None if value is None or cost is None else round(value - cost, 2)
        day = None if value is None or close is None or cash else round(quantity * multiplier * (price - close), 2)
        institutions = list(dict.fromkeys(ACCOUNTS[index][2] for index in accounts))
        return {
            "instrument": symbol, "symbol": symbol, "name": name, "asset_class": kind, "quantity": quantity,
            "multiplier": multiplier, "price": price,
            "price_time": None if price is None or cash else self.times[symbol].isoformat(),
            "price_source": source, "stale": symbol in STALE, "previous_close": close,
            "previous_close_date": None if close is None else "2026-11-19", "currency": "USD", "fx_rate": fx,
            "market_value": value, "cost_basis": cost, "unrealized_gain": gain,
            "average_cost": None if cost is None else abs(cost / quantity / multiplier),
            "unrealized_gain_pct": None if gain is None else round(gain / abs(cost) * 100, 4),
            "day_change": day, "day_change_pct": None if day is None else round((price / close - 1) * 100, 4),
            "unpriced_reason": "no_price" if price is None else None, "institutions": institutions,
            "stale_reason": "old_price" if symbol in STALE else None,
            "covered": "nav" if kind == "mutual_fund" else COVERED.get(source or ""),
            "session_close": None, "session_close_date": None, "regular_change": day, "extended_change": None,
            "overnight_change": None, "round_the_clock_change": None, "extended_since": None, "dividend": None,
            "change_reasons": {} if day is not None or cash else {"day": "no_previous_close"},
            "split_pending": 4 if symbol == "VTI" else None, "held": HELD if symbol == "NVDA" else None,
            "trading_status": "halted" if symbol == "BRK.B" else "trading",
            "price_band": None,
            "delivery": "poll" if symbol == "MSFT" else "stream",
            "contributions": [
                {
                    "account": ACCOUNTS[index][0], "institution": ACCOUNTS[index][2],
                    "quantity": round(quantity / len(accounts), 6),
                    "market_value": None if value is None else round(value / len(accounts), 2),
                }
                for index in accounts
            ],
        }  # fmt: skip

    def of_account(self, account: str) -> dict[str, Any]:
        found = {}
        for symbol, row in self.positions().items():
            parts = [part for part in row["contributions"] if part["account"] == account]
            if parts:
                found[symbol] = row | {
                    "quantity": parts[0]["quantity"], "market_value": parts[0]["market_value"],
                    "institution": parts[0]["institution"], "account": account,
                }  # fmt: skip
        return found

    def figures(self, account: str | None) -> dict[str, Any]:
        rows = []
        for row in self.positions().values():
            parts = [part for part in row["contributions"] if account in (None, part["account"])]
            rows.append((row, len(parts) / len(row["contributions"])))

        def total(key: str, *, cash: bool) -> float:
            return round(sum((r[key] or 0) * s for r, s in rows if (r["asset_class"] == "cash") == cash), 2)

        value, cash, cost = (
            total("market_value", cash=False),
            total("market_value", cash=True),
            total("cost_basis", cash=False),
        )
        gain, day = total("unrealized_gain", cash=False), total("day_change", cash=False)
        shown = [r for r, s in rows if s]
        return {
            "market_value": value, "cash": cash, "total_value": round(value + cash, 2), "cost_basis": cost,
            "unrealized_gain": gain, "unrealized_gain_pct": round(gain / cost * 100, 4) if cost else None,
            "day_change": day, "day_change_pct": round(day / (value + cash - day) * 100, 4) if value + cash else None,
            "live_coverage": 0.7431, "stale_since": self.times["GME"].isoformat(),
            "stale_count": sum(r["stale"] for r in shown),
            "unpriced_count": sum(r["unpriced_reason"] is not None for r in shown), "uncosted_count": 1,
            "estimated_value": round(sum(
                (r["market_value"] or 0) * s for r, s in rows if r["price_source"] in {"provider", "previous_close"}
            ), 2),
            "positions_count": len(shown), "currency": "USD", "session": "regular",
            "holdings_as_of": self.origin.isoformat(), "coverage": COVERAGE, "session_changes": CHANGES,
            "day_change_reason": "partial", "reconciliation": None, "duplicate_of": None, "interrupted": False,
        }  # fmt: skip

    def market(self) -> dict[str, Any]:
        return {
            "session": "regular", "trading_day": "2026-11-20", "is_half_day": False,
            "next_open": "2026-11-23T14:30:00+00:00", "next_close": "2026-11-20T21:00:00+00:00",
            "next_session": "post", "next_session_at": "2026-11-20T21:00:00+00:00",
            "market_time": self.now().isoformat(), "speed": self.speed, "feed": "live", "feed_message": None,
        }  # fmt: skip

    def channel(self, name: str) -> dict[str, Any]:
        if name == "market":
            return self.market()
        if name == "positions":
            return self.positions()
        if name.startswith("positions:"):
            return self.of_account(name.removeprefix("positions:"))
        return self.figures(None if name == "portfolio" else name.removeprefix("account:"))


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    changed = {}
    for key, value in new.items():
        before = old.get(key)
        if value != before:
            both = isinstance(value, dict) and isinstance(before, dict)
            changed[key] = {k: v for k, v in value.items() if before.get(k) != v} if both else value
    return changed


async def stream(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    world: World = request.app["world"]
    sent: dict[str, tuple[int, dict[str, Any]]] = {}
    async with asyncio.TaskGroup() as tasks:
        pusher = tasks.create_task(push(socket, world, sent))
        async for frame in socket:
            if frame.type != WSMsgType.TEXT:
                break
            await answer(socket, world, sent, json.loads(frame.data))
        pusher.cancel()
    return socket


async def answer(socket: web.WebSocketResponse, world: World, sent: dict[str, Any], message: dict[str, Any]) -> None:
    match message["op"]:
        case "auth":
            await socket.send_json(
                {
                    "type": "welcome",
                    "client_id": "dev",
                    "epoch": "e1",
                    "heartbeat_s": 15,
                    "market": world.market(),
                    "limits": {},
                }
            )
        case "subscribe":
            await socket.send_json(
                {"type": "subscribed", "id": message["id"], "channels": message["channels"], "rejected": []}
            )
            for name in message["channels"]:
                data = world.channel(name)
                sent[name] = (1, data)
                await socket.send_json(
                    {
                        "type": "snapshot",
                        "channel": name,
                        "epoch": "e1",
                        "seq": 1,
                        "as_of": world.now().isoformat(),
                        "data": data,
                    }
                )
        case "ping":
            await socket.send_json({"type": "pong", "id": message["id"]})


async def push(socket: web.WebSocketResponse, world: World, sent: dict[str, tuple[int, dict[str, Any]]]) -> None:
    while not socket.closed:
        await asyncio.sleep(0.2)
        for name, (seq, old) in list(sent.items()):
            new = world.channel(name)
            changed = difference(old, new)
            if changed:
                sent[name] = (seq + 1, new)
                await socket.send_json(
                    {
                        "type": "delta",
                        "channel": name,
                        "seq": seq + 1,
                        "as_of": world.now().isoformat(),
                        "data": changed,
                    }
                )


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


async def rest(request: web.Request) -> web.Response:
    if request.path == "/api/session":
        if (await request.json())["code"] != "dev":
            return web.json_response({"status": 401, "detail": "The code is not valid."}, status=401)
        user = {"id": "u1", "name": "Ada Lovelace", "operator": False}
        return web.json_response({"token": "t", "expires_at": ago(-600), "user": user})
    answers = {
        "/api/config": {"websocket_url": f"ws://{request.host}/v1", "version": "dev",
                        "providers": ["plaid", "snaptrade", "alpaca"]},
        "/api/accounts": {"accounts": [
            dict(zip(("id", "name", "institution", "provider", "mask"), row, strict=True), institution_id=None,
                 account_type="investment", subtype=None, currency="USD", reconciliation=None,
                 duplicate_of=None, kept_apart_from=None, connection_id=row[0],
                 last_synced_at=ago(3)) for row in ACCOUNTS
        ]},
        "/api/connections": {"connections": [
            {"id": row[0], "provider": row[3], "institution": row[2],
             "status": "reconnect_needed" if row[2] == "Vanguard" else "active",
             "error_code": "ITEM_LOGIN_REQUIRED" if row[2] == "Vanguard" else None,
             "error_message": "Vanguard asks you to sign in again." if row[2] == "Vanguard" else None,
             "last_synced_at": ago(3), "next_sync_at": ago(-300), "is_syncing": False} for row in ACCOUNTS
        ]},
        "/api/portfolio/refresh": {"message": "Refreshing 5 connections."},
    }  # fmt: skip
    if request.path not in answers:
        return web.json_response({"status": 404, "detail": "Not in this small server."}, status=404)
    return web.json_response(answers[request.path])


async def files(request: web.Request) -> web.FileResponse:
    path = DIST / (request.path.lstrip("/") or "index.html")
    return web.FileResponse(path, headers={"Content-Security-Policy": CSP.format(ws=f"ws://{request.host}")})


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--speed", type=float, default=1)
    parser.add_argument("--holdings", type=int, default=0, help="at least so many")
    options = parser.parse_args()
    many(options.holdings)
    app = web.Application()
    app["world"] = world = World(options.speed)
    app.router.add_get("/v1", stream)
    app.router.add_route("*", "/api/{rest:.*}", rest)
    app.router.add_get("/{path:.*}", files)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", options.port).start()
    print(f"http://127.0.0.1:{options.port}/#code=dev")
    try:
        while True:
            await asyncio.sleep(0.2)
            world.step()
    finally:
        await runner.cleanup()


asyncio.run(main())
