"""Halts, pauses and price bands."""

from decimal import Decimal

import pytest

from realtime.domain.price import LimitState, TradingStatus
from symbol_collector.decode import Band, Quote, Status
from symbol_collector.trading_state import TradingState


def halted(code: str = "H", reason: str = "T1", at_ns: int = 10) -> TradingState:
    state = TradingState()
    state.set_status(Status("X", at_ns, code, reason))
    return state


def quote(time_ns: int, bid: float = 9.99, ask: float = 10.01, conditions: tuple[str, ...] = ("R",)) -> Quote:
    return Quote("X", time_ns, bid, ask, conditions)


def test_a_newer_trade_ends_a_halt() -> None:
    state = halted()
    state.note_trade(10)
    assert state.status is TradingStatus.HALTED
    state.note_trade(11)
    assert state.is_open


def test_an_older_word_changes_nothing() -> None:
    state = halted()
    assert not state.set_status(Status("X", 9, "T", ""))
    assert state.set_status(Status("X", 11, "T", ""))
    assert state.is_open


def test_a_quote_ends_a_halt_only_after_a_gap() -> None:
    """While we listen, the exchange's word counts: quotes come before a halt ends."""
    state = halted()
    assert not state.note_quote(quote(11))
    state.doubt()
    assert state.is_doubtful
    assert state.note_quote(quote(11))
    assert state.is_open
    assert not state.is_doubtful


@pytest.mark.parametrize(
    "other", [quote(10), quote(11, 9.0, 11.0), quote(11, 0.0), quote(11, conditions=("N",)), quote(11, conditions=())]
)
def test_an_old_wide_or_irregular_quote_ends_nothing(other: Quote) -> None:
    state = halted()
    state.doubt()
    assert not state.note_quote(other)
    assert state.status is TradingStatus.HALTED


def test_the_exchange_s_word_ends_the_doubt() -> None:
    state = halted()
    state.doubt()
    state.set_status(Status("X", 12, "H", "T2"))
    assert not state.note_quote(quote(13))


def test_bands_are_told_only_where_they_matter() -> None:
    """Near a band, at or beyond it, or in a pause; so that far ones cost nobody a message."""
    state = TradingState()
    assert not state.set_band(Band("X", 1, 95.0, 105.0), 100.0)
    assert state.band_at(100.0) is None
    near, up, down = [state.band_at(price) for price in (104.0, 105.0, 94.9)]
    assert [each and each.state for each in (near, up, down)] == [None, LimitState.UP, LimitState.DOWN]
    assert near is not None
    assert (near.down, near.up) == (Decimal("95.0"), Decimal("105.0"))
    state.set_status(Status("X", 2, "P", "LUDP"))
    assert state.band_at(100.0) is not None


def test_new_bands_are_news_where_they_are_told() -> None:
    state = TradingState()
    assert state.set_band(Band("X", 1, 95.0, 105.0), 104.5)
    assert not state.set_band(Band("X", 0, 90.0, 104.6), 104.5), "older"
    assert state.set_band(Band("X", 2, 95.0, 105.2), 104.5)
    assert state.set_band(Band("X", 3, 99.0, 110.0), 104.5)
    assert state.band_at(104.5) is None


def test_bands_are_unknown_after_a_gap_and_without_a_price() -> None:
    state = TradingState()
    state.set_band(Band("X", 1, 95.0, 105.0), 104.5)
    assert state.band_at(None) is None
    state.doubt()
    assert state.band_at(104.5) is None
