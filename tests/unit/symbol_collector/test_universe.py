"""What joined and what left."""

from dataclasses import replace
from decimal import Decimal

from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from symbol_collector.universe import change

OLD = Instrument(InstrumentId("1"), "FB", AssetClass.EQUITY, "USD", Decimal(1), "Facebook", listed=True)


def test_purchases_join_and_last_sales_leave() -> None:
    new = replace(OLD, id=InstrumentId("2"), symbol="AAPL")
    found = change({OLD.id: OLD}, [new])
    assert (found.joined, found.left) == ((new,), (OLD,))


def test_a_renamed_symbol_leaves_and_joins() -> None:
    """The old symbol must be unsubscribed, the new one subscribed."""
    renamed = replace(OLD, symbol="META")
    found = change({OLD.id: OLD}, [renamed])
    assert (found.joined, found.left) == ((renamed,), (OLD,))


def test_another_name_changes_nothing() -> None:
    """Names come from providers and differ; the price goes on."""
    assert change({OLD.id: OLD}, [replace(OLD, name="Meta")]).is_empty
