"""Who gets a place on the stream."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.asset_class import AssetClass, MarketStream
from realtime.domain.instrument import Instrument, InstrumentId
from symbol_collector.allocation import Allocation, allocate, currencies, stream_of, tighter


def instrument(
    symbol: str, kind: AssetClass = AssetClass.EQUITY, currency: str = "USD", listed: bool = True
) -> Instrument:
    return Instrument(InstrumentId(f"id-{symbol}"), symbol, kind, currency, Decimal(1), symbol, listed)


def worth(**values: int) -> dict[InstrumentId, Decimal]:
    return {InstrumentId(f"id-{symbol}"): Decimal(value) for symbol, value in values.items()}


@pytest.mark.parametrize(("held", "stream"), [
    (instrument("AAPL"), MarketStream.STOCK),
    (instrument("BRK.B"), MarketStream.STOCK),
    (instrument("BAC.PRL"), MarketStream.STOCK),
    (instrument("SPY", AssetClass.ETF), MarketStream.STOCK),
    (instrument("BTC/USD", AssetClass.CRYPTO), MarketStream.CRYPTO),
    (instrument("AAPL280121C00250000", AssetClass.OPTION), MarketStream.OPTION),
    (instrument("SPXW261218P05000000", AssetClass.OPTION), MarketStream.OPTION),
    (instrument("BRK-B"), None),
    (instrument("037833AL4", AssetClass.BOND), None),
    (instrument("VTSAX", AssetClass.MUTUAL_FUND), None),
    (instrument("CUR:USD", AssetClass.CASH), None),
    (instrument("BTCUSD", AssetClass.CRYPTO), None),
    (instrument("VAB.TO", AssetClass.ETF, "CAD"), None),
        (instrument("SHOP", AssetClass.EQUITY, "CAD"), None),
    (instrument("SHOP", AssetClass.EQUITY, "USD", listed=False), None),
])  # fmt: skip
def test_the_stream_that_prices_an_instrument(held: Instrument, stream: MarketStream | None) -> None:
    """What Alpaca cannot read never reaches a batch; a dollar price never reaches a Canadian instrument."""
    assert stream_of(held) is stream


def test_without_a_limit_everybody_streams() -> None:
    found = allocate([instrument("A"), instrument("B")], None, {}, frozenset())
    assert found == Allocation(frozenset("AB"), frozenset())


def test_the_most_valuable_stream() -> None:
    found = allocate([instrument(each) for each in "ABCD"], 2, worth(B=5, D=9, A=1), frozenset())
    assert found == Allocation(frozenset("BD"), frozenset("AC"))


def test_a_place_is_kept_until_somebody_is_clearly_worth_more() -> None:
    """Places do not flutter with every price."""
    candidates = [instrument("A"), instrument("B")]
    assert allocate(candidates, 1, worth(A=100, B=110), frozenset("A")).streamed == {"A"}
    assert allocate(candidates, 1, worth(A=100, B=130), frozenset("A")).streamed == {"B"}


@given(st.sets(st.sampled_from("ABCDEFGH")), st.integers(0, 10), st.sets(st.sampled_from("ABCDEFGH")))
def test_everybody_is_streamed_or_polled_and_the_limit_holds(held: set[str], limit: int, now: set[str]) -> None:
    found = allocate([instrument(each) for each in held], limit, {}, frozenset(now))
    assert found.streamed | found.polled == held
    assert not found.streamed & found.polled
    assert len(found.streamed) == min(limit, len(held))


def test_the_tighter_of_two_limits() -> None:
    assert [tighter(None, None), tighter(3, None), tighter(None, 2), tighter(3, 2), tighter(0, 2)] == [None, 3, 2, 2, 0]


def test_currencies_other_than_the_dollar_need_a_rate() -> None:
    held = [instrument("CUR:CAD", AssetClass.CASH, "CAD"), instrument("CUR:USD", AssetClass.CASH), instrument("A")]
    assert {currency: each.symbol for currency, each in currencies(held).items()} == {"CAD": "CUR:CAD"}


def test_with_30_places_for_400_symbols_those_who_look_come_first() -> None:
    """What viewers hold streams, by value; the rest of the places go to the most valuable of all."""
    held = [instrument(f"Q{chr(65 + number // 26)}{chr(65 + number % 26)}") for number in range(400)]
    values = {each.id: Decimal(1_000 + number) for number, each in enumerate(held)}
    watched = {each.id: Decimal(number + 1) for number, each in enumerate(held[:20])}
    found = allocate(held, 30, values, frozenset(), watched)
    assert found.streamed == {each.symbol for each in (*held[:20], *held[390:])}
    assert len(found.polled) == 370
    fewer = allocate(held, 10, values, frozenset(), watched)
    assert fewer.streamed == {each.symbol for each in held[10:20]}


def test_a_viewer_s_holding_takes_the_place_of_one_that_nobody_looks_at() -> None:
    """However much more that one is worth."""
    candidates = [instrument("A"), instrument("B")]
    found = allocate(candidates, 1, worth(A=1_000_000, B=1), frozenset("A"), worth(B=1))
    assert found.streamed == {"B"}
