"""Raw messages → events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbol_collector.decode import (
    Band,
    Cancel,
    Correction,
    Quote,
    Status,
    Trade,
    decode,
    rest_quote,
    rest_time_ns,
    rest_trade,
    to_ns,
    to_time,
)

NS = 1_795_206_281_123_456_789
STOCK_TRADE = {"T": "t", "S": "AAPL", "i": 96921, "x": "D", "p": 126.55, "s": 1, "c": ["@", "I"], "z": "C", "t": NS}


def test_stock_trade() -> None:
    """The fields of a stock's trade."""
    assert decode(STOCK_TRADE) == Trade("AAPL", NS, 96921, "D", 126.55, ("@", "I"), "C")


def test_crypto_trade_has_no_conditions_tape_or_exchange() -> None:
    raw = {"T": "t", "S": "BTC/USD", "p": 84648.35, "s": 0.01, "t": NS, "i": 34 * 10**17, "tks": "B"}
    assert decode(raw) == Trade("BTC/USD", NS, 34 * 10**17, "", 84648.35, (), "")


def test_option_trade_has_one_condition_and_no_id() -> None:
    raw = {"T": "t", "S": "AAPL280121C00250000", "t": NS, "p": 47.9, "s": 2, "x": "C", "c": "S"}
    assert decode(raw) == Trade("AAPL280121C00250000", NS, 0, "C", 47.9, ("S",), "")


def test_quote() -> None:
    raw = {"T": "q", "S": "X", "bx": "Q", "bp": 10, "bs": 1, "ax": "P", "ap": 10.5, "as": 2, "c": "A", "t": NS}
    assert decode(raw) == Quote("X", NS, 10.0, 10.5, ("A",))


def test_correction_and_cancel_name_the_trade_they_undo() -> None:
    correction = {"T": "c", "S": "X", "x": "D", "oi": 7, "op": 1.0, "os": 1, "oc": ["@"], "ci": 8, "cp": 1.5, "cs": 1,
                  "cc": ["@"], "z": "C", "t": NS}  # fmt: skip
    assert decode(correction) == Correction("X", NS, "D", 7, 8, 1.5, ("@",), "C")
    cancel = {"T": "x", "S": "X", "i": 7, "x": "D", "p": 1.0, "s": 1, "a": "C", "z": "C", "t": NS}
    assert decode(cancel) == Cancel("X", NS, "D", 7)


def test_an_exchange_that_the_sdk_does_not_know_is_no_obstacle() -> None:
    """The SDK's models fail on new venues; ours do not care."""
    assert decode({"T": "x", "S": "X", "i": 7, "x": "§", "p": 1, "s": 1, "a": "E", "z": "C", "t": NS})


def test_status() -> None:
    raw = {"T": "s", "S": "X", "sc": "H", "sm": "halt", "rc": "T1", "rm": "news", "z": "C", "t": NS}
    assert decode(raw) == Status("X", NS, "H", "T1")


@pytest.mark.parametrize("absurd", [None, 0, -1.0, float("nan"), float("inf"), "12"])
def test_a_trade_with_an_absurd_price_is_none(absurd: Any) -> None:
    """A null or zero price never becomes a price."""
    assert decode(STOCK_TRADE | {"p": absurd}) is None


@pytest.mark.parametrize("missing", ["S", "p", "t"])
def test_a_trade_that_lacks_what_it_must_have_is_none(missing: str) -> None:
    assert decode({key: value for key, value in STOCK_TRADE.items() if key != missing}) is None


@pytest.mark.parametrize("raw", [{"T": "b", "S": "X"}, {"T": "success"}, {"T": "new"}, {}, 7, None, [], "t"])
def test_what_states_no_event_is_none(raw: Any) -> None:
    assert decode(raw) is None


def test_unknown_keys_are_ignored() -> None:
    """The server adds an internal key to trades."""
    assert decode(STOCK_TRADE | {"r": 5, "new": {}}) == decode(STOCK_TRADE)


def test_wire_timestamps_arrive_as_integers() -> None:
    """MessagePack's extension, as the reading loop unpacks it."""
    packed = msgpack.packb([STOCK_TRADE | {"t": msgpack.Timestamp(*divmod(NS, 10**9))}])
    event = decode(msgpack.unpackb(packed, timestamp=2)[0])
    assert isinstance(event, Trade)
    assert event.time_ns == NS


@pytest.mark.parametrize(("text", "nanoseconds"), [
    ("2026-11-20T18:04:41.123456789Z", NS - 1_795_206_281_000_000_000),
    ("2026-11-20T18:04:41Z", 0),
    ("2026-11-20T18:04:41.5Z", 500_000_000),
    ("2026-11-20T13:04:41.123456789-05:00", 123_456_789),
])  # fmt: skip
def test_rest_times_keep_all_decimals(text: str, nanoseconds: int) -> None:
    whole = int(datetime(2026, 11, 20, 18, 4, 41, tzinfo=UTC).timestamp()) * 10**9
    assert rest_time_ns(text) == whole + nanoseconds


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-20T18:04:41", "2026-11-20"])
def test_a_rest_time_without_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        rest_time_ns(text)


def test_rest_trade_that_was_withdrawn_is_none() -> None:
    """`u` says what became of a trade."""
    raw = {"t": "2026-11-20T18:04:41Z", "x": "D", "p": 5.0, "s": 1, "c": [" "], "i": 5, "z": "A"}
    assert rest_trade("X", raw) is not None
    assert rest_trade("X", raw | {"u": "canceled"}) is None
    assert rest_trade("X", raw | {"u": "incorrect"}) is None
    assert rest_trade("X", raw | {"u": "corrected"}) is not None
    assert rest_trade("X", raw | {"t": None}) is None


def test_rest_quote() -> None:
    assert rest_quote("X", {"t": "1970-01-01T00:00:01Z", "bp": 1, "ap": 2}) == Quote("X", 10**9, 1.0, 2.0)
    assert rest_quote("X", {"bp": 1}) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_survive_the_way_to_nanoseconds_and_back(time: datetime) -> None:
    assert to_time(to_ns(time)) == time
    assert to_time(to_ns(time) + 999) == time
    assert to_time(to_ns(time) + 1000) == time + timedelta(microseconds=1)


def test_price_bands() -> None:
    """`u` is the upper one, `d` the lower."""
    raw = {"T": "l", "S": "X", "t": 7, "u": 3.24, "d": 2.65, "i": "B", "z": "B"}
    assert decode(raw) == Band("X", 7, 2.65, 3.24)
    assert decode(raw | {"d": 0}) is None
