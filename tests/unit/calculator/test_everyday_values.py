"""Days as people live them: weekends, holidays, evenings, shorts, options, foreign money. docs/known-complaints.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from calculator.mark import ProviderMark
from realtime.domain.account import UserId
from realtime.domain.corporate_action import Split
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource
from realtime.domain.transaction import DayTrade, DayTrades
from realtime.domain.value import Figures, Position
from realtime.store.holdings import UserHoldings
from tests.unit.calculator.worlds import INSTRUMENTS, Mirror, account_id_of

ADA = UserId("ada")
STOCK, ETF, OPTION, COIN, FUND, _, _, EURO_STOCK, DOLLARS, CANADIAN, EUROS = (row.id for row in INSTRUMENTS)
THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026; New York is five hours behind. The 20th is a Friday, the 26th Thanksgiving."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


FRIDAY_LAST_MINUTE = utc(20, 20, 59)
SATURDAY, SUNDAY, MONDAY_BEFORE_OPEN = utc(21, 17), utc(22, 3), utc(23, 14)


def seen(
    key: InstrumentId, price: str | None, at: datetime | None, close: str | None = None, of: date | None = None
) -> Price:
    return Price(
        instrument_id=key,
        price=None if price is None else Decimal(price),
        time=at,
        source=PriceSource.TRADE,
        revision=0,
        previous_close=None if close is None else Decimal(close),
        previous_close_date=of,
        received_ns=1,
    )


@dataclass(frozen=True)
class Valued:
    figures: Figures
    positions: Mapping[InstrumentId, Position]


def valued(
    now: datetime,
    quantities: Mapping[InstrumentId, str],
    *prices: Price,
    costs: Mapping[InstrumentId, str] | None = None,
    provider: Mapping[InstrumentId, ProviderMark] | None = None,
    read_at: datetime | None = None,
    split: Split | None = None,
    trades: DayTrades | None = None,
) -> Valued:
    """Value one account, in dollars, at one moment; its holdings were read just now unless it is said when."""
    mirror = Mirror.at(now)
    mirror.marks.observe(prices)
    mirror.marks.set_provider_prices(provider or {})
    holdings = tuple(
        Holding(key, Decimal(quantity), Decimal(costs[key]) if costs and key in costs else None)
        for key, quantity in quantities.items()
    )
    if split is not None:
        mirror.marks.set_actions({split.instrument_id: (split,)})
    key = account_id_of(ADA, 1)
    account = AccountHoldings(key, ADA, "First Platypus", "USD", 1, read_at or now, holdings)
    user = UserHoldings(ADA, "USD", (account,), {} if trades is None else {key: trades})
    mirror.watched.put_user(user, frozenset({key}))
    state = mirror.snapshot()[ADA, key]
    return Valued(state.figures, state.positions)


@pytest.mark.parametrize("now", [utc(20, 21, 30), SATURDAY, SUNDAY, MONDAY_BEFORE_OPEN])
def test_no_total_falls_while_nothing_trades(now: datetime) -> None:
    """Friday's prices hold until there are newer ones, whatever the hour; nothing of it is called stale."""
    held = {STOCK: "10", ETF: "3"}
    prices = (
        seen(STOCK, "101.50", FRIDAY_LAST_MINUTE, "100.00", THURSDAY),
        seen(ETF, "50.10", utc(20, 15), "50.00", THURSDAY),
    )
    figures = valued(now, held, *prices).figures
    assert figures.total_value == Decimal("1165.30")
    assert figures.stale_count == 0
    assert figures.unpriced_count == 0


def test_a_missing_quote_is_a_close_or_unpriced_but_never_zero() -> None:
    """Without a trade the previous close values it; without that it is left out and counted."""
    found = valued(utc(20, 16), {STOCK: "10", ETF: "3"}, seen(STOCK, None, None, "100.00", THURSDAY))
    assert found.positions[STOCK].price_source is PriceSource.PREVIOUS_CLOSE
    assert found.positions[STOCK].market_value == 1000
    assert found.positions[ETF].market_value is None
    assert found.figures.total_value == 1000
    assert found.figures.unpriced_count == 1


def test_a_price_gets_stale_in_the_session_only() -> None:
    """Age counts from the open: what traded last on Friday is well on Monday morning, and old an hour later."""
    friday = seen(STOCK, "101.50", FRIDAY_LAST_MINUTE)
    assert valued(utc(23, 14, 31), {STOCK: "1"}, friday).figures.stale_count == 0
    late = valued(utc(23, 15, 31), {STOCK: "1"}, friday)
    assert late.figures.stale_count == 1
    assert late.figures.stale_since == FRIDAY_LAST_MINUTE


def test_mondays_change_is_measured_from_fridays_close() -> None:
    """A close of another day is no base: then the change is unknown, and not that of two days."""
    at = utc(23, 16)
    right = valued(at, {STOCK: "10"}, seen(STOCK, "103.00", at, "101.50", FRIDAY))
    assert right.figures.day_change == Decimal("15.00")
    wrong = valued(at, {STOCK: "10"}, seen(STOCK, "103.00", at, "100.00", THURSDAY))
    assert wrong.figures.day_change is None
    assert wrong.positions[STOCK].day_change is None


def test_after_a_holiday_the_base_is_the_last_session() -> None:
    """On the Friday after Thanksgiving that is Wednesday's close."""
    at = utc(27, 16)
    wednesday = date(2026, 11, 25)
    assert valued(at, {STOCK: "10"}, seen(STOCK, "103.00", at, "101.50", wednesday)).figures.day_change == 15


@pytest.mark.parametrize("now", [utc(20, 22), SATURDAY])
def test_the_days_change_stays_after_the_close(now: datetime) -> None:
    """It does not become zero at the bell, nor on the weekend."""
    found = valued(now, {STOCK: "10"}, seen(STOCK, "101.50", FRIDAY_LAST_MINUTE, "100.00", THURSDAY))
    assert found.figures.day_change == 15


@pytest.mark.parametrize("at", [utc(20, 13), utc(20, 22, 30)])
def test_extended_hours_move_the_total(at: datetime) -> None:
    """A trade before the open or after the close is the newest price."""
    found = valued(at, {STOCK: "10"}, seen(STOCK, "99.10", at, "100.00", THURSDAY))
    assert found.figures.total_value == 991
    assert found.figures.day_change == -9


def test_shares_bought_today_count_from_their_own_price() -> None:
    """Ten held since Thursday rose by 3, five bought at 102 by 1; the purchase itself is no gain."""
    at = utc(20, 16)
    bought = DayTrade(STOCK, Decimal(5), Decimal(102), Decimal(-510), "USD")
    price = seen(STOCK, "103.00", at, "100.00", THURSDAY)
    found = valued(at, {STOCK: "15"}, price, trades=DayTrades(FRIDAY, known=True, trades=(bought,)))
    assert found.figures.day_change == 35
    assert found.figures.day_change_reason is None


def test_a_sale_of_today_is_no_loss() -> None:
    """What was sold at 104 gained 4 a share; it stays in the change though there is no position any more."""
    at = utc(20, 16)
    sold = DayTrade(STOCK, Decimal(-5), Decimal(104), Decimal(520), "USD")
    price = seen(STOCK, "103.00", at, "100.00", THURSDAY)
    found = valued(at, {DOLLARS: "520"}, price, trades=DayTrades(FRIDAY, known=True, trades=(sold,)))
    assert found.figures.day_change == 20
    assert found.figures.total_value == 520


@pytest.mark.parametrize(
    ("read_at", "quantity", "pending"), [(utc(19, 22), "10", Decimal(4)), (utc(20, 15), "40", None)]
)
def test_a_split_changes_no_total(read_at: datetime, quantity: str, pending: Decimal | None) -> None:
    """Old quantity and new price, or both new: 10 shares of 400 are 40 of 100, counted once, and said to be pending."""
    at = utc(20, 16)
    split = Split(STOCK, FRIDAY, Decimal(4))
    price = seen(STOCK, "101.00", at, "400.00", THURSDAY)
    found = valued(at, {STOCK: quantity}, price, costs={STOCK: "3000"}, read_at=read_at, split=split)
    assert found.figures.total_value == 4040
    assert found.figures.day_change == 40
    assert found.figures.unrealized_gain == 1040
    assert found.positions[STOCK].split_pending == pending


def test_unknown_cost_is_no_gain() -> None:
    """Gain is over the positions whose cost is known, the others are counted; a cost of zero is a known one."""
    at = utc(20, 16)
    prices = (seen(STOCK, "100.00", at), seen(ETF, "50.00", at), seen(COIN, "10.00", at))
    found = valued(at, {STOCK: "1", ETF: "1", COIN: "1"}, *prices, costs={STOCK: "90", COIN: "0"})
    assert found.positions[ETF].unrealized_gain is None
    assert found.positions[ETF].cost_basis is None
    assert found.figures.unrealized_gain == 20
    assert found.figures.cost_basis == 90
    assert found.figures.uncosted_count == 1


def test_shorts_and_margin_are_negative() -> None:
    """A short loses when the price rises; borrowed cash is subtracted; nothing is cut off at zero."""
    at = utc(20, 16)
    price = seen(STOCK, "110.00", at, "100.00", THURSDAY)
    found = valued(at, {STOCK: "-10", DOLLARS: "-500.25"}, price, costs={STOCK: "-1000"})
    assert found.positions[STOCK].market_value == -1100
    assert found.figures.total_value == Decimal("-1600.25")
    assert found.figures.cash == Decimal("-500.25")
    assert found.figures.unrealized_gain == -100
    assert found.figures.day_change == -100


def test_an_option_is_worth_its_multiplier() -> None:
    """Two contracts at 1.25 are 250 dollars."""
    at = utc(20, 16)
    found = valued(at, {OPTION: "2"}, seen(OPTION, "1.25", at, "1.00", THURSDAY), costs={OPTION: "200"})
    assert found.positions[OPTION].multiplier == 100
    assert found.figures.total_value == 250
    assert found.figures.unrealized_gain == 50
    assert found.figures.day_change == 50


def test_foreign_money_counts_with_a_known_rate_only() -> None:
    """Cash and stocks in other currencies are in the total; without a rate they are left out and counted, never 1:1."""
    at = utc(20, 16)
    held = {EUROS: "1000", CANADIAN: "500", EURO_STOCK: "2", DOLLARS: "1"}
    prices = (seen(EURO_STOCK, "100.00", at), seen(EUROS, "1.10", at))
    found = valued(at, held, *prices)
    assert found.positions[CANADIAN].market_value is None
    assert found.positions[CANADIAN].unpriced_reason == "no_fx_rate"
    assert found.figures.cash == 1101
    assert found.figures.market_value == 220
    assert found.figures.unpriced_count == 1
    both = valued(at, held, *prices, seen(CANADIAN, "0.70", at))
    assert both.figures.cash == 1451
    assert both.figures.unpriced_count == 0


def test_the_markets_price_comes_before_the_providers_older_one() -> None:
    """A provider's own price is a session behind though the sync was just now; it counts only where nothing else is."""
    at = utc(20, 16)
    old = ProviderMark(Decimal("95.00"), utc(19, 21))
    found = valued(at, {STOCK: "1", FUND: "1"}, seen(STOCK, "100.00", at), provider={STOCK: old, FUND: old})
    assert found.positions[STOCK].price == 100
    assert found.positions[STOCK].price_source == PriceSource.TRADE
    fund = found.positions[FUND]
    assert fund.price == 95
    assert fund.price_source is PriceSource.PROVIDER
    assert fund.price_time == utc(19, 21)
