"""The difference between two states of a channel. Pure.

A state is an object whose values are scalars, lists or objects ("rows"); a delta reaches one level into rows.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from realtime.client.apply import apply_delta

State = Mapping[str, Any]


class Difference(NamedTuple):
    """What turns one state into another.

    Attributes:
        data: New values; where old and new value are both rows, the new values of the fields that changed.
        removed: Keys that are gone.
    """

    data: dict[str, Any]
    removed: tuple[str, ...]


def delta(old: State, new: State) -> Difference | None:
    """Return the difference; None when a row lost a field, which only a snapshot can say."""
    if old is new:
        return Difference({}, ())
    data: dict[str, Any] = {}
    for key, value in new.items():
        before = old.get(key, _MISSING)
        if before is value:
            continue
        if isinstance(value, dict) and isinstance(before, dict):
            if not before.keys() <= value.keys():
                return None
            fields = {
                name: field for name, field in value.items() if name not in before or not _same(before[name], field)
            }
            if fields:
                data[key] = fields
        elif before is _MISSING or not _same(before, value):
            data[key] = value
    removed = tuple(old.keys() - new.keys()) if len(old) != len(new) or old.keys() != new.keys() else ()
    return Difference(data, removed)


def apply(old: State, difference: Difference) -> State:
    """Return the state that a client has after a delta."""
    return apply_delta(old, difference.data, difference.removed)


def _same(before: object, after: object) -> bool:
    # True == 1 in Python, not on the wire.
    return before == after and isinstance(before, bool) == isinstance(after, bool)


_MISSING = object()
