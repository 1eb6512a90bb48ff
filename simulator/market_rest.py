"""Alpaca's market-data and market-clock REST, as far as it is used (loop)."""

import time
from collections.abc import Callable, Iterable
from functools import partial

from aiohttp import web

from simulator.daily_bar_pages import page_of_bars
from simulator.exchange_rates import ExchangeRates
from simulator.market_calendar import calendar_answer, clock_answer
from simulator.market_view import MarketView
from simulator.option_prices import greeks
from simulator.rest_access import CallBudget, RestRefused, calling_key, requested_symbols
from simulator.subscriptions import OCC_SYMBOL, PAIR, STOCK_SYMBOL
from simulator.wire import Fields

FEEDS = frozenset({"", "sip", "iex", "delayed_sip", "boats", "overnight", "otc", "opra", "indicative"})
OPTION_SYMBOLS_MAX = 100

Answer = Callable[[web.Request], Fields | list[Fields]]
Point = Callable[[str], Fields | None]


class MarketRest:
    """The REST endpoints over one market."""

    def __init__(self, view: MarketView, rates: ExchangeRates) -> None:
        self._view = view
        self._rates = rates
        self._budget = CallBudget(view.plan)

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints' routes."""
        view, pairs = self._view, "/v1beta3/crypto/{location}"
        answers: dict[str, Answer] = {
            "/v2/stocks/snapshots": lambda request: _found(self._stocks(request), view.snapshot),
            "/v2/stocks/trades/latest": lambda request: {"trades": _found(self._stocks(request), view.trade)},
            "/v2/stocks/quotes/latest": lambda request: {"quotes": _found(self._stocks(request), view.quote)},
            "/v2/stocks/bars/latest": lambda request: {"bars": _found(self._stocks(request), view.minute_bar)},
            "/v2/stocks/bars": lambda request: page_of_bars(view, self._stocks(request), request.query),
            f"{pairs}/snapshots": lambda request: {"snapshots": _found(_pairs(request), view.snapshot)},
            f"{pairs}/latest/trades": lambda request: {"trades": _found(_pairs(request), view.trade)},
            f"{pairs}/latest/quotes": lambda request: {"quotes": _found(_pairs(request), view.quote)},
            f"{pairs}/latest/bars": lambda request: {"bars": _found(_pairs(request), view.minute_bar)},
            f"{pairs}/bars": lambda request: page_of_bars(view, _pairs(request), request.query),
            "/v1beta1/options/snapshots": lambda request: {
                "snapshots": _found(_contracts(request), self._option_snapshot),
                "next_page_token": None,
            },
            "/v1beta1/options/trades/latest": lambda request: {"trades": _found(_contracts(request), view.trade)},
            "/v1beta1/options/quotes/latest": lambda request: {"quotes": _found(_contracts(request), view.quote)},
            "/v1/corporate-actions": lambda request: view.corporate_actions.answer(request.query),
            "/v1beta1/forex/latest/rates": lambda request: self._rates.answer(
                request.query, view.playback.moved_to_ns()
            ),
            "/v2/clock": lambda _: clock_answer(view.market.sessions, view.playback.now_ns()),
            "/v2/calendar": lambda request: calendar_answer(view.market.sessions, request.query),
        }
        return [web.get(path, partial(self._call, answer)) for path, answer in answers.items()]

    async def _call(self, answer: Answer, request: web.Request) -> web.Response:
        key = ""
        try:
            key = self._admitted(request)
            return web.json_response(answer(request), headers=self._budget.headers(key))
        except RestRefused as refused:
            return web.json_response(refused.body, status=refused.status, headers=self._budget.headers(key))

    def _admitted(self, request: web.Request) -> str:
        """Return the caller's key, one call poorer; crypto needs none."""
        anonymous = request.path.startswith("/v1beta3/crypto/") and "APCA-API-KEY-ID" not in request.headers
        key = "" if anonymous else calling_key(request.headers, self._view.plan)
        self._budget.spend(key, time.time())
        if (status := self._view.plan.rest_status) is not None:
            raise RestRefused(status, "simulated failure", 50010000)
        return key

    def _stocks(self, request: web.Request) -> list[str]:
        feed = request.query.get("feed", "")
        if feed not in FEEDS:
            raise RestRefused(400, f"invalid feed: {feed}")
        if f"/v2/{feed}" in self._view.plan.refused_endpoints:
            raise RestRefused(403, f"subscription does not permit querying recent {feed.upper()} data", 42210000)
        return requested_symbols(request.query.get("symbols"), STOCK_SYMBOL)

    def _exchange_rates(self, request: web.Request) -> Fields:
        return self._rates.answer(request.query, self._view.playback.moved_to_ns())

    def _option_snapshot(self, symbol: str) -> Fields | None:
        model = self._view.market.options.get(symbol)
        if model is None:
            return None
        now_ns = self._view.playback.moved_to_ns()
        volatility = model.security.annual_volatility
        underlying = self._view.market.middle(model.contract.underlying, now_ns)
        return {
            "latestTrade": self._view.trade(symbol),
            "latestQuote": self._view.quote(symbol),
            "impliedVolatility": volatility,
            "greeks": greeks(model.contract, underlying, volatility, now_ns),
        }


def _pairs(request: web.Request) -> list[str]:
    if request.match_info["location"] not in {"us", "us-1", "eu-1"}:
        raise RestRefused(400, f"invalid location: {request.match_info['location']}")
    return requested_symbols(request.query.get("symbols"), PAIR)


def _contracts(request: web.Request) -> list[str]:
    return requested_symbols(request.query.get("symbols"), OCC_SYMBOL, OPTION_SYMBOLS_MAX)


def _found(symbols: Iterable[str], point: Point) -> Fields:
    """Return what is known; an unknown symbol is simply absent."""
    return {symbol: found for symbol in symbols if (found := point(symbol)) is not None}
