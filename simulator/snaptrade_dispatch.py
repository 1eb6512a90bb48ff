"""From a request to an answer: signature, time, client, user, limit, faults, endpoint (pure)."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from simulator.minute_rates import WINDOW_S
from simulator.snaptrade_endpoints import Endpoint, find
from simulator.snaptrade_errors import SnapTradeError, bad_signature, not_found, throttled, unexpected, unreachable
from simulator.snaptrade_signature import LEGACY_PREFIX, matches, requoted
from simulator.snaptrade_simulation import Call, SnapTradeSimulation
from simulator.snaptrade_users import User

CLOCK_SKEW_MAX_S = 300.0


@dataclass(frozen=True, slots=True)
class Asked:
    """An HTTP request: `path` and `query` exactly as sent, `now` in seconds since 1970."""

    method: str
    path: str
    query: str
    signature: str
    raw: bytes
    now: float
    origin: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer with a JSON body."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


def answer(simulation: SnapTradeSimulation, asked: Asked) -> Answer:
    """Answer one request as SnapTrade does; never raises for what a client sends."""
    headers = {"X-Request-ID": uuid.uuid4().hex}
    if asked.path.startswith(LEGACY_PREFIX + "/"):
        headers["Deprecation"] = "@1781222400"
    try:
        body = _answer(simulation, asked)
    except SnapTradeError as error:
        return Answer(error.status, error.body(), headers | _rate_headers(simulation, asked.now) | error.headers)
    return Answer(200, body, headers | _rate_headers(simulation, asked.now))


def _answer(simulation: SnapTradeSimulation, asked: Asked) -> Any:
    path = routed_path(asked.path)
    found = find(asked.method, path)
    if found is None:
        raise not_found()
    endpoint, params = found
    body = _body(asked.raw)
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    if endpoint.needs != "nothing":
        _check_client(simulation, asked, body, query)
    user = _user(simulation, endpoint, query)
    _check_limit(simulation, asked.now)
    _check_faults(simulation, path, subjects(simulation, asked.query))
    return endpoint.answer(Call(simulation, path, params, query, body, asked.now, asked.origin, user))


def routed_path(path: str) -> str:
    return path.removeprefix(LEGACY_PREFIX) or "/"


def subjects(simulation: SnapTradeSimulation, query: str) -> tuple[str, ...]:
    """Return what a fault may name to mean this caller: the user and who he is connected as."""
    user = simulation.users.by_id.get(dict(parse_qsl(query)).get("userId", ""))
    if user is None:
        return ()
    return (user.id, *{connection.persona for connection in user.connections.values()})


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise SnapTradeError(400, "1012", "The body is no JSON") from error
    if not isinstance(body, dict):
        raise SnapTradeError(400, "1012", "The body must be an object")
    return body


def _check_client(simulation: SnapTradeSimulation, asked: Asked, body: dict[str, Any], query: dict[str, str]) -> None:
    """Check client id, timestamp and signature."""
    if query.get("clientId") != simulation.client_id:
        raise SnapTradeError(401, "0000", "Invalid clientID")
    timestamp = query.get("timestamp", "")
    if not timestamp.isdecimal() or abs(asked.now - int(timestamp)) > CLOCK_SKEW_MAX_S:
        raise SnapTradeError(401, "1076", "Invalid timestamp")
    key = simulation.consumer_key
    if matches(key, asked.path, asked.query, body, asked.signature):
        return
    if matches(key, asked.path, requoted(asked.query), body, asked.signature):
        raise SnapTradeError(
            401, "1076", "Unable to verify signature sent: the query was re-quoted after it was signed"
        )
    raise bad_signature()


def _user(simulation: SnapTradeSimulation, endpoint: Endpoint, query: dict[str, str]) -> User | None:
    if endpoint.needs != "user":
        return None
    return simulation.users.authenticate(query.get("userId"), query.get("userSecret"))


def _check_limit(simulation: SnapTradeSimulation, now: float) -> None:
    if not simulation.rates.admit("client", simulation.requests_per_minute, now):
        raise throttled(simulation.rates.reset_s("client", now))


def _check_faults(simulation: SnapTradeSimulation, path: str, who: tuple[str, ...]) -> None:
    faults = simulation.faults
    limited = faults.take("rate_limit", path, who)
    if limited is not None:
        raise throttled(int(limited.seconds) or int(WINDOW_S))
    if faults.take("server_error", path, who):
        raise unexpected()
    if faults.take("unavailable", path, who):
        raise unreachable()


def _rate_headers(simulation: SnapTradeSimulation, now: float) -> dict[str, str]:
    limit = simulation.requests_per_minute
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(limit - simulation.rates.used("client", now)),
        "X-RateLimit-Reset": str(simulation.rates.reset_s("client", now)),
    }
