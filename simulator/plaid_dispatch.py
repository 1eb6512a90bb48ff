"""From a request to an answer: authentication, fields, limits, faults, endpoint (pure)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.plaid_endpoints import ENDPOINTS, Endpoint, allowed_fields
from simulator.plaid_errors import PlaidError
from simulator.plaid_items import request_id
from simulator.plaid_simulation import Call, PlaidSimulation


@dataclass(frozen=True, slots=True)
class Asked:
    """An HTTP request: its path, headers, raw body, time (seconds since 1970) and the address it came to."""

    path: str
    headers: Mapping[str, str]
    raw: bytes
    now: float
    origin: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer with a JSON body."""

    status: int
    body: dict[str, Any]


def answer(simulation: PlaidSimulation, asked: Asked) -> Answer:
    """Answer one POST as Plaid does; never raises for what a client sends."""
    identity = request_id(simulation.items.seed, asked.path, asked.now)
    try:
        body = _answer(simulation, asked)
    except PlaidError as error:
        return Answer(error.status, error.fields() | {"request_id": identity})
    return Answer(200, body | {"request_id": identity})


def _answer(simulation: PlaidSimulation, asked: Asked) -> dict[str, Any]:
    path, now = asked.path, asked.now
    endpoint = ENDPOINTS.get(path)
    if endpoint is None:
        raise PlaidError("NOT_FOUND", path)
    body = _body(asked.raw)
    _authenticate(simulation, asked.headers, body)
    _check_fields(endpoint, body)
    _check_faults(simulation, path, simulation.subjects(body.get("access_token")))
    _check_limits(simulation, endpoint, path, body, now)
    return endpoint.answer(Call(simulation, path, body, now, asked.origin))


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise PlaidError("INVALID_BODY") from error
    if not isinstance(body, dict):
        raise PlaidError("INVALID_BODY")
    return body


def _authenticate(simulation: PlaidSimulation, headers: Mapping[str, str], body: dict[str, Any]) -> None:
    client_id = headers.get("PLAID-CLIENT-ID") or body.get("client_id")
    secret = headers.get("PLAID-SECRET") or body.get("secret")
    if (client_id, secret) != (simulation.client_id, simulation.secret):
        raise PlaidError("INVALID_API_KEYS")


def _check_fields(endpoint: Endpoint, body: dict[str, Any]) -> None:
    missing = [name for name in endpoint.required if body.get(name) is None]
    if missing:
        raise PlaidError("MISSING_FIELDS", ", ".join(missing))
    allowed = allowed_fields(endpoint)
    if allowed is not None and not body.keys() <= allowed:
        raise PlaidError("UNKNOWN_FIELDS", ", ".join(sorted(body.keys() - allowed)))


def _check_faults(simulation: PlaidSimulation, path: str, subjects: tuple[str, ...]) -> None:
    faults = simulation.faults
    if faults.take("rate_limit", path, subjects):
        limit = ENDPOINTS[path].limit
        raise PlaidError(limit.item_code)
    if faults.take("server_error", path, subjects):
        raise PlaidError("INTERNAL_SERVER_ERROR")
    if faults.take("unavailable", path, subjects):
        raise PlaidError("PLANNED_MAINTENANCE")


def _check_limits(simulation: PlaidSimulation, endpoint: Endpoint, path: str, body: dict[str, Any], now: float) -> None:
    limit, token = endpoint.limit, body.get("access_token")
    if limit.per_item is not None and not simulation.rates.admit(f"{path} {token}", limit.per_item, now):
        raise PlaidError(limit.item_code)
    if limit.per_client is not None and not simulation.rates.admit(path, limit.per_client, now):
        raise PlaidError(limit.client_code)
