"""The intraday volume curve."""

import numpy as np

from simulator.clock import MINUTE_NS, parse_ns
from simulator.sessions import load_sessions
from simulator.volume_curve import activity, u_shape

_NOON = parse_ns("2026-11-20T17:00:00Z")


def test_open_and_close_are_busier_than_noon() -> None:
    shape = u_shape(390)
    assert np.isclose(shape.mean(), 1)
    assert shape[0] > 2 * shape[195]
    assert shape[-1] > 1.7 * shape[195]
    assert shape.argmin() not in {0, 389}


def test_outside_regular_hours_little_trades() -> None:
    day = load_sessions(_NOON).current(_NOON)
    by_minute = activity(day)
    assert len(by_minute) == 16 * 60
    assert by_minute[: (day.open_ns - day.pre_open_ns) // MINUTE_NS].max() < 0.2
    assert by_minute[(day.close_ns - day.pre_open_ns) // MINUTE_NS :].max() < 0.3


def test_a_half_day_is_shorter() -> None:
    friday = parse_ns("2026-11-27T17:00:00Z")
    day = load_sessions(friday).current(friday)
    assert len(activity(day)) == 13 * 60
