"""How a reported instrument is recognised."""

from dataclasses import replace
from decimal import Decimal

from providers.base import ReportedInstrument
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from sync.instruments import Known, improves, new_instrument

BRK = Instrument(InstrumentId("1"), "BRK.B", AssetClass.EQUITY, "USD", Decimal(1), "Berkshire", listed=True)
REPORTED = ReportedInstrument("x9", "BRKB", AssetClass.EQUITY, "USD", Decimal(1), "BERKSHIRE B", listed=True)


def test_provider_id_comes_first() -> None:
    """Ensure that a provider's own id decides, whatever its ticker says now."""
    other = replace(BRK, id=InstrumentId("2"), symbol="BRKB")
    known = Known({"x9": BRK}, {}, {("BRKB", "USD"): other})
    assert known.find(REPORTED) is BRK


def test_id_used_for_another_currency_is_not_believed() -> None:
    """Ensure that one id for listings in two currencies does not mix their prices."""
    known = Known({"x9": replace(BRK, currency="CAD")}, {}, {("BRKB", "USD"): BRK})
    assert known.find(REPORTED) is BRK


def test_figi_comes_before_the_symbol() -> None:
    """Ensure that FIGI recognises what is spelled unlike anything known."""
    known = Known({}, {("BBG000DWG505", "USD"): BRK}, {})
    assert known.find(replace(REPORTED, figi="BBG000DWG505")) is BRK
    assert known.find(REPORTED) is None
    assert known.find(replace(REPORTED, figi="BBG000DWG505", currency="EUR")) is None


def test_symbol_comes_last() -> None:
    """Ensure that canonical symbol and currency recognise an instrument across providers."""
    known = Known({}, {}, {("BRK.B", "USD"): BRK})
    assert known.find(replace(REPORTED, symbol="BRK.B")) is BRK


def test_better_knowledge_improves() -> None:
    """Ensure that a name, a class or a listing is filled in, and that nothing good is overwritten."""
    unnamed = replace(BRK, name="BRK.B")
    assert improves(REPORTED, unnamed)
    assert improves(replace(REPORTED, asset_class=AssetClass.ETF), BRK)
    assert improves(REPORTED, replace(BRK, asset_class=AssetClass.OTHER))
    assert improves(REPORTED, replace(BRK, listed=False))
    assert not improves(REPORTED, BRK)
    assert not improves(replace(REPORTED, asset_class=AssetClass.OTHER, listed=False), BRK)


def test_new_instruments_differ() -> None:
    """Ensure that each new instrument has an id of its own."""
    one, other = new_instrument(REPORTED), new_instrument(REPORTED)
    assert one.instrument.id != other.instrument.id
    assert one.instrument.symbol == "BRKB"
