"""Far prints wait for a second source, and true prices are never held for long."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import Split
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import HoldReason, Price, PriceSource, TradingStatus
from symbol_collector.decode import Quote, Status, Trade, to_ns
from symbol_collector.guard import HOLD_MAX_NS, SPLIT_HOLD_MAX_NS, doubt
from symbol_collector.last_price import LastPrice, PreviousClose
from symbol_collector.last_prices import LastPrices

NOON_NS = to_ns(datetime(2026, 11, 20, 17, tzinfo=UTC))
SECOND = 10**9


class Market:
    """One instrument that traded at 100 before."""

    def __init__(self, close: str = "100") -> None:
        self.last = LastPrice(InstrumentId("x"))
        self.last.set_close(PreviousClose(Decimal(close), date(2026, 11, 19)))
        self.second = 0

    def trade(self, price: float, exchange: str = "Q") -> Price:
        self.second += 1
        trade = Trade("X", NOON_NS + self.second * SECOND, self.second, exchange, price, ("@",), "C")
        self.last.add_trade(trade, PriceSource.TRADE, self.second * SECOND)
        return self.now()

    def quote(self, bid: float, ask: float) -> Price:
        self.second += 1
        self.last.add_quote(Quote("X", NOON_NS + self.second * SECOND, bid, ask), self.second * SECOND)
        return self.now()

    def now(self) -> Price:
        price = self.last.publish()
        assert price is not None
        return price


def test_a_bad_print_is_held_labelled_and_dropped() -> None:
    """The last good price stays; the next good trade ends the matter."""
    market = Market()
    market.trade(100.0)
    price = market.trade(130.0)
    assert (price.price, price.held and (price.held.price, price.held.reason)) == (
        Decimal("100.0"),
        (Decimal("130.0"), HoldReason.FAR_FROM_LAST),
    )
    price = market.trade(100.5)
    assert (price.price, price.held) == (Decimal("100.5"), None)
    assert market.last.hold is None


def test_a_second_venue_confirms_a_gap() -> None:
    """A crash prints everywhere: the second venue's trade lets both through."""
    market = Market()
    market.trade(100.0)
    assert market.trade(69.0, "Q").price == Decimal("100.0")
    price = market.trade(68.5, "N")
    assert (price.price, price.held) == (Decimal("68.5"), None)
    assert market.trade(66.0).price == Decimal("66.0")


def test_the_third_print_of_one_venue_confirms_a_gap() -> None:
    """A feed of a single venue holds a crash for three prints."""
    market = Market()
    market.trade(100.0)
    assert [market.trade(price).price for price in (69.0, 68.9, 68.8)] == [
        Decimal("100.0"),
        Decimal("100.0"),
        Decimal("68.8"),
    ]


def test_quotes_that_agree_confirm_a_gap() -> None:
    """A 30 % gap with a quote around it is believed at once, and a quote elsewhere confirms nothing."""
    market = Market()
    market.trade(100.0)
    market.trade(69.0)
    assert market.last.hold is not None
    market.quote(50.0, 50.2)
    assert market.last.hold is not None
    price = market.quote(68.8, 69.2)
    assert (price.price, price.held) == (Decimal("69.0"), None)


@pytest.mark.parametrize(("price", "close"), [(25.0, "100"), (1000.0, "100"), (66.7, "100"), (150.2, "100")])
def test_a_move_by_a_split_ratio_is_confirmed_by_no_trade(price: float, close: str) -> None:
    """All venues trade the new shares: only the corporate actions or the limit of time decide."""
    market = Market(close)
    shown = [market.trade(price, venue) for venue in "QNPZ"][-1]
    assert shown.price is None
    assert shown.held is not None
    assert shown.held.reason is HoldReason.SPLIT_LIKE
    hold = market.last.hold
    assert hold is not None
    assert not hold.is_over(SECOND + SPLIT_HOLD_MAX_NS - 1)
    assert hold.is_over(SECOND + SPLIT_HOLD_MAX_NS)
    market.last.release()
    assert market.now().price == Decimal(str(price))


def test_nothing_is_held_for_ever() -> None:
    """One far print that nobody contradicts is believed after the limit of time."""
    market = Market()
    market.trade(100.0)
    market.trade(69.0)
    hold = market.last.hold
    assert hold is not None
    assert not hold.is_over(hold.newest.received_ns + HOLD_MAX_NS - 1)
    assert hold.is_over(hold.newest.received_ns + HOLD_MAX_NS)


def test_the_first_print_ever_is_believed() -> None:
    """Without a last price and a previous close there is nothing to be far from."""
    last = LastPrice(InstrumentId("x"))
    last.add_trade(Trade("X", NOON_NS, 1, "Q", 5.0, ("@",), "C"), PriceSource.TRADE, 1)
    price = last.publish()
    assert price is not None
    assert price.price == Decimal("5.0")


@given(st.lists(st.floats(-0.19, 0.24), min_size=1, max_size=40), st.sampled_from(["QQQQ", "QNPZ"]))
def test_steps_below_the_threshold_are_never_held(steps: list[float], venues: str) -> None:
    """A fall or rise of any size in ordinary steps goes through at every step."""
    market, price = Market(), 100.0
    for number, step in enumerate(steps):
        price = round(price * (1 + step), 6)
        shown = market.trade(price, venues[number % 4])
        assert (shown.price, shown.held) == (Decimal(repr(price)), None)


@given(st.floats(0.05, 20), st.lists(st.floats(0.995, 1.005), min_size=3, max_size=10))
def test_a_new_level_is_believed_after_three_prints_unless_split_like(ratio: float, wiggle: list[float]) -> None:
    """Whatever the gap: three prints that agree end the hold, wherever the price went."""
    market = Market()
    market.trade(100.0)
    prices = [round(100 * ratio * step, 4) for step in wiggle]
    shown = [market.trade(price) for price in prices][-1]
    if doubt(prices[0], 100.0) is not HoldReason.SPLIT_LIKE:
        assert (shown.price, shown.held) == (Decimal(repr(prices[-1])), None)


def test_a_halt_is_a_state_that_the_next_trade_ends() -> None:
    """Halted: the price stays; resumed by a status, or by a trade that shows that we missed it."""
    market = Market()
    market.trade(100.0)
    assert market.last.set_status(Status("X", NOON_NS + 2 * SECOND, "H", "T1"))
    halted = market.now()
    assert (halted.price, halted.status) == (Decimal("100.0"), TradingStatus.HALTED)
    assert not market.last.set_status(Status("X", NOON_NS + SECOND, "T", "")), "older than the halt"
    assert market.last.set_status(Status("X", NOON_NS + 3 * SECOND, "T", ""))
    assert market.now().status is TradingStatus.TRADING
    market.last.set_status(Status("X", NOON_NS + 4 * SECOND, "P", "LUDP"))
    assert market.now().status is TradingStatus.PAUSED
    market.second = 5
    assert market.trade(101.0).status is TradingStatus.TRADING


def test_what_moves_by_nature_is_not_held() -> None:
    """Options double within a minute, and a stock of 20 cents moves by ticks of 5 %."""
    option = LastPrice(InstrumentId("x"), 0, AssetClass.OPTION)
    for second, price in enumerate((1.0, 3.2)):
        option.add_trade(Trade("X", NOON_NS + second * SECOND, second, "Q", price, (), ""), PriceSource.TRADE, 1)
    shown = option.publish()
    assert shown is not None
    assert (shown.price, shown.held) == (Decimal("3.2"), None)
    penny = Market("0.2")
    penny.trade(0.2)
    assert penny.trade(0.3).price == Decimal("0.3")
    assert penny.trade(0.9).held is not None


def test_a_quote_far_from_what_waits_drops_it() -> None:
    """A snapshot's quote around the last price shows that the print was bad; it sets no price itself."""
    market = Market()
    market.trade(100.0)
    market.trade(69.0)
    assert market.last.witness(Quote("X", NOON_NS, 99.9, 100.1))
    assert (market.now().price, market.now().held) == (Decimal("100.0"), None)
    assert not market.last.witness(Quote("X", NOON_NS, 99.9, 100.1)), "nothing waits"


def test_the_official_close_sets_no_price() -> None:
    """It is the base of the after-hours change, and of no older day."""
    market = Market()
    market.trade(100.0)
    today, before = date(2026, 11, 20), date(2026, 11, 19)
    assert market.last.set_session_close(PreviousClose(Decimal("99.5"), today))
    shown = market.now()
    assert (shown.price, shown.session_close, shown.session_close_date) == (Decimal("100.0"), Decimal("99.5"), today)
    assert not market.last.set_session_close(PreviousClose(Decimal("99.5"), today))
    assert not market.last.set_session_close(PreviousClose(Decimal(98), before))
    again = LastPrice.from_board(shown).publish()
    assert again is not None
    assert again.session_close == Decimal("99.5")


def split_like(*prints: tuple[float, str]) -> tuple[LastPrices, str]:
    """Return last prices of which one waits at a quarter of 100."""
    symbol = "X"
    prices = LastPrices()
    instrument = Instrument(InstrumentId("x"), symbol, AssetClass.EQUITY, "USD", Decimal(1), symbol, listed=True)
    prices.hold([instrument], {}, datetime(2026, 11, 20, 17, tzinfo=UTC))
    for second, (price, exchange) in enumerate(((100.0, "Q"), *prints)):
        raw = {"T": "t", "S": symbol, "t": NOON_NS + second * SECOND, "i": second, "x": exchange, "p": price, "s": 100}
        prices.take_raw([raw | {"c": ["@"], "z": "C"}], (second + 1) * SECOND)
    return prices, symbol


def test_without_a_split_a_lone_print_at_its_ratio_still_waits() -> None:
    """An empty answer of the corporate actions confirms no bad print: a quote, a venue or a third print decides."""
    prices, symbol = split_like((25.0, "Q"))
    prices.settle_splits([symbol], {})
    [shown] = prices.take_changed()
    assert (shown.price, shown.held and shown.held.reason) == (Decimal("100.0"), HoldReason.FAR_FROM_LAST)
    prices, symbol = split_like((25.0, "Q"), (25.1, "N"))
    prices.settle_splits([symbol], {})
    [shown] = prices.take_changed()
    assert (shown.price, shown.held) == (Decimal("25.1"), None), "a true fall, seen at two venues"


def test_an_announced_split_lets_its_price_through_and_comes_with_it() -> None:
    """Nobody gets a price in new shares without the ratio; the next answer may take the ratio back."""
    prices, symbol = split_like((25.0, "Q"))
    split = Split(InstrumentId("x"), date(2026, 11, 20), Decimal(4))
    prices.settle_splits([symbol], {symbol: split})
    [shown] = prices.take_changed()
    assert (shown.price, shown.held, shown.split) == (Decimal("25.0"), None, split)
    prices.settle_splits([symbol], {})
    assert [each.split for each in prices.take_changed()] == [None]


def test_steady_trading_does_not_put_off_the_end_of_a_hold() -> None:
    """The limit of time counts from the first print that waits, however many follow."""
    market = Market()
    market.trade(100.0)
    for _ in range(70):
        market.trade(25.0)
    assert market.last.hold is not None
    assert market.last.hold.is_over(2 * SECOND + SPLIT_HOLD_MAX_NS)
