"""One record at a time: decode it, or say why it cannot be decoded (pure).

A field that a record can do without is left out when it is odd, and the rest of the record is used: `salvaged`.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Generic, TypeVar, get_args

import msgspec

Record = TypeVar("Record", bound=msgspec.Struct)

_PLACE = re.compile(r"`\$((?:\.\w+)+)")
_WITHOUT_FIELDS_MAX = 8


@dataclass(frozen=True, slots=True)
class Salvaged(Generic[Record]):
    """A record that can be used.

    Attributes:
        odd: What was left out of it and why; None when nothing was.
    """

    record: Record
    odd: str | None


def decoded(record: msgspec.Raw | object, kind: type[Record]) -> Record | str:
    """Return the record as the given kind, or the reason why it is none.

    `NaN` and infinities, which a decimal string may carry, are reasons too.
    """
    try:
        if isinstance(record, msgspec.Raw):
            read = msgspec.json.decode(record, type=kind)
        else:
            read = msgspec.convert(record, type=kind)
    except msgspec.ValidationError as error:
        return str(error)
    return _infinite(read, "$") or read


def salvaged(record: msgspec.Raw | object, kind: type[Record], spared: Collection[str]) -> Salvaged[Record] | str:
    """Return the record, without the odd ones among the fields that it can do without; or why it is of no use.

    Args:
        record: JSON, or what it decodes to.
        kind: What it should be.
        spared: The fields that it can do without, `name` or `outer.name`; a spared field spares what is in it.
    """
    reasons: list[str] = []
    for _ in range(_WITHOUT_FIELDS_MAX):
        read = decoded(record, kind)
        if not isinstance(read, str):
            return Salvaged(read, "; ".join(reasons) or None)
        path = _spared_path(read, spared)
        whole = _plain(record)
        if path is None or whole is None or not _left_out(whole, path):
            return read
        reasons.append(f"without its {'.'.join(path)}: {read}")
        record = whole
    return "too many odd fields"


def _infinite(struct: msgspec.Struct, place: str) -> str | None:
    for name in _numeric_fields(type(struct)):
        field = getattr(struct, name)
        if isinstance(field, Decimal) and not field.is_finite():
            return f"not a number - at `{place}.{name}`"
        if isinstance(field, msgspec.Struct):
            inner = _infinite(field, f"{place}.{name}")
            if inner is not None:
                return inner
    return None


@cache
def _numeric_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the fields that may be a decimal or hold one."""
    return tuple(
        field.name
        for field in msgspec.structs.fields(kind)
        if any(part is Decimal or _is_struct(part) for part in (field.type, *get_args(field.type)))
    )


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _spared_path(reason: str, spared: Collection[str]) -> list[str] | None:
    """Return the innermost spared part of the place that a reason names."""
    place = _PLACE.search(reason)
    if place is None:
        return None
    names = place[1].strip(".").split(".")
    paths = (names[: length + 1] for length in reversed(range(len(names))))
    return next((path for path in paths if ".".join(path) in spared), None)


def _plain(record: msgspec.Raw | object) -> dict[str, Any] | None:
    """Return a copy of the record as plain objects with exact decimals."""
    if isinstance(record, msgspec.Raw):
        record = json.loads(bytes(record), parse_float=Decimal)
    return {**record} if isinstance(record, dict) else None


def _left_out(record: dict[str, Any], path: list[str]) -> bool:
    """Remove a field from a record, copying what holds it; whether it was there."""
    for name in path[:-1]:
        inner = record.get(name)
        if not isinstance(inner, dict):
            return False
        record[name] = record = {**inner}
    return record.pop(path[-1], record) is not record
