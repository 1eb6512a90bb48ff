"""The hash that says whether client and server agree."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.delta import delta
from broadcaster.encoding import JSON, MSGPACK, Encoding
from broadcaster.protocol import Snapshot
from navstream.protocol.apply import apply_delta
from navstream.protocol.state_hash import state_hash

KNOWN: list[dict[str, Any]] = msgspec.json.decode(
    (Path(__file__).parents[3] / "support" / "state_hashes.json").read_bytes()
)
AMOUNTS = st.decimals(-(10**12), 10**12, places=2) | st.decimals(-(10**6), 10**6, places=10)
FIELDS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | AMOUNTS | st.text(max_size=40)
ROWS = st.dictionaries(st.sampled_from(["price", "quantity", "name", "stale"]), FIELDS | st.lists(FIELDS, max_size=20))
STATES = st.dictionaries(st.text(max_size=3), FIELDS | ROWS, max_size=20)


@pytest.mark.parametrize("row", KNOWN, ids=[row["hash"] for row in KNOWN])
def test_known_answers(row: dict[str, Any]) -> None:
    """The very ones that the dashboard's tests read."""
    assert state_hash(row["state"]) == row["hash"]


@pytest.mark.parametrize("encoding", [JSON, MSGPACK])
@given(STATES)
def test_the_wire_keeps_it(encoding: Encoding, state: dict[str, Any]) -> None:
    """What a client decodes, from either form, has the hash of the Decimals that the server encoded."""
    message = Snapshot("portfolio", "e", 1, "t", state)
    frame = encoding.frame_of(message)
    length = frame[1]
    payload = frame[2:] if length < 126 else frame[4:] if length == 126 else frame[10:]
    decoded = (msgspec.json if encoding is JSON else msgspec.msgpack).decode(payload)
    assert state_hash(decoded["data"]) == state_hash(state)


@given(STATES, STATES)
def test_deltas_lead_to_it(old: dict[str, Any], new: dict[str, Any]) -> None:
    """A state that deltas made has the hash of the server's, however its keys are ordered."""
    difference = delta(old, new)
    if difference is not None:
        assert state_hash(apply_delta(old, *difference)) == state_hash(new)
    assert state_hash(dict(reversed(new.items()))) == state_hash(new)


@pytest.mark.parametrize(
    "other",
    [
        {"a": {"x": Decimal("1.01"), "y": 2}},
        {"a": {"x": Decimal("1.00"), "y": None}},
        {"a": {"x": Decimal("1.00")}},
        {"a": {"x": 2, "y": Decimal("1.00")}},
        {"b": {"x": Decimal("1.00"), "y": 2}},
        {"a": {"x": True, "y": 2}},
        {"a": {"x": Decimal("1.00"), "y": 2}, "b": None},
    ],
)
def test_any_difference_shows(other: dict[str, Any]) -> None:
    """A value, a field, a row, values that changed places."""
    assert state_hash(other) != state_hash({"a": {"x": Decimal("1.00"), "y": 2}})


def test_how_a_number_is_written_does_not_matter() -> None:
    """To a program that reads JSON 5, 5.0 and 5.00 are one number."""
    assert len({state_hash({"n": number}) for number in (5, 5.0, Decimal("5.00"))}) == 1
    assert len({state_hash({"row": {"n": [number]}}) for number in (5, 5.0, Decimal("5.00"))}) == 1
