"""Faults on request."""

import pytest

from simulator.http_faults import Faults, UnknownFaultError


def test_a_fault_is_counted_down() -> None:
    """`times` requests are broken, then it is gone; without `times` it stays until removed."""
    faults = Faults()
    faults.add("drop", times=2)
    assert [faults.take("drop", "/a") is not None for _ in range(3)] == [True, True, False]
    kept = faults.add("slow", seconds=2.5)
    assert [faults.take("slow", "/a") for _ in range(3)] == [kept] * 3
    faults.remove(kept.id)
    assert faults.take("slow", "/a") is None


def test_filters() -> None:
    """Path is a prefix, subject one of the names; what does not match is not counted down."""
    faults = Faults()
    faults.add("rate_limit", path="/accounts", subject="ada", times=1)
    assert faults.take("rate_limit", "/item/get", ["ada"]) is None
    assert faults.take("rate_limit", "/accounts/get", ["grace"]) is None
    assert faults.take("drop", "/accounts/get", ["ada"]) is None
    assert faults.take("rate_limit", "/accounts/get", ["x", "ada"]) is not None
    assert not faults.active


def test_unknown_kinds_are_named() -> None:
    with pytest.raises(UnknownFaultError, match="unknown fault 'rate_limits'"):
        Faults().add("rate_limits")


def test_clear() -> None:
    faults = Faults()
    faults.add("drop")
    faults.clear()
    assert faults.take("drop", "/") is None
