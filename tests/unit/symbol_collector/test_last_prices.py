"""Last prices of everything held."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import Price, PriceSource
from symbol_collector.decode import Raw, to_ns
from symbol_collector.last_prices import LastPrices

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
HELD = Instrument(InstrumentId("1"), "AAPL", AssetClass.EQUITY, "USD", Decimal(1), "Apple", listed=True)


def trade(number: int, price: float, symbol: str = "AAPL", **fields: object) -> Raw:
    return {
        "T": "t", "S": symbol, "t": to_ns(NOON) + number * 10**9, "i": number, "x": "Q", "p": price, "s": 100,
        "c": ["@"], "z": "C", **fields,
    }  # fmt: skip


def holding(board: Price | None = None) -> LastPrices:
    prices = LastPrices()
    prices.hold([HELD], {} if board is None else {HELD.id: board}, NOON)
    return prices


def board(minutes_ahead: int) -> Price:
    time = NOON + timedelta(minutes=minutes_ahead)
    return Price(HELD.id, Decimal(9), time, PriceSource.TRADE, 3, None, None, 1)


def test_each_changed_price_is_taken_once_and_newest() -> None:
    prices = holding()
    prices.take_raw([trade(1, 10.0), trade(2, 11.0)], 1)
    assert [price.price for price in prices.take_changed()] == [Decimal("11.0")]
    assert prices.take_changed() == []


def test_what_nobody_holds_and_what_is_malformed_is_skipped_alone() -> None:
    prices = holding()
    prices.take_raw([trade(3, 5.0, symbol="MSFT"), {"T": "t"}, trade(1, 10.0)], 1)
    assert [price.instrument_id for price in prices.take_changed()] == [HELD.id]


def test_an_odd_lot_is_counted_and_sets_no_price() -> None:
    prices = holding()
    prices.take_raw([trade(1, 10.0, c=["@", "I"])], 1)
    assert prices.take_changed() == []
    assert prices.trades_count == 1


def test_a_price_of_another_replay_is_taken_back() -> None:
    """It lies ahead of market time, and every trade would seem late."""
    prices = holding(board(60))
    prices.take_raw([trade(1, 10.0)], 1)
    (price,) = prices.take_changed()
    assert (price.price, price.revision) == (Decimal("10.0"), 4)


def test_who_is_bought_again_keeps_his_revision() -> None:
    """A reader that still knows the old price must follow the new one."""
    prices = holding(board(-1))
    prices.drop([HELD.id])
    prices.take_raw([trade(1, 10.0)], 1)
    assert prices.take_changed() == []
    prices.hold([HELD], {}, NOON)
    prices.take_raw([trade(2, 11.0)], 1)
    assert [price.revision for price in prices.take_changed()] == [3]


def test_a_price_that_was_withdrawn_entirely_is_asked_for() -> None:
    prices = holding()
    prices.take_raw([trade(1, 10.0)], 1)
    prices.take_changed()
    prices.take_raw([{"T": "x", "S": "AAPL", "t": to_ns(NOON), "i": 1, "x": "Q", "p": 10.0, "s": 100, "z": "C"}], 1)
    assert [price.price for price in prices.take_changed()] == [None]
    assert prices.take_unknown() == {"AAPL"}
    assert prices.take_unknown() == set()
