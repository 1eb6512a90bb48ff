"""Every operation of the REST API, as its OpenAPI page describes it, and a sample call of each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from api.app import create_routes
from api.parts import Parts
from realtime.settings import Settings

_NAMES_A_THING = re.compile(r"(^|_)(ids?|tokens?)$")
NAMES_NOTHING_OF_A_USERS = {
    "institution_id": "a firm, the same for everybody",
    "key_id": "of the caller's own account at Alpaca, which is asked whose it is",
    "product": "one of ours, the same for everybody",
    "public_token": "a secret of the provider's: who has it has just signed in there",
}


@dataclass(frozen=True)
class Sample:
    """How an operation is called.

    Attributes:
        ids: By parameter or field, the kind of thing that it names.
        fields: Other fields of the body.
        path: Other parameters of the path.
        query: Other parameters of the address.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)


SAMPLES: dict[str, Sample] = {
    "POST /api/session": Sample(fields={"code": "invented"}),
    "GET /api/config": Sample(),
    "GET /api/accounts": Sample(),
    "POST /api/accounts/{account_id}/duplicate": Sample({"account_id": "account"}, fields={"same_as": None}),
    "GET /api/connections": Sample(),
    "POST /api/connections/{connection_id}/refresh": Sample({"connection_id": "connection"}),
    "GET /api/connections/{connection_id}/sync-logs": Sample({"connection_id": "connection"}),
    "POST /api/connections/{connection_id}/rotate": Sample({"connection_id": "connection"}),
    "GET /api/audit": Sample(),
    "GET /api/flags": Sample(),
    "DELETE /api/connections/{connection_id}": Sample({"connection_id": "connection"}),
    "POST /api/plaid/link-token": Sample({"connection_id": "connection"}),
    "POST /api/plaid/connect": Sample({"link_token": "link_token"}),
    "POST /api/plaid/link-investment-account": Sample({"link_token": "link_token"}),
    "POST /api/plaid/transactions/exchange": Sample({"link_token": "link_token"}),
    "GET /api/plaid/accounts": Sample(),
    "GET /api/plaid/accounts/{account_id}/balance": Sample({"account_id": "account"}),
    "GET /api/plaid/institutions/search": Sample(query={"query": "Platypus"}),
    "GET /api/plaid/connections": Sample(),
    "DELETE /api/plaid/connections/{connection_id}": Sample({"connection_id": "connection"}),
    "GET /api/plaid/sync-logs": Sample(),
    "POST /api/snaptrade/connection-url": Sample({"connection_id": "snaptrade_connection"}),
    "POST /api/snaptrade/connect": Sample({"authorization_id": "snaptrade_authorization"}),
    "POST /api/snaptrade/refresh": Sample(),
    "POST /api/alpaca/connect": Sample(fields={"key_id": "invented", "secret_key": "invented"}),
    "POST /webhook/plaid": Sample(),
    "GET /webhook/plaid/health": Sample(),
    "POST /api/snaptrade/webhook": Sample(),
    "GET /api/portfolio/aggregated": Sample(),
    "POST /api/portfolio/refresh": Sample({"account_id": "account"}),
    "POST /api/portfolio/force-sync": Sample({"user_id": "user"}),
    "GET /api/portfolio/transactions": Sample({"account_id": "account"}),
    "GET /api/portfolio/intraday": Sample(),
    "GET /api/prices/intraday": Sample(),
    "GET /api/accounts/{account_id}/explain": Sample({"account_id": "account"}),
    "GET /api/portfolio/explain": Sample(),
    "POST /api/products/{product}/transactions/sync": Sample(path={"product": "transactions"}),
    "GET /api/products/{product}/transactions": Sample(path={"product": "investments"}),
    "GET /api/spending": Sample(),
    "GET /api/portfolio/mode": Sample(),
    "GET /api/plaid/transactions": Sample(),
    "POST /api/plaid/transactions/sync": Sample(),
    "GET /health": Sample(),
    "GET /api/status": Sample(),
    "GET /api/jobs": Sample(),
    "POST /api/jobs/{job_id}/retry": Sample({"job_id": "job"}),
}


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def needs_token(self) -> bool:
        return bool(self.described.get("security"))

    @property
    def sample(self) -> Sample:
        return SAMPLES[self.name]

    @property
    def id_fields(self) -> set[str]:
        """Parameters and fields of the body that name a thing of somebody's."""
        named = {each["name"] for each in self.described.get("parameters", []) if each["in"] == "path"}
        told = {each["name"] for each in self.described.get("parameters", []) if each["in"] == "query"}
        content = self.described.get("requestBody", {}).get("content", {})
        for media in content.values():
            told |= set(_fields(media["schema"]))
        return (named | {name for name in told if _NAMES_A_THING.search(name)}) - NAMES_NOTHING_OF_A_USERS.keys()

    def call(self, **ids: str) -> dict[str, Any]:
        """Return what to request: the sample, with these in the place of its ids."""
        places = {each["name"]: each["in"] for each in self.described.get("parameters", [])}
        in_path, in_query, in_body = (
            {name: value for name, value in ids.items() if places.get(name, "body") == place}
            for place in ("path", "query", "body")
        )
        return {
            "method": self.method,
            "path": self.path.format(**in_path, **self.sample.path),
            "params": {**self.sample.query, **in_query},
            "json": {**self.sample.fields, **in_body} if "requestBody" in self.described else None,
        }


@cache
def described_api() -> dict[str, Any]:
    """The OpenAPI page, of routes that nobody can call."""
    parts = Parts(Settings(_env_file=None), *(cast("Any", None) for _ in range(4)))  # type: ignore[call-arg]
    return create_routes(parts).openapi()


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(
        Operation(method.upper(), path, described)
        for path, methods in described_api()["paths"].items()
        for method, described in methods.items()
    )


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = described_api()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield from schema.get("properties", {})
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _fields(part)
