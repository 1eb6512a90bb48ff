"""What joined and what left."""

from dataclasses import replace
from decimal import Decimal

from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from symbol_collector.universe import change

A = Instrument(InstrumentId("1"), "AAPL", AssetClass.EQUITY, "USD", Decimal(1), "Apple", True)
B = Instrument(InstrumentId("2"), "META", AssetClass.EQUITY, "USD", Decimal(1), "Meta", True)


def test_a_purchase_joins_and_a_last_sale_leaves() -> None:
    found = change({A.id: A}, [B])
    assert (found.joined, found.left) == ((B,), (A,))


def test_the_same_is_no_change() -> None:
    assert change({A.id: A, B.id: B}, [B, A]).is_empty


def test_another_name_is_no_change() -> None:
    assert change({A.id: A}, [replace(A, name="Apple Inc.")]).is_empty


def test_another_symbol_leaves_and_joins() -> None:
    """After a rename the stream must be subscribed anew."""
    renamed = replace(A, symbol="APPL")
    found = change({A.id: A}, [renamed])
    assert (found.joined, found.left) == ((renamed,), (A,))
