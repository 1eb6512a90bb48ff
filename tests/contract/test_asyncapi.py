"""docs/asyncapi.yaml and the broadcaster say the same: ops, messages, fields, codes, channels, data."""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import yaml

from broadcaster.channels import parse_channel
from broadcaster.protocol import (
    OPS,
    PATH,
    SUBPROTOCOL_MSGPACK,
    CloseCode,
    ErrorCode,
    Limits,
    Message,
    Op,
    Rejected,
    Times,
)
from realtime.clock import MarketClock, WallClock
from realtime.contract.messages import FeedStatus
from realtime.contract.shapes import figures_data, market_data, position_data, price_data, reconciliation_data
from realtime.domain.asset_class import AssetClass
from realtime.domain.price import Delivery, HoldReason, LimitState, PriceSource, TradingStatus
from realtime.domain.reconciliation import DriftCause, Reconciliation
from realtime.domain.value import Covered, StaleReason
from realtime.market_hours import MarketSession, market_hours_around
from tests.unit.broadcaster.builders import AS_OF, figures_of, position_of

PAGE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text())
SCHEMAS: dict[str, Any] = PAGE["components"]["schemas"]
MESSAGES = {message.__struct_config__.tag: message for message in get_args(Message)}
STRUCTS = [*get_args(Op), *get_args(Message), Limits, Rejected, Times]


_RECONCILIATION = Reconciliation("USD", Decimal(1), Decimal(1), Decimal(0), None, marked=False, since=AS_OF)


def names_at(operation: str) -> list[str]:
    return [reference["$ref"].rpartition("/")[2] for reference in PAGE["operations"][operation]["messages"]]


def test_ops_and_messages() -> None:
    """Each is described once, in its direction, and nothing else is."""
    assert names_at("receiveOps") == list(OPS)
    assert {op.__struct_config__.tag for op in get_args(Op)} == set(OPS)
    assert names_at("sendMessages") == list(MESSAGES)
    assert set(PAGE["channels"]["v1"]["messages"]) == set(PAGE["components"]["messages"]) == set(OPS) | set(MESSAGES)
    assert PAGE["channels"]["v1"]["address"] == PAGE["servers"]["local"]["pathname"] == PATH
    assert SUBPROTOCOL_MSGPACK in PAGE["info"]["description"]


@pytest.mark.parametrize("struct", STRUCTS)
def test_fields(struct: type[msgspec.Struct]) -> None:
    """Every field is described, and required exactly when it is always there."""
    schema = SCHEMAS[struct.__name__]
    tag_field, tag = struct.__struct_config__.tag_field, struct.__struct_config__.tag
    tagged = [] if tag_field is None else [tag_field]
    assert list(schema["properties"]) == [*tagged, *struct.__struct_encode_fields__]
    required = [field.encode_name for field in msgspec.structs.fields(struct) if field.required]
    assert schema["required"] == [*tagged, *required]
    if tag_field is not None:
        assert schema["properties"][tag_field] == {"const": tag}


def test_message_payloads() -> None:
    """Each message's payload is the schema of its struct."""
    for name, struct in {**OPS, **MESSAGES}.items():
        reference = PAGE["components"]["messages"][name]["payload"]["$ref"]
        assert reference == f"#/components/schemas/{struct.__name__}"


def test_close_codes() -> None:
    """By number and name."""
    assert {code: row["name"] for code, row in PAGE["x-close-codes"].items()} == {
        code.value: code.name.lower() for code in CloseCode
    }


@pytest.mark.parametrize(
    ("values", "enum"),
    [
        (SCHEMAS["ErrorCode"]["enum"], ErrorCode),
        (SCHEMAS["Session"]["enum"], MarketSession),
        (SCHEMAS["Market"]["properties"]["feed"]["enum"], FeedStatus),
        (SCHEMAS["PriceSource"]["enum"][:-1], PriceSource),
        (SCHEMAS["Position"]["properties"]["asset_class"]["enum"], AssetClass),
        (SCHEMAS["Position"]["properties"]["covered"]["enum"][:-1], Covered),
        (SCHEMAS["Position"]["properties"]["stale_reason"]["enum"][:-1], StaleReason),
        (SCHEMAS["Position"]["properties"]["trading_status"]["enum"][:-1], TradingStatus),
        (SCHEMAS["Position"]["properties"]["delivery"]["enum"][:-1], Delivery),
        (SCHEMAS["Reconciliation"]["properties"]["cause"]["enum"][:-1], DriftCause),
        (SCHEMAS["HeldPrice"]["properties"]["reason"]["enum"], HoldReason),
        (SCHEMAS["PriceBand"]["properties"]["state"]["enum"][:-1], LimitState),
    ],
)
def test_lists_of_values(values: list[str], enum: type[StrEnum]) -> None:
    """What a field may hold."""
    assert values == [member.value for member in enum]


def test_channels() -> None:
    """Every kind of channel can be subscribed to under its documented name, and its data is described."""
    for name, row in PAGE["x-channels"].items():
        example = name.replace("{account}", "plaid_1").replace("{symbol}", "BRK.B")
        assert parse_channel(example) is not None, name
        assert row["data"].rpartition("/")[2] in SCHEMAS


def test_data() -> None:
    """The fields of each channel's data, in the order in which they are sent."""
    row = position_of("i", "1.00")
    clock = MarketClock.real(WallClock())
    sent = {
        "Figures": figures_data(figures_of("1.00")),
        "AccountPosition": position_data(row, of_account=True),
        "PortfolioPosition": position_data(row, of_account=False),
        "Coverage": figures_data(figures_of("1.00"))["coverage"],
        "SessionChanges": figures_data(figures_of("1.00"))["session_changes"],
        "Reconciliation": reconciliation_data(_RECONCILIATION) or {},
        "Market": market_data(market_hours_around(AS_OF), clock, None, reachable=True),
        "Price": price_data("BRK.B", "i", None, "pre"),
    }
    for name, data in sent.items():
        assert [field for field, _ in properties_of(SCHEMAS[name])] == list(data), name


def test_references_lead_somewhere() -> None:
    """No dangling $ref."""
    for reference in references_in(PAGE):
        place: Any = PAGE
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def properties_of(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for part in schema.get("allOf", [schema]):
        resolved = SCHEMAS[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        yield from resolved["properties"].items()


def references_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from references_in(value)
