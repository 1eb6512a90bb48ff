"""`/control/…`: how tests and demos look into the simulated market and make it misbehave (loop).

| call | does |
|---|---|
| GET status | market time, trades sent, streams and their subscriptions, most open at once for a key and endpoint, REST calls: count, refused, most in a minute |
| GET trades?symbol=&limit= | the newest trades sent, oldest first, with whether each may set a last price |
| POST pause, resume | no more trades, quotes or bars; go on |
| POST run_until {index} | plays a recording up to its trade of that number, answers when every socket took it |
| POST step {count} | as many trades more, likewise |
| POST plan {…} | changes limits and faults: connections_max, symbols_max, calls_per_minute, muted, refuse_auth [codes], refused_endpoints [paths], upgrade_status, rest_status |
| POST mute {muted}, refuse_auth {codes} | short for plan |
| POST drop {endpoint?, code?} | cuts streams: TCP reset, or a close frame with a code |
| POST emit {kind, symbol, …} or [{…}] | sends events now: trade, quote, correction, cancel, status, band |
| POST announce {kind, symbol, ex_date, …} | a corporate action, told by REST from now on: forward_splits (new_rate, old_rate), cash_dividends (rate), … |
| POST set_price {symbol, price} | trades at that price now, and later ones happen around it |
"""  # noqa: E501 - a table

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from simulator.clock import rfc3339
from simulator.conditions import moves
from simulator.events import Trade
from simulator.injected import Injector
from simulator.market_stream import MarketStream
from simulator.market_view import MarketView, trade_point
from simulator.wire import Fields

_PLAN_NUMBERS = ("connections_max", "symbols_max", "calls_per_minute", "upgrade_status", "rest_status")
_TRADES_LIMIT = 100

Act = Callable[[Any], Awaitable[Fields]]


class MarketControl:
    """The control calls over one market."""

    def __init__(self, view: MarketView, stream: MarketStream) -> None:
        self._view = view
        self._stream = stream
        self._injector = Injector(view.playback.feed)

    def routes(self) -> list[web.RouteDef]:
        """Return the calls' routes."""
        acts: dict[str, Act] = {
            "pause": self._pause,
            "resume": self._resume,
            "run_until": self._run_until,
            "step": self._step,
            "plan": self._change_plan,
            "mute": lambda body: self._change_plan({"muted": body.get("muted", True)}),
            "refuse_auth": lambda body: self._change_plan({"refuse_auth": body.get("codes", [])}),
            "drop": self._drop,
            "emit": self._emit,
            "set_price": self._set_price,
            "announce": self._announce,
        }
        posts = [web.post(f"/control/{name}", partial(_answer, act)) for name, act in acts.items()]
        return [web.get("/control/status", self._status), web.get("/control/trades", self._trades), *posts]

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response(self._state())

    def _state(self) -> Fields:
        playback = self._view.playback
        streams = [
            {
                "endpoint": client.endpoint.path,
                "authenticated": client.subscriptions.authenticated,
                "channels": {name: sorted(wanted) for name, wanted in client.subscriptions.wanted.items() if wanted},
                "points_pending": len(client.outbox),
                "points_sent": client.outbox.points_sent,
            }
            for client in self._stream.clients
        ]
        return {
            "market_time": rfc3339(playback.now_ns()),
            "paused": playback.paused,
            "muted": self._view.plan.muted,
            "trades_sent": playback.feed.trades_sent,
            "finished": playback.finished,
            "open_most": self._view.plan.open_most,
            "calls": {
                "count": self._view.plan.calls_count,
                "refused": self._view.plan.calls_refused,
                "most": self._view.plan.calls_most,
            },
            "streams": streams,
        }

    async def _trades(self, request: web.Request) -> web.Response:
        symbol, limit = request.query.get("symbol"), int(request.query.get("limit", _TRADES_LIMIT))
        sent = [trade for trade in self._view.playback.feed.recent if symbol in {None, trade.symbol}]
        return web.json_response({"trades": [_told(trade) for trade in sent[-limit:]]})

    async def _pause(self, _body: Fields) -> Fields:
        self._view.playback.pause()
        return self._state()

    async def _resume(self, _body: Fields) -> Fields:
        self._view.playback.resume()
        return self._state()

    async def _run_until(self, body: Fields) -> Fields:
        await self._view.playback.run_until(int(body["index"]))
        return self._state()

    async def _step(self, body: Fields) -> Fields:
        await self._view.playback.run_until(self._view.playback.feed.trades_sent + int(body.get("count", 1)))
        return self._state()

    async def _change_plan(self, body: Fields) -> Fields:
        plan = self._view.plan
        for name, value in body.items():
            if name in _PLAN_NUMBERS:
                setattr(plan, name, value if value is None else int(value))
            elif name == "muted":
                plan.muted = bool(value)
            elif name == "refuse_auth":
                plan.refuse_auth = [int(code) for code in value]
            elif name == "refused_endpoints":
                plan.refused_endpoints = set(value)
            else:
                raise ValueError(f"the plan has no {name}")
        return self._state()

    async def _drop(self, body: Fields) -> Fields:
        dropped = [client for client in self._stream.clients if body.get("endpoint") in {None, client.endpoint.path}]
        for client in dropped:
            if "code" in body:
                await client.close(int(body["code"]))
            else:
                client.drop()
        return {"dropped": len(dropped)}

    async def _emit(self, body: Fields | list[Fields]) -> Fields:
        now_ns = self._view.playback.now_ns()
        session = self._view.market.sessions.session(now_ns)
        sent = []
        for fields in body if isinstance(body, list) else [body]:
            event = self._injector.event(fields, now_ns, extended_hours=session != "regular")
            self._view.playback.feed.send(event)
            sent.append(_told(event) if isinstance(event, Trade) else {"kind": fields.get("kind")})
        return {"sent": sent}

    async def _announce(self, body: Fields) -> Fields:
        return self._view.corporate_actions.announce(body)

    async def _set_price(self, body: Fields) -> Fields:
        self._view.market.move_to(body["symbol"], float(body["price"]), self._view.playback.moved_to_ns())
        return await self._emit({"symbol": body["symbol"], "price": body["price"]})


def _told(trade: Trade) -> Fields:
    sets_price = moves(trade.conditions, trade.tape).last
    return {"symbol": trade.symbol, "id": trade.id, "sets_price": sets_price, **trade_point(trade)}


async def _answer(act: Act, request: web.Request) -> web.Response:
    try:
        text = await request.text()
        return web.json_response(await act(json.loads(text) if text else {}))
    except (KeyError, ValueError, LookupError, TypeError, AttributeError) as wrong:
        return web.json_response({"error": f"{type(wrong).__name__}: {wrong}"}, status=400)
