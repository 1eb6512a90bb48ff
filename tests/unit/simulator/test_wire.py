"""Points on the wire: `T` first, times as MessagePack's own extension, each family's own fields."""

import json
from typing import Any

import msgpack
import pytest

from simulator.events import Bar, Cancel, Correction, Event, PriceBand, Quote, Status, Trade
from simulator.wire import json_frame, json_point, msgpack_frame, msgpack_point, route

_TIME = 1_795_206_281_123_456_789
_TRADE = Trade("AAPL", _TIME, 96_921, 126.55, 1, "D", ("@", "I"), "C")
_CORRECTED = _TRADE._replace(id=96_922, price=126.5)

EVENTS: list[tuple[Event, str, str]] = [
    (_TRADE, "trades", "T S i x p s c z t"),
    (Trade("BTC/USD", _TIME, 7, 84_000.5, 0.25, "", (), "", "B"), "trades", "T S p s i tks t"),
    (Trade("AAPL280121C00250000", _TIME, 0, 48.2, 3, "C", ("I",), ""), "trades", "T S p s x c t"),
    (Quote("AAPL", _TIME, 1, 100, 2, 200, "Q", "P", ("R",), "C"), "quotes", "T S bp bs ap as bx ax c z t"),
    (Quote("BTC/USD", _TIME, 1, 0.5, 2, 0.5, "", "", (), ""), "quotes", "T S bp bs ap as t"),
    (Quote("AAPL280121C00250000", _TIME, 1, 1, 2, 1, "C", "N", ("A",), ""), "quotes", "T S bp bs ap as bx ax c t"),
    (Bar("AAPL", _TIME, 1, 3, 1, 2, 100, 5, 2.5), "bars", "T S o h l c v n vw t"),
    (Bar("AAPL", _TIME, 1, 3, 1, 2, 100, 5, 2.5, "u"), "updatedBars", "T S o h l c v n vw t"),
    (Bar("AAPL", _TIME, 1, 3, 1, 2, 100, 5, 2.5, "d"), "dailyBars", "T S o h l c v n vw t"),
    (Correction(_TRADE, _CORRECTED, _TIME), "corrections", "T S x oi op os oc ci cp cs cc z t"),
    (Cancel(_TRADE, "C", _TIME), "cancelErrors", "T S i x p s a z t"),
    (Status("AAPL", _TIME, "H", "Trading Halt", "T1", "News", "C"), "statuses", "T S sc sm rc rm z t"),
    (PriceBand("AAPL", _TIME, 140.0, 110.0, "B", "C"), "lulds", "T S u d i z t"),
]


@pytest.mark.parametrize(("event", "channel", "keys"), EVENTS)
def test_every_event_has_its_channel_and_fields(event: Event, channel: str, keys: str) -> None:
    point: dict[str, Any] = msgpack.unpackb(msgpack_point(event), timestamp=2)
    assert list(point) == keys.split()
    assert point["t"] == _TIME
    assert route(event) == (channel, point["S"])
    text: dict[str, Any] = json.loads(json_point(event))
    assert text == {**point, "t": "2026-11-20T20:24:41.123456789Z"}


def test_time_stamps_are_the_bytes_that_alpaca_sends() -> None:
    assert msgpack_point(_TRADE).hex().endswith("a174d7ff1d6f34546b00ac89")


def test_types_are_those_of_the_real_stream() -> None:
    point = msgpack.unpackb(msgpack_point(_TRADE))
    assert (type(point["p"]), type(point["s"]), type(point["i"]), point["c"]) == (float, int, int, ["@", "I"])
    option = msgpack.unpackb(msgpack_point(EVENTS[2][0]))
    assert option["c"] == "I"


def test_frames_are_arrays_of_points_at_any_length() -> None:
    for count in (1, 15, 16, 70_000):
        assert len(msgpack.unpackb(msgpack_frame([msgpack_point(_TRADE)] * count))) == count
    assert [point["S"] for point in json.loads(json_frame([json_point(_TRADE)] * 2))] == ["AAPL", "AAPL"]
