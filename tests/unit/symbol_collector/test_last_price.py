"""One instrument's last price."""

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource, supersedes
from symbol_collector.decode import Cancel, Correction, Quote, Status, Trade, to_ns, to_time
from symbol_collector.last_price import LastPrice, PreviousClose
from symbol_collector.quotes import is_sane

ID = InstrumentId("instrument")
NOON_NS = to_ns(datetime(2026, 11, 20, 17, tzinfo=UTC))
SECOND = 10**9
REGULAR = ("@",)
ODD_LOT = ("@", "I")


def trade(second: int, price: float, trade_id: int | None = None, exchange: str = "Q") -> Trade:
    number = second if trade_id is None else trade_id
    return Trade("X", NOON_NS + second * SECOND, number, exchange, price, REGULAR, "C")


def correction(
    second: int, original: int, corrected: int, price: float, conditions: tuple[str, ...] = REGULAR
) -> Correction:
    return Correction("X", NOON_NS + second * SECOND, "Q", original, corrected, price, conditions, "C")


def cancel(second: int, trade_id: int, exchange: str = "Q") -> Cancel:
    return Cancel("X", NOON_NS + second * SECOND, exchange, trade_id)


def apply(last: LastPrice, event: Trade | Correction | Cancel | Quote) -> bool:
    match event:
        case Trade():
            return last.add_trade(event, PriceSource.TRADE, 1)
        case Correction():
            return last.correct(event)
        case Cancel():
            return last.cancel(event)
        case Quote():
            return last.add_quote(event, 1)


def after(*events: Trade | Correction | Cancel | Quote, of: AssetClass = AssetClass.EQUITY) -> Price:
    last = LastPrice(ID, 0, of)
    last.set_close(PreviousClose(Decimal("10.5"), date(2026, 11, 19)))
    for event in events:
        apply(last, event)
    price = last.publish()
    assert price is not None
    return price


def test_nothing_is_published_while_nothing_is_known() -> None:
    """Unknown is not zero."""
    assert LastPrice(ID).publish() is None


def test_a_close_alone_is_published_without_a_price() -> None:
    """A previous close is no price: the calculator decides whether to value at it."""
    price = after()
    assert (price.price, price.time, price.source) == (None, None, PriceSource.PREVIOUS_CLOSE)
    assert (price.previous_close, price.previous_close_date) == (Decimal("10.5"), date(2026, 11, 19))


def test_price_is_exactly_what_was_printed() -> None:
    """Decimal(repr(float)), and time in microseconds."""
    price = after(Trade("X", NOON_NS + 1_999, 1, "Q", 10.1 + 0.2, REGULAR, "C"))
    assert price.price == Decimal(repr(10.1 + 0.2))
    assert price.time == to_time(NOON_NS + 1_000)


def test_an_older_trade_never_moves_the_price_back() -> None:
    last = LastPrice(ID)
    assert apply(last, trade(5, 10.5))
    assert not apply(last, trade(4, 12.0))
    price = last.publish()
    assert price is not None
    assert price.price == Decimal("10.5")


def test_trades_of_one_instant_are_ordered_by_their_id() -> None:
    assert after(trade(1, 10.0, 7), trade(1, 11.0, 6)).price == Decimal("10.0")


def test_a_cancelled_trade_is_undone() -> None:
    """The trade before it is the last one again, and the revision says that readers must follow."""
    last = LastPrice(ID)
    apply(last, trade(1, 10.0))
    apply(last, trade(2, 12.0))
    shown = last.publish()
    assert apply(last, cancel(9, 2))
    price = last.publish()
    assert shown is not None
    assert price is not None
    assert (price.price, price.time) == (Decimal("10.0"), to_time(NOON_NS + SECOND))
    assert price.revision == shown.revision + 1
    assert supersedes(price, shown)


def test_a_cancel_of_another_exchange_s_trade_undoes_nothing() -> None:
    """Ids are unique within an exchange alone."""
    assert after(trade(1, 10.0), trade(2, 11.0), cancel(3, 2, exchange="N")).price == Decimal("11.0")


def test_a_cancel_of_yesterday_does_not_reach_today_s_trade_of_that_id() -> None:
    """Ids start again every day."""
    yesterday = Cancel("X", NOON_NS - 86_400 * SECOND, "Q", 2)
    assert after(yesterday, trade(1, 10.0), trade(2, 11.0)).price == Decimal("11.0")


def test_a_corrected_trade_keeps_its_place_in_time() -> None:
    last = LastPrice(ID)
    apply(last, trade(1, 10.0))
    apply(last, trade(2, 12.0))
    shown = last.publish()
    apply(last, correction(9, 2, 102, 11.0))
    price = last.publish()
    assert shown is not None
    assert price is not None
    assert (price.price, price.time) == (Decimal("11.0"), to_time(NOON_NS + 2 * SECOND))
    assert price.revision > shown.revision


def test_a_correction_into_an_odd_lot_takes_the_price_away() -> None:
    """The corrected trade's own conditions decide."""
    assert after(trade(1, 10.0), trade(2, 12.0), correction(9, 2, 2, 11.0, ODD_LOT)).price == Decimal("10.0")


def test_a_corrected_trade_may_be_corrected_and_cancelled_again() -> None:
    """Under its new id."""
    chain = (trade(1, 10.0), trade(2, 12.0), correction(8, 2, 102, 11.0), correction(9, 102, 202, 12.0))
    assert after(*chain).price == Decimal("12.0")
    assert after(*chain, cancel(10, 202)).price == Decimal("10.0")
    assert after(*chain, cancel(10, 2)).price == Decimal("10.0")


def test_the_later_of_two_corrections_of_one_id_holds() -> None:
    assert after(trade(2, 12.0), correction(9, 2, 2, 12.0), correction(8, 2, 2, 11.0)).price == Decimal("12.0")


def test_a_correction_of_an_old_trade_changes_nothing_shown() -> None:
    last = LastPrice(ID)
    apply(last, trade(1, 10.0))
    apply(last, trade(2, 11.0))
    shown = last.publish()
    apply(last, correction(9, 1, 1, 5.0))
    price = last.publish()
    assert shown == price


def test_when_every_trade_was_cancelled_the_price_is_unknown() -> None:
    """Not the cancelled price, and not zero."""
    last = LastPrice(ID)
    apply(last, trade(2, 12.0))
    last.publish()
    apply(last, cancel(9, 2))
    price = last.publish()
    assert price is not None
    assert (price.price, price.time, price.revision) == (None, None, 1)


events = st.lists(
    st.one_of(
        st.builds(trade, st.integers(0, 6), st.sampled_from([10.0, 11.5, 12.25]), st.integers(1, 6)),
        st.builds(correction, st.integers(7, 9), st.integers(1, 6), st.integers(1, 9), st.sampled_from([11.0, 12.5]),
                  st.sampled_from([REGULAR, ODD_LOT])),
        st.builds(cancel, st.integers(7, 9), st.integers(1, 9)),
    ),
    max_size=14,
)  # fmt: skip


@given(events, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_one_last_price(sent: list[Trade | Correction | Cancel], random: Random) -> None:
    """Late trades, corrections and cancels that overtake their trades: the end is the same."""
    shuffled = list(sent)
    random.shuffle(shuffled)
    expected, found = after(*sent), after(*shuffled)
    assert (found.price, found.time) == (expected.price, expected.time)


@given(events, st.randoms(use_true_random=False))
def test_whoever_follows_every_published_price_ends_at_the_last(
    sent: list[Trade | Correction | Cancel], random: Random
) -> None:
    """A reader that applies `supersedes` to each published price holds what a new reader would read."""
    random.shuffle(sent)
    last = LastPrice(ID)
    last.set_close(PreviousClose(Decimal(10), date(2026, 11, 19)))
    held = last.publish()
    for event in sent:
        if not apply(last, event) or random.random() < 0.3:
            continue
        published = last.publish()
        if published is not None and (held is None or supersedes(published, held)):
            held = published
    final = last.publish()
    if final is not None and held is not None and supersedes(final, held):
        held = final
    fresh = after(*sent)
    assert held is not None
    assert (held.price, held.time) == (fresh.price, fresh.time)


def test_memory_is_bounded() -> None:
    last = LastPrice(ID)
    for second in range(1_000):
        apply(last, trade(second, 10.0 + second))
        apply(last, cancel(second, 5_000 + second))
    assert len(last._prints) <= 32
    assert len(last._voids) <= 64


def test_the_newer_of_quote_and_trade_is_an_option_s_price() -> None:
    quote = Quote("X", NOON_NS + 5 * SECOND, 10.0, 10.5)
    assert after(trade(4, 9.0), quote, of=AssetClass.OPTION).price == Decimal("10.25")
    assert after(trade(4, 9.0), quote, of=AssetClass.OPTION).source is PriceSource.QUOTE
    assert after(quote, trade(6, 9.0), of=AssetClass.OPTION).source is PriceSource.TRADE
    assert after(quote, trade(5, 9.0), of=AssetClass.OPTION).source is PriceSource.TRADE


@pytest.mark.parametrize("kind", [AssetClass.EQUITY, AssetClass.ETF, AssetClass.CRYPTO])
def test_a_midpoint_prices_what_has_not_traded_for_five_minutes(kind: AssetClass) -> None:
    """In whatever order they come; the next trade counts again."""
    early, late = [Quote("X", NOON_NS + second * SECOND, 9.9, 10.1) for second in (300, 301)]
    for first, second in (
        (after(trade(0, 9.0), early, of=kind), after(trade(0, 9.0), late, of=kind)),
        (after(early, trade(0, 9.0), of=kind), after(late, trade(0, 9.0), of=kind)),
    ):
        assert (first.price, first.source) == (Decimal("9.0"), PriceSource.TRADE)
        assert (second.price, second.source, second.time) == (
            Decimal("10.0"), PriceSource.QUOTE, to_time(late.time_ns),
        )  # fmt: skip
    assert after(trade(0, 9.0), late, trade(302, 9.5), of=kind).source is PriceSource.TRADE


def test_a_wide_or_an_after_hours_quote_prices_no_stock() -> None:
    """The middle of a wide spread is nobody's price; before the open and after the close quotes are not meant."""
    evening_ns = to_ns(datetime(2026, 11, 20, 22, tzinfo=UTC))
    for quote in (Quote("X", NOON_NS + 900 * SECOND, 9.7, 10.3), Quote("X", evening_ns, 9.9, 10.1)):
        assert after(trade(0, 9.0), quote).source is PriceSource.TRADE
    assert after(trade(0, 9.0), Quote("X", evening_ns, 9.9, 10.1), of=AssetClass.CRYPTO).source is PriceSource.QUOTE


def test_a_quote_prices_nothing_that_is_halted() -> None:
    last = LastPrice(ID)
    apply(last, trade(0, 9.0))
    last.set_status(Status("X", NOON_NS + SECOND, "H", "T1"))
    assert not last.add_quote(Quote("X", NOON_NS + 900 * SECOND, 9.9, 10.1), 1)


def test_what_trades_is_not_published_again_for_its_quotes() -> None:
    last = LastPrice(ID)
    apply(last, trade(0, 9.0))
    assert not last.add_quote(Quote("X", NOON_NS + 200 * SECOND, 9.9, 10.1), 1)
    assert last.add_quote(Quote("X", NOON_NS + 400 * SECOND, 9.9, 10.1), 1)


def test_what_does_not_trade_wants_a_quote() -> None:
    """A stock in the regular session, a coin always, an option never: its quotes come by themselves."""
    for kind, regular, elsewhere in (
        (AssetClass.EQUITY, True, False), (AssetClass.CRYPTO, True, True), (AssetClass.OPTION, False, False),
    ):  # fmt: skip
        last = LastPrice(ID, 0, kind)
        assert last.wants_quote(NOON_NS, regular=True) is regular
        apply(last, trade(0, 9.0))
        assert not last.wants_quote(NOON_NS + 300 * SECOND, regular=True)
        assert last.wants_quote(NOON_NS + 301 * SECOND, regular=True) is regular
        assert last.wants_quote(NOON_NS + 301 * SECOND, regular=False) is elsewhere


def test_an_older_quote_is_ignored() -> None:
    newer, older = Quote("X", NOON_NS + 5, 10.0, 10.5), Quote("X", NOON_NS + 4, 1.0, 1.1)
    assert after(newer, older, of=AssetClass.OPTION).price == Decimal("10.25")


def test_only_a_sane_quote_sets_a_price() -> None:
    """No bid, no ask, crossed, or absurdly wide: no price."""
    assert is_sane(Quote("X", 0, 10.0, 10.0))
    assert is_sane(Quote("X", 0, 0.01, 0.05))
    for bid, ask in ((0.0, 10.0), (10.0, 0.0), (10.5, 10.0), (1.0, 10.0), (float("nan"), 1.0)):
        assert not is_sane(Quote("X", 0, bid, ask))
        quote = Quote("X", NOON_NS + 9 * SECOND, bid, ask)
        assert after(trade(1, 9.0), quote, of=AssetClass.OPTION).price == Decimal("9.0")


BOARD = Price(ID, Decimal("10.1"), to_time(NOON_NS + 5 * SECOND + 1_000), PriceSource.TRADE, 3, Decimal("9.5"),
              date(2026, 11, 19), 1)  # fmt: skip


def test_a_new_collector_goes_on_from_the_board() -> None:
    """An older trade does not move the price back after a restart, and the revision goes on."""
    last = LastPrice.from_board(BOARD)
    apply(last, trade(4, 12.0))
    assert last.publish() == BOARD
    apply(last, trade(6, 11.0))
    price = last.publish()
    assert price is not None
    assert (price.price, price.revision, price.previous_close) == (Decimal("11.0"), 3, Decimal("9.5"))


def test_a_trade_that_rest_no_longer_knows_after_a_gap_is_taken_back() -> None:
    """Its cancel went by while we were away."""
    last = LastPrice.from_board(BOARD)
    latest = trade(3, 9.9)
    apply(last, latest)
    assert last.confirm(latest, settled_ns=NOON_NS + 60 * SECOND)
    price = last.publish()
    assert price is not None
    assert (price.price, price.revision) == (Decimal("9.9"), 4)


def test_a_trade_that_rest_may_not_know_yet_is_kept() -> None:
    """REST lags a little."""
    last = LastPrice.from_board(BOARD)
    assert not last.confirm(trade(3, 9.9), settled_ns=NOON_NS + 4 * SECOND)
    assert last.publish() == BOARD


def test_trades_since_the_gap_are_not_doubted() -> None:
    last = LastPrice(ID)
    apply(last, trade(1, 10.0))
    last.doubt()
    apply(last, trade(8, 11.0))
    assert not last.confirm(trade(1, 10.0), settled_ns=NOON_NS + 60 * SECOND)
    price = last.publish()
    assert price is not None
    assert price.price == Decimal("11.0")


def test_without_a_gap_rest_takes_nothing_back() -> None:
    last = LastPrice(ID)
    apply(last, trade(5, 10.0))
    assert not last.confirm(trade(1, 9.0), settled_ns=NOON_NS + 60 * SECOND)


def test_a_new_close_is_a_change_once() -> None:
    last = LastPrice(ID)
    close = PreviousClose(Decimal(5), date(2026, 11, 19))
    assert last.set_close(close)
    assert not last.set_close(close)
