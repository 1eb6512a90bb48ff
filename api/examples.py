"""Examples for the OpenAPI page, made of its schemas: a field has the same example wherever it stands. Pure."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_CONNECTION = "0195f2d0-c7f4-7d6b-8f3a-2e6b1c9d4e5f"
_ACCOUNT = "plaid_0195f2d0c7f47d6b8f3a2e6b1c9d4e5f"
_SAME_ACCOUNT = "snaptrade_0195f2d0c7f47d6b8f3a2e6b1c9d4e5f"
_TIME, _DATE = "2026-11-20T15:30:00Z", "2026-11-20"

_TEXTS: Mapping[str, str] = {
    "Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324",
    "account": _ACCOUNT,
    "account_id": _ACCOUNT,
    "account_name": "Retirement",
    "account_type": "investment",
    "act": "link",
    "actor": "webhook",
    "as_of": _TIME,
    "authorization_id": "87b24961-b51e-4db8-9226-f198f6518a89",
    "broker": "ROBINHOOD",
    "code": "DEFAULT_UPDATE",
    "connection_id": _CONNECTION,
    "connection_ids": _CONNECTION,
    "connection_url": "https://app.snaptrade.com/snapTrade/redeemToken?token=AAABBB",
    "currency": "USD",
    "cursor": "WyIyMDI2LTExLTIwIiwgInRfMSIsICJwbGFpZF8xIl0",
    "description": "Bought 10 AAPL",
    "duplicate_of": _SAME_ACCOUNT,
    "error_code": "ITEM_LOGIN_REQUIRED",
    "error_message": "The institution wants you to sign in again.",
    "errors": "First Platypus Bank: Plaid answered HTTP 500",
    "failing": "transactions",
    "feed_message": "connection limit exceeded",
    "holdings_as_of": _TIME,
    "hosted_link_url": "https://secure.plaid.com/hl/ls-sandbox-1234",
    "id": "0195f2d0-c7f4-7d6b-8f3a-2e6b1c9d4e60",
    "if-none-match": '"8e03978e40d543e8bc936894a57f9324"',
    "institution": "First Platypus Bank",
    "institution_id": "ins_109508",
    "institution_name": "First Platypus Bank",
    "institutions": "First Platypus Bank",
    "kept_apart_from": _SAME_ACCOUNT,
    "key_id": "PKTEST7QJ2WLH5T5C2XN",
    "kind": "holdings",
    "last_error": "Plaid answered HTTP 500",
    "leg": "trade to send",
    "link_token": "link-sandbox-af1a0311-da53-4636-b754-dd15cc058176",
    "mask": "1234",
    "merchant_name": "Whole Foods",
    "message": "Refreshing 1 connection.",
    "name": "Ada Lovelace",
    "next_cursor": "WyIyMDI2LTExLTIwIiwgInRfMSIsICJwbGFpZF8xIl0",
    "outcome": "complete",
    "price_session": "regular",
    "price_source": "trade",
    "facts": "0-127",
    "problem": "silent for 45 s",
    "problems": "sync: overdue",
    "process": "calculator:4711",
    "product": "holdings",
    "provider": "plaid",
    "provider_account_id": "blgvvBlXw3cq5GMPwqB6s6q4dLKB9WcVqGDGo",
    "providers": "plaid",
    "public_token": "public-sandbox-b0e2c4ee-a763-4df5-bfe9-46a46bce993d",
    "quarantined": "no price and no quantity",
    "query": "Platypus",
    "reason": "no_price",
    "redirect_url": "https://app.example.com/connected",
    "refusal": "connection limit exceeded",
    "request_id": "Aim3b",
    "same_as": _SAME_ACCOUNT,
    "secret_key": "the account's own",
    "security_type": "equity",
    "session": "regular",
    "stage": "calculator",
    "status": "active",
    "stream": "stock",
    "subject": "stock",
    "subtype": "ira",
    "symbol": "AAPL",
    "token": "eyJhbGciOiJIUzI1NiJ9.e30.0",
    "total": "cost_basis",
    "trigger": "request",
    "type": "buy",
    "unpriced_reason": "no_price",
    "version": "0.1.0",
    "websocket_url": "wss://live.example.com/v1",
}
_NUMBERS: Mapping[str, float] = {
    "amount": -2271.5,
    "income": 3412.55,
    "owed": 250.0,
    "spending": 1890.4,
    "average_cost_basis": 150.25,
    "balance": 23631.98,
    "day_change": 12.3,
    "drift": 1250.0,
    "market_value": 2271.5,
    "our_total": 23631.98,
    "price": 227.15,
    "provider_total": 22381.98,
    "quantity": 10,
    "time": 1795188600,
    "total_cost_basis": 1502.5,
    "total_market_value": 2271.5,
    "total_quantity": 10,
    "total_value": 23631.98,
    "unrealized_gain_loss": 769.0,
    "unrealized_gain_loss_percent": 51.18,
    "value": 23631.98,
}
_FORMATS: Mapping[str, str] = {"date-time": _TIME, "date": _DATE, "uuid": _CONNECTION}


_KEYS: Mapping[str, str] = {
    "accounts": _ACCOUNT,
    "facts": "partitions",
    "flags": "trade_execution",
    "not_in_lines": "cost_basis",
    "points": _CONNECTION,
    "quarantined": "reason",
    "rounding": "market_value",
    "sums": "market_value",
}
MISSING = "…"
"""Stands where a text has no example: its model, or the table above, should give one. A test looks for it."""


def example_of(schema: Schema, components: Mapping[str, Schema], name: str = "") -> Any:
    """Return an example of a schema, which is the field `name` of another."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components, name)
    if "anyOf" in schema:
        return example_of(next(each for each in schema["anyOf"] if each.get("type") != "null"), components, name)
    given = schema.get("examples") or schema.get("enum") or [schema.get("const")]
    return _by_type(schema, components, name) if given[0] is None else given[0]


def _by_type(schema: Schema, components: Mapping[str, Schema], name: str) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, components, name)
        case "array":
            return [example_of(schema["items"], components, name)]
        case "string":
            return _FORMATS.get(schema.get("format", "")) or _TEXTS.get(name, MISSING)
        case "boolean":
            return True
        case _:
            return _NUMBERS.get(name, 1)


def _object(schema: Schema, components: Mapping[str, Schema], name: str) -> dict[str, Any]:
    fields = {each: example_of(field, components, each) for each, field in schema.get("properties", {}).items()}
    for other in schema.get("oneOf", ())[1:]:
        fields = {each: example for each, example in fields.items() if each not in other["required"]}
    more = schema.get("additionalProperties")
    return (
        fields | {_KEYS.get(name, MISSING): example_of(more, components, name)} if isinstance(more, Mapping) else fields
    )
