"""The mark of an instrument: the ladder, kinds, staleness, sessions, closes, splits and dividends."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from calculator.change_reasons import Session
from calculator.mark import UNPRICED, Mark, ProviderMark, choose_mark
from calculator.moment import Moment
from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import CashDividend, CorporateAction, Split
from realtime.domain.instrument import Instrument
from realtime.domain.price import (
    Delivery,
    HeldPrice,
    HoldReason,
    LimitState,
    Price,
    PriceBand,
    PriceSource,
    TradingStatus,
)
from realtime.domain.value import Covered, StaleReason
from realtime.market_hours import NEW_YORK
from tests.unit.calculator.worlds import instrument, told

STOCK, FUND = instrument(1, AssetClass.EQUITY), instrument(2, AssetClass.MUTUAL_FUND)
COIN, DOLLARS = instrument(3, AssetClass.CRYPTO), instrument(4, AssetClass.CASH, "CAD")
WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in (18, 19, 20))
NO_ACTIONS: tuple[CorporateAction, ...] = ()


def ny(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def price(
    at: str | None, amount: str = "10.5", close: str | None = "10", on: date = THURSDAY, **fields: object
) -> Price:
    given: dict[str, object] = {
        "instrument_id": STOCK.id, "price": None if at is None else Decimal(amount),
        "time": None if at is None else ny(at), "source": PriceSource.TRADE, "revision": 0,
        "previous_close": None if close is None else Decimal(close), "received_ns": 1,
        "previous_close_date": None if close is None else on,
    }  # fmt: skip
    return Price(**(given | fields))  # type: ignore[arg-type]


def closed(at: str | None, session_close: str, amount: str = "10.5") -> Price:
    return price(at, amount, session_close=Decimal(session_close), session_close_date=FRIDAY)


def mark(
    now: str,
    of: Price | None = None,
    provider: ProviderMark | None = None,
    actions: Sequence[CorporateAction] = NO_ACTIONS,
    row: Instrument = STOCK,
) -> Mark:
    return choose_mark(row, of, provider, actions, Moment.at(ny(now)))


def test_board_price_is_the_mark() -> None:
    """Ensure a live price comes with its source, its time and the previous close; a provider's never beats it."""
    newer = ProviderMark(Decimal(99), ny("2026-11-20T12:59"))
    live = mark("2026-11-20T13:00", price("2026-11-20T12:59"), newer)
    assert told(live.price, live.time, live.source) == (Decimal("10.5"), ny("2026-11-20T12:59"), PriceSource.TRADE)
    assert told(live.previous_close, live.base, live.previous_close_date) == (10, 10, THURSDAY)
    assert told(live.covered, live.stale, live.estimated) == (Covered.LIVE, None, False)


def test_newest_of_previous_close_and_provider_price_without_a_trade() -> None:
    """Ensure an instrument that has not traded is marked by the newer of the two estimates."""
    untraded = price(None)
    same_day, later = ProviderMark(Decimal(9), ny("2026-11-19T09:00")), ProviderMark(Decimal(9), ny("2026-11-20T01:00"))
    estimated = mark("2026-11-20T12:00", untraded, same_day)
    assert told(estimated.source, estimated.time) == (PriceSource.PREVIOUS_CLOSE, ny("2026-11-19T16:00"))
    assert mark("2026-11-20T12:00", untraded, later).source is PriceSource.PROVIDER
    assert mark("2026-11-20T12:00", None, same_day).covered is Covered.PROVIDER
    assert mark("2026-11-20T12:00", None, same_day, row=FUND).covered is Covered.NAV
    assert told(estimated.covered, estimated.estimated) == (Covered.CLOSE, True)


def test_nothing_known_is_unpriced_and_cash_is_worth_itself() -> None:
    """Ensure no price is None, not zero, and money is 1 in its own currency whatever the board says of it."""
    assert mark("2026-11-20T12:00") == UNPRICED
    assert mark("2026-11-20T12:00", price("2026-11-20T11:59", "0.7"), row=DOLLARS).price == 1


def test_previous_close_beats_a_trade_of_before_the_bell() -> None:
    """Ensure a last trade of before yesterday's bell makes no day change of its own."""
    assert mark("2026-11-20T12:00", price("2026-11-19T15:59")).source is PriceSource.PREVIOUS_CLOSE
    assert mark("2026-11-20T12:00", price("2026-11-19T17:00")).source is PriceSource.TRADE


@pytest.mark.parametrize(
    ("now", "close_date", "is_base"),
    [
        ("2026-11-20T00:00", THURSDAY, True),
        ("2026-11-20T00:00", WEDNESDAY, False),
        ("2026-11-22T12:00", THURSDAY, True),
        ("2026-11-22T12:00", FRIDAY, False),
        ("2026-11-23T00:00", FRIDAY, True),
        ("2026-11-26T12:00", date(2026, 11, 24), True),  # Thanksgiving
        ("2026-11-27T09:00", date(2026, 11, 25), True),
        ("2026-11-27T15:00", date(2026, 11, 25), True),  # after a half day
        ("2026-11-30T09:00", date(2026, 11, 27), True),
    ],
)
def test_close_of_the_session_before_the_trading_day_is_the_base(now: str, close_date: date, is_base: bool) -> None:
    """Ensure on holidays, half days, weekends and before the open; another day's close is no base but still a price."""
    chosen = mark(now, price(None, on=close_date))
    assert told(chosen.price, chosen.previous_close is not None) == (10, is_base)


def test_coins_are_measured_from_midnight_of_any_day() -> None:
    """Ensure Saturday's close is the base of a coin's Sunday, and its change a round-the-clock one."""
    sunday = mark("2026-11-22T12:00", price("2026-11-22T11:59", on=date(2026, 11, 21)), row=COIN)
    assert told(sunday.base, sunday.day_session, sunday.covered) == (10, Session.ROUND_THE_CLOCK, Covered.LIVE)
    assert mark("2026-11-22T12:00", price(None, on=date(2026, 11, 21)), row=COIN).day_session is None


@pytest.mark.parametrize(
    ("now", "at", "covered", "day", "late"),
    [
        ("2026-11-20T12:00", "2026-11-20T11:59", Covered.LIVE, Session.REGULAR, None),
        ("2026-11-20T09:31", "2026-11-20T09:29", Covered.EXTENDED, None, None),
        ("2026-11-20T09:00", "2026-11-20T08:59", Covered.EXTENDED, Session.EXTENDED, None),
        ("2026-11-20T09:00", "2026-11-19T18:00", Covered.EXTENDED, Session.EXTENDED, None),
        ("2026-11-20T03:00", "2026-11-20T02:00", Covered.EXTENDED, Session.OVERNIGHT, None),
        ("2026-11-20T18:00", "2026-11-20T17:30", Covered.EXTENDED, None, Session.EXTENDED),
        ("2026-11-20T21:00", "2026-11-20T20:30", Covered.EXTENDED, None, Session.OVERNIGHT),
        ("2026-11-22T12:00", "2026-11-20T19:00", Covered.EXTENDED, None, Session.EXTENDED),
        ("2026-11-20T18:00", "2026-11-20T15:59", Covered.CLOSE, None, None),
    ],
)
def test_sessions(now: str, at: str, covered: Covered, day: Session | None, late: Session | None) -> None:
    """Ensure each price belongs to the session in which it was made, and changes from the right close."""
    chosen = mark(now, closed(at, "10.2"))
    assert told(chosen.covered, chosen.day_session, chosen.late_session) == (covered, day, late)


def test_official_close_of_the_day_counts_after_the_bell() -> None:
    """Ensure the total does not jump at midnight, when that close becomes the previous one."""
    evening = mark("2026-11-20T18:00", closed("2026-11-20T15:59", "10.2"))
    assert told(evening.price, evening.source, evening.time) == (
        Decimal("10.2"), PriceSource.SESSION_CLOSE, ny("2026-11-20T16:00"),
    )  # fmt: skip
    assert told(evening.previous_close, evening.session_close, evening.estimated) == (10, Decimal("10.2"), False)
    midnight = mark("2026-11-23T00:00", closed("2026-11-20T15:59", "10.2"))
    assert told(midnight.price, midnight.previous_close, midnight.previous_close_date) == (
        Decimal("10.2"), Decimal("10.2"), FRIDAY,
    )  # fmt: skip


def test_closing_auction_is_the_close() -> None:
    """Ensure the closing print, seconds after the bell, is no extended-hours price; another price then is."""
    chosen = mark("2026-11-20T18:00", closed("2026-11-20T16:00:03", "10.5"))
    assert told(chosen.covered, chosen.late_session) == (Covered.CLOSE, None)
    assert chosen.reasons["extended"] == "no_extended_price"
    assert mark("2026-11-20T18:00", closed("2026-11-20T16:00:03", "10.4")).covered is Covered.EXTENDED


def test_without_the_close_of_the_day_late_changes_are_unknown() -> None:
    """Ensure an evening without an official close says so instead of guessing one."""
    chosen = mark("2026-11-20T18:00", price("2026-11-20T17:30"))
    assert told(chosen.day_session, chosen.late_session) == (None, None)
    assert {chosen.reasons[name] for name in ("regular", "extended", "overnight")} == {"no_session_close"}


def test_stale_after_the_limit_in_a_session_only() -> None:
    """Ensure an old price is stale at noon, says whether the exchange halted it, and holds in the evening."""
    old = price("2026-11-20T11:44:59")
    assert told(*mark("2026-11-20T12:00", old)[3:5]) == (StaleReason.OLD_PRICE, Covered.STALE)
    halted = price("2026-11-20T11:44:59", status=TradingStatus.HALTED)
    assert mark("2026-11-20T12:00", halted).stale is StaleReason.HALTED
    assert mark("2026-11-20T12:00", price("2026-11-20T11:45")).stale is None
    assert mark("2026-11-20T18:00", old).stale is None
    assert mark("2026-11-20T12:00", None, ProviderMark(Decimal(9), ny("2026-11-13T12:00")), row=FUND).stale is None


SPLIT = (Split(STOCK.id, FRIDAY, Decimal(4)),)


def test_prices_from_before_a_split_are_restated() -> None:
    """Ensure yesterday's close and an evening's trade are in today's shares from four in the morning on."""
    before = mark("2026-11-20T03:59", price("2026-11-19T18:00", "100", "98"), actions=SPLIT)
    assert told(before.price, before.previous_close) == (100, 98)
    after = mark("2026-11-20T04:00", price("2026-11-19T18:00", "100", "98"), actions=SPLIT)
    assert told(after.price, after.previous_close) == (25, Decimal("24.5"))
    traded = mark("2026-11-20T12:00", price("2026-11-20T11:59", "25.1", "98"), actions=SPLIT)
    assert told(traded.price, traded.base) == (Decimal("25.1"), Decimal("24.5"))
    given = ProviderMark(Decimal(100), ny("2026-11-19T16:00"))
    assert mark("2026-11-20T12:00", None, given, actions=SPLIT).price == 25
    thirds = (Split(STOCK.id, FRIDAY, Decimal(3)),)
    assert mark("2026-11-20T12:00", None, given, actions=thirds).price == Decimal("33.333333333333")


def test_dividend_lowers_the_base_once_the_price_is_without_it() -> None:
    """Ensure before the first price of the ex-date nobody seems to have gained it, and the day after nobody does."""
    dividend = (CashDividend(STOCK.id, FRIDAY, Decimal("0.5")),)
    evening = mark("2026-11-20T09:00", price("2026-11-19T18:00"), actions=dividend)
    assert told(evening.base, evening.facts.dividend) == (10, None)
    traded = mark("2026-11-20T09:00", price("2026-11-20T08:59"), actions=dividend)
    assert told(traded.base, traded.previous_close, traded.facts.dividend) == (Decimal("9.5"), 10, Decimal("0.5"))
    monday = mark("2026-11-23T12:00", price("2026-11-23T11:59", on=FRIDAY), actions=dividend)
    assert told(monday.base, monday.facts.dividend) == (10, None)


def test_what_the_market_says_besides_is_passed_on() -> None:
    """Ensure a price that is held back, a halt and the way of delivery reach the position, priced or not."""
    held = HeldPrice(Decimal(3), ny("2026-11-20T11:59"), HoldReason.SPLIT_LIKE)
    for at in ("2026-11-20T11:58", None):
        of = price(at, close=None, held=held, status=TradingStatus.PAUSED, delivery=Delivery.POLL)
        facts = mark("2026-11-20T12:00", of).facts
        assert (facts.held, facts.trading_status, facts.delivery) == (held, TradingStatus.PAUSED, Delivery.POLL)
    later = timedelta(seconds=1)
    assert mark("2026-11-20T12:00", of) != mark("2026-11-20T12:00", price(None, close=None)), later


def test_price_bands_are_of_one_regular_session() -> None:
    """Ensure yesterday's bands are not shown today, nor today's after the close."""
    band = PriceBand(Decimal(8), Decimal(12), ny("2026-11-20T11:59"), LimitState.UP)
    of = price("2026-11-20T11:58", band=band)
    assert mark("2026-11-20T12:00", of).facts.price_band == band
    assert mark("2026-11-20T16:30", of).facts.price_band is None
    assert mark("2026-11-23T12:00", of).facts.price_band is None
