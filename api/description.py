"""The OpenAPI page: what FastAPI knows, and beside it the errors and an example of every operation. Pure."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from api.codes import CODES
from api.examples import example_of
from api.idempotency import HEADER as IDEMPOTENCY_KEY
from api.idempotency import KEY_PATTERN
from api.problems import PROBLEM_MEDIA_TYPE

_PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": list(CODES), "description": "Stable: decide by it."},
        "detail": {"type": "string", "description": "A sentence for a person; may change."},
    },
}
_IDEMPOTENCY_KEY = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": KEY_PATTERN},
    "description": "Chosen by the client: the same request again gets the same answer, for a day.",
}
_SIGNED = ("/webhook/plaid", "/api/snaptrade/webhook")
_FOR_OPERATORS = {"/api/portfolio/force-sync"}
_LINKING = {"alpaca", "plaid", "snaptrade", "connections"}


def describe(app: FastAPI) -> None:
    """Make the application answer for its OpenAPI page with all that is said of it here."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(generate())
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend the page


def _complete(page: dict[str, Any]) -> None:
    schemas = page["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, methods in page["paths"].items():
        for method, operation in methods.items():
            if method != "get" and operation.get("security"):
                operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            operation["responses"].pop("422", None)
            _add_examples(operation, schemas)
            _add_problems(path, operation)
    schemas["Problem"] = _PROBLEM


def _add_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        parameter["example"] = example_of(parameter["schema"], schemas, parameter["name"])
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        media = part.get("content", {}).get("application/json")
        if media is not None:
            media["example"] = example_of(media["schema"], schemas)


def _add_problems(path: str, operation: dict[str, Any]) -> None:
    """Name the errors of an operation; those that a health check answers itself stay."""
    for status in sorted({*_statuses(path, operation)}):
        codes = [code for code, row in CODES.items() if row.status == status]
        answer = {"description": f"One of: {', '.join(codes)}.", "content": {PROBLEM_MEDIA_TYPE: _problem(codes[0])}}
        operation["responses"].setdefault(str(status), answer)


def _statuses(path: str, operation: dict[str, Any]) -> Iterator[int]:
    yield from (400, 500, 503)
    if path.startswith("/api/") and path != "/api/snaptrade/webhook":
        yield 429
    if operation.get("security") or path in _SIGNED or path == "/api/session":
        yield 401
    if operation.get("security"):
        yield 403
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    if "{" in path or "requestBody" in operation or "account_id" in names:
        yield 404
    if "requestBody" in operation:
        yield 413
    if "requestBody" in operation or operation.get("parameters"):
        yield 422
    if _IDEMPOTENCY_KEY in operation.get("parameters", []):
        yield 409
    if _LINKING & {*operation["tags"]} and operation.get("security"):
        yield from (409, 422, 502)


def _problem(code: str) -> dict[str, Any]:
    row = CODES[code]
    title = HTTPStatus(row.status).phrase
    example = {"type": "about:blank", "title": title, "status": row.status, "code": code, "detail": row.meaning}
    return {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
