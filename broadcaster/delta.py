"""The difference between two states of a channel. Pure.

A state is an object whose values are scalars, lists or objects ("rows"); a delta reaches one level into rows.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from navstream.protocol.apply import apply_delta

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
    """Return the difference; None when a row lost a field, which only a snapshot can say.

    A field keeps its type or is null: `True` and `1` are the same here.
    """
    if list(old) == list(new):
        removed: tuple[str, ...] = ()
        names = _changed(old, new)
    else:
        names = [name for name, value in new.items() if name not in old or old[name] != value]
        removed = tuple(old.keys() - new.keys())
    data: dict[str, Any] = {}
    for name in names:
        value, before = new[name], old.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            if list(before) == list(value):
                value = {field: value[field] for field in _changed(before, value)}
            elif before.keys() <= value.keys():
                value = {field: part for field, part in value.items() if field not in before or before[field] != part}
            else:
                return None
        data[name] = value
    return Difference(data, removed)


def _changed(old: State, new: State) -> list[str]:
    """Return the keys, the same in both and in the same order, whose values differ."""
    # Rows that did not change are the same objects: comparing them field by field would cost most of a delta's time.
    pairs = zip(new, old.values(), new.values(), strict=True)
    return [name for name, before, value in pairs if before is not value and before != value]


def apply(old: State, difference: Difference) -> State:
    """Return the state that a client has after a delta."""
    return apply_delta(old, difference.data, difference.removed)
