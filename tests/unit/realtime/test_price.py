"""Prices only move forward in time, except where the market takes one back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource, supersedes

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
PRICE = Price(InstrumentId("i"), Decimal(1), NOW, PriceSource.TRADE, 0, None, None, 0)


def test_older_trade_never_replaces_a_newer_one() -> None:
    """Ensure an out-of-order arrival changes nothing."""
    older = replace(PRICE, time=NOW - timedelta(seconds=1))
    assert not supersedes(older, PRICE)
    assert supersedes(PRICE, older)


def test_a_correction_may_go_back_in_time() -> None:
    """Ensure a cancelled last trade gives way to the one before it."""
    restored = replace(PRICE, time=NOW - timedelta(seconds=1), revision=1)
    assert supersedes(restored, PRICE)
    assert not supersedes(PRICE, restored)


def test_a_price_is_never_replaced_by_none() -> None:
    """Ensure losing a price is impossible without a revision."""
    unknown = replace(PRICE, price=None, time=None, source=PriceSource.PREVIOUS_CLOSE)
    assert not supersedes(unknown, PRICE)
    assert supersedes(PRICE, unknown)
    assert supersedes(unknown, unknown)
