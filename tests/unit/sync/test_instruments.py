"""How a reported instrument is recognised."""

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from providers.base import ReportedInstrument
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.security_id import SecurityIds
from sync.instruments import Known, improves, new_instrument, told_apart

BRK = Instrument(InstrumentId("1"), "BRK.B", AssetClass.EQUITY, "USD", Decimal(1), "Berkshire", listed=True)
REPORTED = ReportedInstrument("x9", "BRKB", AssetClass.EQUITY, "USD", Decimal(1), "BERKSHIRE B", listed=True)


def test_provider_id_comes_first() -> None:
    """Ensure that a provider's own id decides, whatever its ticker says now."""
    other = replace(BRK, id=InstrumentId("2"), symbol="BRKB")
    known = Known({"x9": BRK}, [other])
    assert known.find(REPORTED) is BRK


def test_id_used_for_another_currency_is_not_believed() -> None:
    """Ensure that one id for listings in two currencies does not mix their prices."""
    known = Known({"x9": replace(BRK, currency="CAD")}, [BRK])
    assert known.find(structs.replace(REPORTED, symbol="BRK.B")) is BRK


@pytest.mark.parametrize(
    ("ids", "reported"),
    [
        (SecurityIds(figi="BBG000DWG505"), {"figi": "bbg000dwg505"}),
        (SecurityIds(isin="US0846707026"), {"isin": "US0846707026"}),
        (SecurityIds(cusip="084670702"), {"cusip": "084670702"}),
        (SecurityIds(cusip="084670702"), {"isin": "US0846707026"}),
    ],
)
def test_identifiers_come_before_the_symbol(ids: SecurityIds, reported: dict[str, str]) -> None:
    """Ensure that FIGI, ISIN and CUSIP recognise what is spelled unlike anything known."""
    known = replace(BRK, ids=ids)
    register = Known({}, [replace(BRK, id=InstrumentId("2"), symbol="BRKB"), known])
    assert register.find(structs.replace(REPORTED, **reported)) is known
    elsewhere = structs.replace(REPORTED, symbol="X", currency="EUR", **reported)
    assert register.find(elsewhere) is None


def test_an_option_is_not_its_underlying() -> None:
    """Ensure that a contract which carries its underlying's identifiers does not become the share."""
    register = Known({}, [replace(BRK, ids=SecurityIds(cusip="084670702"))])
    contract = structs.replace(
        REPORTED, symbol="BRKB280121C00500000", asset_class=AssetClass.OPTION, multiplier=Decimal(100)
    )
    assert register.find(structs.replace(contract, cusip="084670702")) is None


def test_symbol_comes_last() -> None:
    """Ensure that canonical symbol and currency recognise an instrument across providers."""
    assert Known({}, [BRK]).find(structs.replace(REPORTED, symbol="BRK.B")) is BRK


def test_one_symbol_for_two_securities_is_told_apart() -> None:
    """Ensure that a symbol which names another security than before makes no instrument of both."""
    before = replace(BRK, ids=SecurityIds(cusip="084670702"))
    other = structs.replace(REPORTED, symbol="BRK.B", cusip="037833100")
    assert Known({}, [before]).find(other) is None
    apart = told_apart(other)
    assert (apart.symbol, apart.listed) == ("BRK.B@037833100", False)
    assert Known({}, [before, new_instrument(apart)]).find(other) is not None


def test_a_code_of_its_provider_gives_way() -> None:
    """Ensure that what one provider knew by a code of its own becomes the market's as soon as an identifier says so."""
    coded = replace(BRK, id=InstrumentId("2"), symbol="084670702@ins_1", ids=SecurityIds(cusip="084670702"))
    market = replace(BRK, ids=SecurityIds(cusip="084670702"))
    reported = structs.replace(REPORTED, symbol="084670702@ins_1", cusip="084670702")
    assert Known({"x9": coded}, [coded]).find(reported) is coded
    assert Known({"x9": coded}, [market, coded]).find(reported) is market
    assert Known({}, [coded]).find(structs.replace(REPORTED, symbol="BRK.B", cusip="084670702")) is None


def test_better_knowledge_improves() -> None:
    """Ensure that a name, a class or a listing is filled in, and that nothing good is overwritten."""
    unnamed = replace(BRK, name="BRK.B")
    assert improves(REPORTED, unnamed)
    assert improves(structs.replace(REPORTED, asset_class=AssetClass.ETF), BRK)
    assert improves(REPORTED, replace(BRK, asset_class=AssetClass.OTHER))
    assert improves(structs.replace(REPORTED, symbol="BRK.B"), replace(BRK, listed=False))
    assert not improves(REPORTED, replace(BRK, listed=False))
    assert improves(structs.replace(REPORTED, figi="BBG000DWG505"), BRK)
    assert not improves(REPORTED, BRK)
    assert not improves(structs.replace(REPORTED, asset_class=AssetClass.OTHER, listed=False), BRK)


def test_new_instruments_differ() -> None:
    """Ensure that each new instrument has an id of its own."""
    one, other = new_instrument(REPORTED), new_instrument(REPORTED)
    assert one.id != other.id
    assert one.symbol == "BRKB"
