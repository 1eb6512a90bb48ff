"""State + delta = state."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broadcaster.delta import apply, delta

KEYS = st.sampled_from(["a", "b", "c", "d"])
SCALARS = st.none() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=3)
VALUES = SCALARS | st.lists(SCALARS, max_size=2)
ROWS = st.fixed_dictionaries({"x": VALUES, "y": VALUES, "z": VALUES})
STATES = st.dictionaries(KEYS, VALUES | ROWS)
RAGGED = st.dictionaries(KEYS, VALUES | st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUES, max_size=3))


@given(STATES, STATES)
def test_old_state_and_delta_make_the_new_state(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Whatever changed, and whatever order the keys are in."""
    difference = delta(old, new)
    assert difference is not None
    assert apply(old, difference) == new


@given(RAGGED, RAGGED)
def test_rows_that_lose_fields_need_a_snapshot(old: dict[str, Any], new: dict[str, Any]) -> None:
    """A delta cannot take a field out of a row; there is none, instead of a wrong one."""
    difference = delta(old, new)
    if difference is None:
        assert any(
            isinstance(old.get(key), dict) and isinstance(new[key], dict) and not old[key].keys() <= new[key].keys()
            for key in new
        )
    else:
        assert apply(old, difference) == new


@given(STATES)
def test_no_change_is_nothing(state: dict[str, Any]) -> None:
    """Equal states differ in nothing, also when they are two objects."""
    assert delta(state, dict(state)) == ({}, ())


def test_only_what_changed_is_said() -> None:
    """One level into rows; what is gone is named; what is new is whole."""
    old = {"i": {"price": Decimal(1), "name": "A"}, "gone": {"price": None}, "same": {"price": 5}, "total": 1}
    new = {"i": {"price": Decimal(2), "name": "A"}, "same": {"price": 5}, "total": None, "fresh": {"price": 3}}
    assert delta(old, new) == ({"i": {"price": Decimal(2)}, "total": None, "fresh": {"price": 3}}, ("gone",))


def test_lists_are_replaced() -> None:
    """Contributions change as a whole."""
    old, new = {"i": {"parts": [1, 2], "n": 1}}, {"i": {"parts": [1, 3], "n": 1}}
    assert delta(old, new) == ({"i": {"parts": [1, 3]}}, ())


def test_the_old_state_is_left_alone() -> None:
    """Other clients still compare with it."""
    old = {"i": {"price": 1}}
    difference = delta(old, {"i": {"price": 2}})
    assert difference is not None
    apply(old, difference)
    assert old == {"i": {"price": 1}}
