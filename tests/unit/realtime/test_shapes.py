"""How values look on the wire."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from realtime.clock import MarketClock, WallClock
from realtime.contract.messages import FeedState, FeedStatus
from realtime.contract.shapes import figures_data, instant, market_data, position_data, price_data, repriced_data
from realtime.domain.account import AccountId
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource
from realtime.domain.value import Contribution, Figures, MarketFacts, Position, at_price
from realtime.market_hours import market_hours_around
from tests.support.broadcasting import repriced_to
from tests.unit.broadcaster.builders import AS_OF, figures_of, position_of

SESSIONS = ("regular", "extended", "overnight", "round_the_clock")
OF_ACCOUNT = {"institution", "account"}
OF_PORTFOLIO = {"contributions", "institutions"}


def clock_at(moment: datetime) -> MarketClock:
    wall = WallClock()
    return MarketClock(wall, moment, wall.now(), speed=0.000001)


def test_every_figure_is_published() -> None:
    """A figure that exists is on the wire under its own name; unknown is null."""
    data = figures_data(figures_of("5.00"))
    assert list(data) == [*(field.name for field in fields(Figures)), "interrupted"]
    assert figures_data(figures_of("5.00"), interrupted=True)["interrupted"]
    assert data["day_change"] is None
    assert data["total_value"] == Decimal("5.00")
    assert data["holdings_as_of"] == "2026-11-20T15:30:00Z"


def test_rows_of_an_account_and_of_a_portfolio() -> None:
    """They share all fields of a position but those that say whose it is."""
    parts = (
        Contribution(AccountId("plaid_1"), "Zebra Bank", Decimal(1), Decimal("2.00")),
        Contribution(AccountId("plaid_2"), "Abacus", Decimal(2), None),
        Contribution(AccountId("plaid_3"), "Abacus", Decimal(2), None),
    )
    row = position_of("i", "4.00", *parts)
    of_account = position_data(replace(row, institution="Abacus", account=AccountId("a")), of_account=True)
    of_portfolio = position_data(row, of_account=False)
    named = {field.name for field in fields(Position)}
    named = named - {"changes", "market"} | {f"{name}_change" for name in SESSIONS} | set(MarketFacts._fields)
    named |= {"extended_since"}
    assert set(of_account) == named - {"contributions"}
    assert set(of_portfolio) == named - OF_ACCOUNT | OF_PORTFOLIO
    assert (of_account["account"], of_account["institution"]) == ("a", "Abacus")
    assert of_portfolio["institutions"] == ["Abacus", "Zebra Bank"]
    assert of_portfolio["contributions"][1] == {
        "account": "plaid_2",
        "institution": "Abacus",
        "quantity": Decimal(2),
        "market_value": None,
    }
    assert of_portfolio["asset_class"] == "equity"
    assert of_portfolio["price_source"] == "trade"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "2026-01-02T03:04:05.000678Z"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=5))), "2026-01-01T19:00:00Z"),
    ],
)
def test_instants(moment: datetime, text: str) -> None:
    """RFC 3339, UTC."""
    assert instant(moment) == text


def test_market_in_the_session() -> None:
    """The calendar says session, day and what comes next; the collector says how the feed is."""
    feed = FeedState(FeedStatus.LIVE, None, 40, AS_OF)
    data = market_data(market_hours_around(AS_OF), clock_at(AS_OF), feed, reachable=True)
    assert data["market_time"].startswith("2026-11-20T15:30:00")
    assert {**data, "market_time": None} == {
        "session": "regular",
        "trading_day": "2026-11-20",
        "is_half_day": False,
        "next_open": "2026-11-23T14:30:00Z",
        "next_close": "2026-11-20T21:00:00Z",
        "next_session": "post",
        "next_session_at": "2026-11-20T21:00:00Z",
        "market_time": None,
        "speed": 0.000001,
        "feed": "live",
        "feed_message": None,
    }


@pytest.mark.parametrize(
    ("feed", "reachable", "status"),
    [
        (None, True, "starting"),
        (FeedState(FeedStatus.SILENT, "No trades.", 1, None), True, "silent"),
        (FeedState(FeedStatus.LIVE, None, 1, None), False, "disconnected"),
        (None, False, "disconnected"),
    ],
)
def test_how_the_feed_is(feed: FeedState | None, reachable: bool, status: str) -> None:
    """Whatever is not live comes with words for a person."""
    data = market_data(market_hours_around(AS_OF), clock_at(AS_OF), feed, reachable=reachable)
    assert data["feed"] == status
    assert data["feed_message"]


def test_prices() -> None:
    """A market price, a previous close alone, and nothing at all."""
    close_date = AS_OF.date()
    price = Price(InstrumentId("i"), Decimal("5.5"), AS_OF, PriceSource.QUOTE, 0, Decimal(5), close_date, 1)
    assert price_data("BRK.B", "i", price, "pre") == {
        "symbol": "BRK.B",
        "instrument": "i",
        "price": Decimal("5.5"),
        "price_time": "2026-11-20T15:30:00Z",
        "price_source": "quote",
        "previous_close": Decimal(5),
        "previous_close_date": "2026-11-20",
        "session": "pre",
    }
    closed = price_data("BRK.B", "i", replace(price, price=None, time=None), "pre")
    assert (closed["price"], closed["price_source"], closed["previous_close"]) == (None, None, Decimal(5))
    unknown = price_data("BRK.B", "i", None, "closed")
    assert set(unknown) == set(closed)
    assert {unknown[key] for key in unknown if key not in {"symbol", "instrument", "session"}} == {None}


def test_a_row_at_another_price_is_that_position_s_row() -> None:
    """Ensure nobody can tell whether a row came whole or as its price alone, in an account and in a portfolio."""
    ours = [Contribution(AccountId(name), "Abacus", Decimal(1), Decimal(5)) for name in "ab"]
    for row, new in (
        (position_of("i", "10", *ours), repriced_to("12", "7", "5")),
        (replace(position_of("i", "10"), institution="Abacus", account=AccountId("a")), repriced_to("12")),
    ):
        of_account = row.account is not None
        expected = position_data(at_price(row, new), of_account=of_account)
        before = position_data(row, of_account=of_account)
        fields = repriced_data(before, new)
        assert {**before, **fields} == expected
        assert (fields["market_value"], fields["regular_change"]) == (12, 1)
        assert repriced_data(expected, new) == {}
