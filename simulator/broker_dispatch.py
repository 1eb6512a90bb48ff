"""From a request to an answer of Alpaca's: endpoint, keys, limit, faults (pure)."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from simulator import broker_answers as answers
from simulator.broker_simulation import BrokerError, BrokerSimulation, Call, names
from simulator.holdings_state import AccountState

Needs = Literal["keys", "firm", "firm account"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`keys`: one account by its own keys; `firm`: the firm's keys; `firm account`: and an account in the path."""

    pattern: re.Pattern[str]
    needs: Needs
    answer: Callable[[Call], Any]


def _endpoint(template: str, needs: Needs, answer: Callable[[Call], Any]) -> Endpoint:
    return Endpoint(re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + "$"), needs, answer)


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("/v2/account", "keys", answers.trade_account),
    _endpoint("/v2/positions", "keys", answers.positions),
    _endpoint("/v2/positions/{symbol}", "keys", answers.position),
    _endpoint("/v2/account/activities", "keys", answers.activities),
    _endpoint("/v2/account/activities/{type}", "keys", answers.activities),
    _endpoint("/v2/account/portfolio/history", "keys", answers.portfolio_history),
    _endpoint("/v2/orders", "keys", answers.orders),
    _endpoint("/v1/accounts", "firm", answers.accounts),
    _endpoint("/v1/accounts/positions", "firm", answers.all_positions),
    _endpoint("/v1/accounts/activities", "firm", answers.activities),
    _endpoint("/v1/accounts/activities/{type}", "firm", answers.activities),
    _endpoint("/v1/accounts/{id}", "firm account", answers.account),
    _endpoint("/v1/trading/accounts/{id}/account", "firm account", answers.broker_trade_account),
    _endpoint("/v1/trading/accounts/{id}/positions", "firm account", answers.positions),
    _endpoint("/v1/trading/accounts/{id}/positions/{symbol}", "firm account", answers.position),
    _endpoint("/v1/trading/accounts/{id}/account/portfolio/history", "firm account", answers.portfolio_history),
    _endpoint("/v1/trading/accounts/{id}/orders", "firm account", answers.orders),
)


def find(path: str) -> tuple[Endpoint, dict[str, str]]:
    for endpoint in ENDPOINTS:
        match = endpoint.pattern.match(path)
        if match is not None:
            return endpoint, match.groupdict()
    raise BrokerError(404, 40410000, "endpoint not found.")


def authenticate(
    simulation: BrokerSimulation, endpoint: Endpoint, headers: Mapping[str, str], params: dict[str, str]
) -> AccountState | None:
    """Return the account that the credentials and the path mean.

    Raises:
        BrokerError: The keys are wrong (403 trading, 401 firm), or the firm has no such account (401).
    """
    if endpoint.needs == "keys":
        bearer = headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer.endswith("-token"):
            persona = bearer.removesuffix("-token")
            return simulation.account_by_keys(f"{persona}-key", f"{persona}-secret")
        key, secret = headers.get("APCA-API-KEY-ID", ""), headers.get("APCA-API-SECRET-KEY", "")
        return simulation.account_by_keys(key, secret)
    if _basic(headers) != (simulation.broker_key, simulation.broker_secret):
        raise BrokerError(401, 40110000, "request is not authorized")
    return simulation.account(params["id"]) if endpoint.needs == "firm account" else None


def _basic(headers: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = headers.get("Authorization", "").partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    key, _, secret = text.partition(":")
    return key, secret


@dataclass(frozen=True, slots=True)
class Asked:
    """An HTTP GET: path, query as sent, headers, `now` in seconds since 1970."""

    path: str
    query: str
    headers: Mapping[str, str]
    now: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer with a JSON body."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


def answer(simulation: BrokerSimulation, asked: Asked) -> Answer:
    """Answer one request as Alpaca does; never raises for what a client sends."""
    try:
        endpoint, params = find(asked.path)
        account = authenticate(simulation, endpoint, asked.headers, params)
    except BrokerError as error:
        return Answer(error.status, error.body())
    bucket = account.key if account is not None else "firm"
    admitted = simulation.rates.admit(bucket, simulation.requests_per_minute, asked.now)
    headers = _rate_headers(simulation, bucket, asked.now)
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    try:
        _check(simulation, asked.path, names(simulation, account), admitted=admitted)
        body = endpoint.answer(Call(simulation, asked.path, query, params, asked.now, account))
    except BrokerError as error:
        return Answer(error.status, error.body(), headers)
    return Answer(200, body, headers)


def subjects(simulation: BrokerSimulation, path: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a fault may name to mean this caller; () when the caller is nobody."""
    try:
        endpoint, params = find(path)
        return names(simulation, authenticate(simulation, endpoint, headers, params))
    except BrokerError:
        return ()


def _check(simulation: BrokerSimulation, path: str, who: tuple[str, ...], *, admitted: bool) -> None:
    faults = simulation.faults
    if not admitted or faults.take("rate_limit", path, who):
        raise BrokerError(429, 42910000, "rate limit exceeded")
    if faults.take("login_required", path, who):
        raise BrokerError(401, 40110000, "request is not authorized")
    if faults.take("server_error", path, who):
        raise BrokerError(500, 50010000, "internal server error occurred")
    if faults.take("unavailable", path, who) or faults.take("institution_down", path, who):
        raise BrokerError(503, 50310000, "service unavailable")


def _rate_headers(simulation: BrokerSimulation, bucket: str, now: float) -> dict[str, str]:
    used = simulation.rates.used(bucket, now)
    return {
        "X-RateLimit-Limit": str(simulation.requests_per_minute),
        "X-RateLimit-Remaining": str(simulation.requests_per_minute - used),
        "X-RateLimit-Reset": str(int(now) + simulation.rates.reset_s(bucket, now)),
    }
