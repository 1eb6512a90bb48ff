"""Events built from a test's JSON."""

from typing import Any

import pytest

from simulator.clock import parse_ns
from simulator.consolidated import ConsolidatedTape
from simulator.events import Cancel, Correction, PriceBand, Quote, Status, Trade
from simulator.fan_out import FanOut
from simulator.injected import Injector
from simulator.plan import Plan
from simulator.playback import Feed

_NOW = parse_ns("2026-11-20T15:00:00Z")


@pytest.fixture
def feed() -> Feed:
    return Feed(ConsolidatedTape(lambda _symbol, at_ns: (0, at_ns + 1)), FanOut(), Plan({}))


def _event(feed: Feed, *, extended_hours: bool = False, **fields: Any) -> Any:
    return Injector(feed).event(fields, _NOW, extended_hours=extended_hours)


@pytest.mark.parametrize(
    ("fields", "extended_hours", "conditions"),
    [
        ({"symbol": "AAPL", "price": 1}, False, ("@",)),
        ({"symbol": "IBM", "price": 1, "size": 3}, True, (" ", "T", "I")),
        ({"symbol": "IBM", "price": 1, "conditions": [" ", "Z"]}, False, (" ", "Z")),
        ({"symbol": "AAPL280121C00250000", "price": 1}, False, ("I",)),
    ],
)
def test_a_trade_has_the_letters_of_its_tape_size_and_session(
    feed: Feed, fields: dict[str, Any], extended_hours: bool, conditions: tuple[str, ...]
) -> None:
    trade: Trade = _event(feed, extended_hours=extended_hours, **fields)
    assert (trade.conditions, trade.time_ns) == (conditions, _NOW)


def test_the_time_may_be_given(feed: Feed) -> None:
    trade: Trade = _event(feed, symbol="AAPL", price=1, time="2026-11-20T14:59:00.5Z")
    assert trade.time_ns == parse_ns("2026-11-20T14:59:00.5Z")


def test_corrections_and_cancels_find_the_trade_that_was_sent(feed: Feed) -> None:
    trade: Trade = _event(feed, symbol="AAPL", price=100)
    feed.send(trade)
    correction: Correction = _event(feed, kind="correction", symbol="AAPL", id=trade.id, price=99, size=7)
    assert (correction.original, correction.corrected.price, correction.corrected.size) == (trade, 99, 7)
    cancel: Cancel = _event(feed, kind="cancel", symbol="AAPL", id=trade.id, action="E")
    assert (cancel.trade, cancel.action) == (trade, "E")
    with pytest.raises(ValueError, match="no recent trade of IBM"):
        _event(feed, kind="cancel", symbol="IBM", id=trade.id)


def test_quotes_statuses_and_bands(feed: Feed) -> None:
    quote: Quote = _event(feed, kind="quote", symbol="AAPL", bid=1, ask=2)
    status: Status = _event(feed, kind="status", symbol="AAPL")
    band: PriceBand = _event(feed, kind="band", symbol="IBM", limit_up=2, limit_down=1)
    assert (quote.bid, quote.ask, status.code, band.tape) == (1.0, 2.0, "H", "A")


def test_what_is_missing_or_unknown_is_named(feed: Feed) -> None:
    with pytest.raises(KeyError, match="price"):
        _event(feed, symbol="AAPL")
    with pytest.raises(ValueError, match="unknown kind dance"):
        _event(feed, kind="dance")
