"""The control API that the three account simulators share (`/control/…`, see population.py)."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from simulator.holdings_state import AccountState, HoldingsState, UnknownNameError
from simulator.http_faults import Faults, UnknownFaultError
from simulator.kept_state import KeptFile


class Controlled(Protocol):
    """What a simulator lets the control API see and change."""

    @property
    def state(self) -> HoldingsState: ...

    @property
    def faults(self) -> Faults: ...

    def market_now(self) -> datetime: ...

    def describe(self) -> dict[str, Any]:
        """Return the provider's own part of `GET /control/state`."""

    def account_key(self, name: str) -> str:
        """Return the account that a key or an id of the provider names."""

    def changed(self, account: AccountState) -> None:
        """Tell the connected clients that this account's holdings changed."""


class BadControlError(ValueError):
    """A control call asks for what cannot be."""


@dataclass(frozen=True, slots=True)
class Control:
    """Routes under /control/."""

    target: Controlled

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/control/state", self._state),
            web.post("/control/holdings", self._holdings),
            web.post("/control/cash", self._cash),
            web.post("/control/accounts", self._accounts),
            web.post("/control/activities", self._activities),
            web.post("/control/prices", self._prices),
            web.post("/control/half-split", self._half_split),
            web.get("/control/faults", self._list_faults),
            web.post("/control/faults", self._add_fault),
            web.delete("/control/faults", self._clear_faults),
            web.delete("/control/faults/{id}", self._remove_fault),
        ]

    async def _state(self, _request: web.Request) -> web.Response:
        state = self.target.state
        accounts = [describe_account(state, account) for account in state.accounts.values()]
        return answer({"accounts": accounts, "faults": self._faults()} | self.target.describe())

    async def _holdings(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        key = self.target.account_key(text(body, "account"))
        symbol = text(body, "symbol")
        if "price" in body:
            self.target.state.set_price(symbol, optional_decimal(body, "price"))
        account = self.target.state.set_holding(
            key,
            symbol,
            decimal(body, "quantity"),
            optional_decimal(body, "cost_basis"),
            self.target.market_now(),
            settle=bool(body.get("settle")),
        )
        return self._done(body, account)

    async def _cash(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        key = self.target.account_key(text(body, "account"))
        currency = str(body.get("currency") or self.target.state.account(key).plan.currency)
        account = self.target.state.set_cash(key, currency, decimal(body, "amount"), self.target.market_now())
        return self._done(body, account)

    async def _activities(self, request: web.Request) -> web.Response:
        """Let an account deal so often in a symbol, without changing what it holds."""
        body = await body_of(request)
        key, symbol = self.target.account_key(text(body, "account")), text(body, "symbol")
        self.target.state.deal(key, symbol, int(decimal(body, "count")), self.target.market_now())
        return answer({"account": key})

    async def _accounts(self, request: web.Request) -> web.Response:
        """Let an account disappear from the provider's lists, or come back."""
        body = await body_of(request)
        account = self.target.state.account(self.target.account_key(text(body, "account")))
        account.hidden = bool(body.get("hidden"))
        return answer({"account": account.key, "hidden": account.hidden})

    async def _prices(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        symbol = text(body, "symbol")
        self.target.state.set_price(symbol, optional_decimal(body, "price"))
        return answer({"symbol": symbol, "price": str(self.target.state.price(symbol))})

    async def _half_split(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        symbol, ratio = text(body, "symbol"), decimal(body, "ratio")
        if ratio <= 0:
            raise BadControlError("ratio must be positive")
        self.target.state.security(symbol)
        self.target.state.half_split[symbol] = ratio
        return answer({"symbol": symbol, "price": str(self.target.state.reported_price(symbol))})

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return answer({"faults": self._faults()})

    async def _add_fault(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        times, seconds = optional_decimal(body, "times"), optional_decimal(body, "seconds")
        fault = self.target.faults.add(
            text(body, "kind"),
            path=body.get("path"),
            subject=body.get("subject"),
            times=None if times is None else int(times),
            seconds=float(seconds or 0),
        )
        return answer({"id": fault.id, "kind": fault.kind})

    async def _remove_fault(self, request: web.Request) -> web.Response:
        fault_id = request.match_info["id"]
        if not fault_id.isdecimal():
            raise BadControlError(f"{fault_id} is no fault's id")
        self.target.faults.remove(int(fault_id))
        return answer({"faults": self._faults()})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self.target.faults.clear()
        return answer({"faults": []})

    def _done(self, body: dict[str, Any], account: AccountState) -> web.Response:
        if body.get("webhook", True):
            self.target.changed(account)
        return answer(describe_account(self.target.state, account))

    def _faults(self) -> list[dict[str, Any]]:
        return [
            {
                "id": fault.id,
                "kind": fault.kind,
                "path": fault.path,
                "subject": fault.subject,
                "times": fault.times,
                "seconds": fault.seconds,
            }
            for fault in self.target.faults.active.values()
        ]


def describe_account(state: HoldingsState, account: AccountState) -> dict[str, Any]:
    """Return one account for a person: decimals as text, canonical symbols."""
    return {
        "account": account.key,
        "persona": account.persona,
        "institution": account.institution,
        "name": account.plan.name,
        "currency": account.plan.currency,
        "cash": {currency: str(amount) for currency, amount in account.cash.items()},
        "extracted_at": account.extracted_at.isoformat(),
        "holdings": [
            {
                "symbol": holding.symbol,
                "quantity": str(holding.quantity),
                "cost_basis": None if holding.cost_basis is None else str(holding.cost_basis),
                "price": str(state.price(holding.symbol)),
                "currency": state.security(holding.symbol).currency,
            }
            for holding in account.holdings.values()
        ],
    }


def keeping(kept: KeptFile, changing: tuple[str, ...]) -> Middleware:
    """Return a middleware that keeps the state after each request, other than GET, to one of these paths."""

    @web.middleware
    async def keep(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if request.method != "GET" and request.path.startswith(changing):
            kept.save()
        return response

    return keep


@web.middleware
async def control_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 400 or 404 with a sentence when a control call is wrong."""
    try:
        return await handler(request)
    except UnknownNameError as error:
        return answer({"error": str(error)}, 404)
    except (BadControlError, UnknownFaultError) as error:
        return answer({"error": str(error)}, 400)


async def body_of(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text() or "{}", parse_float=Decimal)
    except ValueError as error:
        raise BadControlError("the body is no JSON") from error
    if not isinstance(body, dict):
        raise BadControlError("the body must be a JSON object")
    return body


def text(body: dict[str, Any], name: str) -> str:
    if not isinstance(body.get(name), str):
        raise BadControlError(f"{name} (text) is missing")
    return str(body[name])


def decimal(body: dict[str, Any], name: str) -> Decimal:
    try:
        amount = Decimal(str(body[name]))
    except (KeyError, InvalidOperation) as error:
        raise BadControlError(f"{name} (a number, or a number as text) is missing") from error
    if not amount.is_finite():
        raise BadControlError(f"{name} must be finite")
    return amount


def optional_decimal(body: dict[str, Any], name: str) -> Decimal | None:
    return None if body.get(name) is None else decimal(body, name)


def answer(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(body, status=status, dumps=lambda shape: json.dumps(shape, indent=1) + "\n")
