"""Every held instrument's last price: raw frames in, changed prices out."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import Price, PriceSource
from symbol_collector.decode import Quote, Trade, to_ns
from symbol_collector.last_price import PreviousClose
from symbol_collector.last_prices import LastPrices

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
NOW_NS = to_ns(NOW)
AAPL = Instrument(InstrumentId("1"), "AAPL", AssetClass.EQUITY, "USD", Decimal(1), "Apple", True)
MSFT = Instrument(InstrumentId("2"), "MSFT", AssetClass.EQUITY, "USD", Decimal(1), "Microsoft", True)


def raw(symbol: str, price: float, ago_ms: int = 0, **more: Any) -> dict[str, Any]:
    time_ns = NOW_NS - ago_ms * 1_000_000
    return {
        "T": "t",
        "S": symbol,
        "i": time_ns,
        "x": "Q",
        "p": price,
        "s": 100,
        "c": ["@"],
        "z": "C",
        "t": time_ns,
    } | more


def held(*instruments: Instrument) -> LastPrices:
    prices = LastPrices()
    prices.hold(instruments, {}, NOW)
    return prices


def board_price(**changes: Any) -> Price:
    fields: dict[str, Any] = {
        "instrument_id": AAPL.id, "price": Decimal("270.5"), "time": NOW, "source": PriceSource.TRADE, "revision": 2,
        "previous_close": None, "previous_close_date": None, "received_ns": 1,
    }  # fmt: skip
    return Price(**fields | changes)


def test_each_changed_instrument_is_published_once_with_its_newest_price() -> None:
    """Natural batching: a frame of many trades is one price."""
    prices = held(AAPL, MSFT)
    prices.take_raw([raw("AAPL", 3.1, 3), raw("AAPL", 3.2, 2), raw("AAPL", 3.0, 1)], 77)
    assert [(price.instrument_id, price.price, price.received_ns) for price in prices.take_changed()] == [
        (AAPL.id, Decimal("3.0"), 77)
    ]
    assert prices.take_changed() == []


def test_one_bad_message_costs_nobody_else_in_the_frame() -> None:
    """The SDK drops the rest of the frame."""
    prices = held(AAPL, MSFT)
    frame: list[Any] = [raw("AAPL", 1.0), {"T": "t", "S": "AAPL", "p": None}, {"S": 1}, "junk", 7, raw("MSFT", 2.0)]
    prices.take_raw(frame, 1)
    assert {price.instrument_id for price in prices.take_changed()} == {AAPL.id, MSFT.id}


def test_what_nobody_holds_gets_no_price() -> None:
    prices = held(AAPL)
    prices.take_raw([raw("TSLA", 400.0)], 1)
    assert prices.take_changed() == []


def test_a_dropped_instrument_is_silent_at_once() -> None:
    """Unsubscribed symbols may still arrive for a moment."""
    prices = held(AAPL)
    prices.take_raw([raw("AAPL", 1.0)], 1)
    prices.drop([AAPL.id])
    prices.take_raw([raw("AAPL", 2.0)], 1)
    assert prices.take_changed() == []


def test_odd_lots_are_counted_but_set_no_price() -> None:
    prices = held(AAPL)
    prices.take_raw([raw("AAPL", 1.0, c=["@", "I"])], 1)
    assert prices.take_changed() == []
    assert (prices.trades_count, prices.last_trade_ns) == (1, NOW_NS)


def test_a_latest_trade_by_rest_sets_a_price_whatever_its_conditions() -> None:
    """REST never answers with a trade that may not."""
    prices = held(AAPL)
    prices.take_latest("AAPL", Trade("AAPL", NOW_NS, 1, "D", 5.0, ("?",), "C"), None, PriceSource.POLL, 9)
    [price] = prices.take_changed()
    assert (price.price, price.source) == (Decimal("5.0"), PriceSource.POLL)


def test_rest_repeating_a_streamed_trade_changes_nothing() -> None:
    """A refill overlaps what came by stream; its source stays."""
    prices = held(AAPL)
    prices.take_raw([raw("AAPL", 5.0)], 1)
    prices.take_changed()
    prices.take_latest("AAPL", Trade("AAPL", NOW_NS, NOW_NS, "Q", 5.0, ("@",), "C"), None, PriceSource.POLL, 9)
    assert prices.take_changed() == []


def test_a_quote_by_rest_prices_what_has_no_trade() -> None:
    prices = held(AAPL)
    prices.take_latest("AAPL", None, Quote("AAPL", NOW_NS, 10.0, 10.5), PriceSource.POLL, 9)
    assert [price.source for price in prices.take_changed()] == [PriceSource.QUOTE]


def test_the_board_is_where_an_earlier_collector_stopped() -> None:
    prices = LastPrices()
    prices.hold([AAPL], {AAPL.id: board_price()}, NOW)
    prices.take_raw([raw("AAPL", 1.0, ago_ms=5)], 1)
    assert prices.take_changed() == []
    prices.take_raw([raw("AAPL", 271.0, ago_ms=-5)], 1)
    assert [(price.price, price.revision) for price in prices.take_changed()] == [(Decimal("271.0"), 2)]


def test_a_board_from_the_future_is_taken_back() -> None:
    """A replay began again: its first trades supersede what lies ahead of market time."""
    prices = LastPrices()
    prices.hold([AAPL], {AAPL.id: board_price(time=NOW + timedelta(days=1))}, NOW)
    prices.take_raw([raw("AAPL", 1.0)], 1)
    assert [(price.price, price.revision) for price in prices.take_changed()] == [(Decimal("1.0"), 3)]


def test_revisions_rise_on_when_an_instrument_is_sold_and_bought_again() -> None:
    """A reader that kept the old price must accept the new one."""
    prices = LastPrices()
    prices.hold([AAPL], {AAPL.id: board_price()}, NOW)
    prices.drop([AAPL.id])
    prices.hold([AAPL], {}, NOW)
    prices.take_raw([raw("AAPL", 1.0)], 1)
    assert [price.revision for price in prices.take_changed()] == [2]


def test_an_instrument_whose_only_trade_was_cancelled_is_asked_for() -> None:
    """Only REST can say what the price is now."""
    prices = held(AAPL)
    prices.take_raw([raw("AAPL", 1.0, i=7)], 1)
    prices.take_changed()
    prices.take_raw([{"T": "x", "S": "AAPL", "i": 7, "x": "Q", "p": 1.0, "s": 1, "a": "C", "z": "C", "t": NOW_NS}], 1)
    assert [price.price for price in prices.take_changed()] == [None]
    assert prices.take_unknown() == {"AAPL"}
    assert prices.take_unknown() == set()


def test_a_close_is_published_and_no_longer_missing() -> None:
    prices = held(AAPL, MSFT)
    assert prices.without_close(["AAPL", "MSFT", "TSLA"]) == ["AAPL", "MSFT"]
    prices.set_close("AAPL", PreviousClose(Decimal("269.5"), date(2026, 11, 19)))
    assert [price.previous_close for price in prices.take_changed()] == [Decimal("269.5")]
    assert prices.without_close(["AAPL", "MSFT"]) == ["MSFT"]


def test_after_a_gap_rest_takes_back_what_it_no_longer_knows() -> None:
    prices = held(AAPL)
    old, gone = raw("AAPL", 1.0, 60_000), raw("AAPL", 1.1, 30_000)
    prices.take_raw([old, gone], 1)
    prices.take_changed()
    prices.doubt(["AAPL", "TSLA"])
    latest = Trade("AAPL", old["t"], old["i"], "Q", 1.0, ("@",), "C")
    prices.confirm("AAPL", latest, NOW)
    assert [(price.price, price.revision) for price in prices.take_changed()] == [(Decimal("1.0"), 1)]
