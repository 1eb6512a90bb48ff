"""States with types: exact amounts, and nothing that a later server adds does harm."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from broadcaster.encoding import JSON, MSGPACK, Encoding
from broadcaster.protocol import Snapshot
from navstream.client import figures_of, market_of, positions_of, price_of
from realtime.clock import MarketClock, WallClock
from realtime.contract.shapes import figures_data, market_data, position_data, price_data
from realtime.domain.price import HeldPrice, HoldReason
from realtime.domain.value import MarketFacts
from realtime.market_hours import market_hours_around
from tests.unit.broadcaster import builders

ENCODINGS = pytest.mark.parametrize("encoding", [JSON, MSGPACK])


def received(encoding: Encoding, state: Any) -> dict[str, Any]:
    """Return a state as a client decodes it from the wire."""
    frame = encoding.frame_of(Snapshot("portfolio", "e", 1, "t", state))
    length = frame[1]
    payload = frame[2:] if length < 126 else frame[4:] if length == 126 else frame[10:]
    data: dict[str, Any] = (msgspec.json if encoding is JSON else msgspec.msgpack).decode(payload)["data"]
    return data


@ENCODINGS
def test_amounts_are_exact(encoding: Encoding) -> None:
    """What the server holds as a Decimal is the same Decimal for the client, and unknown is None."""
    figures = figures_of(received(encoding, figures_data(builders.figures_of("12345678901.10", 3))))
    assert figures.total_value == Decimal("12345678901.10")
    assert figures.cost_basis is None
    assert (figures.live_coverage, figures.positions_count) == (Decimal("0.93"), 3)
    assert figures.holdings_as_of == builders.AS_OF


@ENCODINGS
def test_positions(encoding: Encoding) -> None:
    """Rows of an account and of the portfolio have one type; what only one of them has is empty in the other."""
    held = HeldPrice(Decimal("0.07"), builders.AS_OF, HoldReason.FAR_FROM_LAST)
    row = replace(
        builders.position_of("i", "480.15"), market=MarketFacts(held=held), previous_close_date=date(2026, 11, 19)
    )
    (of_account,) = positions_of(received(encoding, {"i": position_data(row, of_account=True)}))
    (of_portfolio,) = positions_of(received(encoding, {"i": position_data(row, of_account=False)}))
    for position in (of_account, of_portfolio):
        assert (position.symbol, position.price, position.quantity) == ("BRK.B", Decimal("480.15"), Decimal(-2))
        assert position.held is not None
        assert (position.held.price, position.held.time) == (Decimal("0.07"), builders.AS_OF)
        assert position.previous_close_date == date(2026, 11, 19)
    assert of_portfolio.account is None
    assert of_account.contributions == ()


@ENCODINGS
def test_market_and_price(encoding: Encoding) -> None:
    """The other two kinds of state."""
    clock = MarketClock.real(WallClock())
    market = market_of(
        received(encoding, market_data(market_hours_around(builders.AS_OF), clock, None, reachable=True))
    )
    assert market.speed == 1
    assert market.next_open.tzinfo is not None
    price = price_of(received(encoding, price_data("BRK.B", "i", None, "pre")))
    assert (price.symbol, price.price) == ("BRK.B", None)


def test_a_later_servers_fields_are_ignored() -> None:
    """The protocol says so: later versions add fields."""
    state = received(JSON, figures_data(builders.figures_of("1.00"))) | {"mood": "bright"}
    assert figures_of(state).total_value == 1
