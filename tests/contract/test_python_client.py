"""The Python client's types say what the service sends: its fields, and which of them may be null."""

from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import yaml
from pydantic import BaseModel, TypeAdapter

from api import aggregated
from api.routes import accounts, config, connections, intraday, session
from navstream.client import answers, values
from realtime.store import sync_logs

SCHEMAS: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text())[
    "components"
]["schemas"]
LIVE = {
    values.Figures: ("Figures",),
    values.Coverage: ("Coverage",),
    values.SessionChanges: ("SessionChanges",),
    values.HeldPrice: ("HeldPrice",),
    values.Reconciliation: ("Reconciliation",),
    values.Contribution: ("Contribution",),
    values.Position: ("Position", "AccountPosition", "PortfolioPosition"),
    values.Market: ("Market",),
    values.Price: ("Price",),
}
SERVED: dict[type[msgspec.Struct], type[Any]] = {
    answers.Config: config.Config,
    answers.SessionUser: session.SessionUser,
    answers.Session: session.Session,
    answers.Account: accounts.Account,
    answers.Connection: connections.Connection,
    answers.SyncLog: sync_logs.SyncLog,
    answers.AccountShare: aggregated.Contribution,
    answers.PortfolioPosition: aggregated.AggregatedPosition,
    answers.AccountBalance: aggregated.AggregatedAccount,
    answers.Transaction: aggregated.AggregatedTransaction,
    answers.Metadata: aggregated.Metadata,
    answers.Portfolio: aggregated.AggregatedPortfolio,
    answers.IntradayPoint: intraday.IntradayPoint,
    answers.Intraday: intraday.IntradayPortfolio,
}


@pytest.mark.parametrize("struct", LIVE)
def test_live_values(struct: type[msgspec.Struct]) -> None:
    """Against docs/asyncapi.yaml, which another test holds to the broadcaster."""
    described = {name: schema for part in LIVE[struct] for name, schema in properties(SCHEMAS[part])}
    check(struct, described, SCHEMAS)


@pytest.mark.parametrize("struct", SERVED)
def test_answers(struct: type[msgspec.Struct]) -> None:
    """Against the API's own models."""
    schema = TypeAdapter(SERVED[struct]).json_schema(mode="serialization")
    check(struct, schema["properties"], schema.get("$defs", {}))


def check(struct: type[msgspec.Struct], described: dict[str, Any], schemas: dict[str, Any]) -> None:
    hints = get_type_hints(struct)
    assert set(hints) == set(described), "fields that nobody sends, or that the client lacks"
    unready = [
        name for name in hints if may_be_null(described[name], schemas) and NoneType not in get_args(hints[name])
    ]
    assert not unready, "may be null, and the client does not expect it"


def properties(schema: dict[str, Any]) -> list[tuple[str, Any]]:
    parts = schema.get("allOf", [schema])
    return [pair for part in parts for pair in resolved(part, SCHEMAS)["properties"].items()]


def resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def may_be_null(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    kinds = [resolved(each, schemas).get("type") for each in schema.get("anyOf", schema.get("oneOf", [schema]))]
    return any(kind == "null" or (isinstance(kind, list) and "null" in kind) for kind in kinds)


def test_every_model_is_meant() -> None:
    """A struct that is added has its row here."""
    structs = {each for each in vars(answers).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)}
    assert structs - {values.Reconciliation} == set(SERVED)
    assert all(issubclass(model, BaseModel) or hasattr(model, "__dataclass_fields__") for model in SERVED.values())
