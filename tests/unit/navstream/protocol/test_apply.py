"""State + delta = state, at the client."""

from typing import Any

from navstream.protocol.apply import Replicas, apply_delta


def snapshot(seq: int, data: dict[str, Any], epoch: str = "e") -> dict[str, Any]:
    return {"type": "snapshot", "channel": "c", "epoch": epoch, "seq": seq, "as_of": "t1", "data": data}


def delta(seq: int, data: dict[str, Any], *removed: str) -> dict[str, Any]:
    message: dict[str, Any] = {"type": "delta", "channel": "c", "seq": seq, "as_of": "t2", "data": data}
    return {**message, "removed": list(removed)} if removed else message


def test_one_level_is_merged() -> None:
    """Objects merge one level, everything else is replaced, removed keys go; the old state stays as it was."""
    old = {"row": {"a": 1, "b": {"deep": 1}}, "gone": {}, "n": 1, "list": [1]}
    changes = {"row": {"b": {"other": 2}, "c": 3}, "n": {"now": "row"}, "list": [2], "fresh": {}}
    new = apply_delta(old, changes, ["gone"])
    assert new == {"row": {"a": 1, "b": {"other": 2}, "c": 3}, "n": {"now": "row"}, "list": [2], "fresh": {}}
    assert old == {"row": {"a": 1, "b": {"deep": 1}}, "gone": {}, "n": 1, "list": [1]}


def test_unchanged_rows_keep_their_identity() -> None:
    """A view compares by reference."""
    old = {"a": {"x": 1}, "b": {"x": 1}}
    new = apply_delta(old, {"a": {"x": 2}})
    assert new["b"] is old["b"]


def test_unknown_keys_may_be_removed() -> None:
    """What is not there is gone already."""
    assert apply_delta({}, {}, ["never"]) == {}


def test_receiving_in_order() -> None:
    """Snapshot, deltas, and a snapshot of a new numbering."""
    replicas = Replicas()
    replicas.receive(snapshot(4, {"a": 1, "b": 2}))
    known = replicas.receive(delta(5, {"a": 3}, "b"))
    assert known is not None
    assert (known.epoch, known.seq, known.as_of, known.state) == ("e", 5, "t2", {"a": 3})
    assert replicas.resume_points(["c", "other"]) == {"c": {"epoch": "e", "seq": 5}}
    replicas.receive(snapshot(1, {"a": 9}, "e2"))
    assert replicas.resume_points(["c"]) == {"c": {"epoch": "e2", "seq": 1}}


def test_a_gap_changes_nothing() -> None:
    """A delta without its predecessor is not applied."""
    replicas = Replicas()
    assert replicas.receive(delta(1, {"a": 1})) is None
    replicas.receive(snapshot(1, {"a": 1}))
    for seq in (1, 3):
        assert replicas.receive(delta(seq, {"a": 2})) is None
    assert replicas.by_channel["c"].state == {"a": 1}
    replicas.forget("c")
    assert replicas.resume_points(["c"]) == {}
