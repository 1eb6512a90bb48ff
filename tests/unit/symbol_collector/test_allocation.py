"""Who gets a place on the stream."""

from decimal import Decimal

import pytest

from realtime.domain.asset_class import AssetClass, MarketStream
from realtime.domain.instrument import Instrument, InstrumentId
from symbol_collector.allocation import Allocation, allocate, stream_of, tighter


def instrument(symbol: str, asset_class: AssetClass = AssetClass.EQUITY, currency: str = "USD") -> Instrument:
    return Instrument(InstrumentId(symbol), symbol, asset_class, currency, Decimal(1), symbol, listed=True)


VALUES = {InstrumentId(symbol): Decimal(value) for symbol, value in (("A", 100), ("B", 110), ("C", 130))}
THREE = [instrument(symbol) for symbol in "ABC"]


def test_everyone_is_streamed_while_there_is_room() -> None:
    assert allocate(THREE, None, {}, frozenset()).streamed == {"A", "B", "C"}
    assert not allocate(THREE, 3, {}, frozenset()).polled


def test_the_most_valuable_are_streamed_and_the_others_polled() -> None:
    given = allocate(THREE, 2, VALUES, frozenset())
    assert given == Allocation(streamed=frozenset("BC"), polled=frozenset("A"))


def test_a_place_is_kept_until_somebody_is_worth_clearly_more() -> None:
    """110 against 100 does not take A's place, 130 does."""
    assert allocate(THREE[:2], 1, VALUES, frozenset("A")).streamed == {"A"}
    assert allocate([THREE[0], THREE[2]], 1, VALUES, frozenset("A")).streamed == {"C"}


@pytest.mark.parametrize(("symbol", "currency"), [("BRK-B", "USD"), ("SHOP", "CAD")])
def test_what_alpaca_cannot_price_in_dollars_has_no_stream(symbol: str, currency: str) -> None:
    """A malformed symbol would spoil its whole batch; a Toronto listing would get New York's price."""
    assert stream_of(instrument(symbol, currency=currency)) is None
    assert stream_of(instrument("BRK.B")) is MarketStream.STOCK


def test_the_tighter_limit_holds() -> None:
    assert [tighter(None, None), tighter(3, None), tighter(3, 2)] == [None, 3, 2]
