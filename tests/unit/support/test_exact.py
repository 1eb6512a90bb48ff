"""The oracle itself, against values worked out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import Split
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import Price, PriceSource
from realtime.domain.value import Contribution
from tests.support.exact import World, value_user
from tests.unit.calculator.worlds import told

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
YESTERDAY = date(2026, 11, 19)
ADA = UserId("ada")


def instrument(name: str, asset_class: AssetClass, currency: str = "USD") -> Instrument:
    multiplier = Decimal(100) if asset_class is AssetClass.OPTION else Decimal(1)
    listed = asset_class in {AssetClass.EQUITY, AssetClass.OPTION}
    return Instrument(InstrumentId(name), name, asset_class, currency, multiplier, name, listed)


def price(name: str, amount: str | None, close: str | None = None, age_s: int = 0) -> Price:
    return Price(
        InstrumentId(name),
        None if amount is None else Decimal(amount),
        None if amount is None else NOON - timedelta(seconds=age_s),
        PriceSource.TRADE,
        0,
        None if close is None else Decimal(close),
        None if close is None else YESTERDAY,
        1,
    )


def holding(name: str, quantity: str, cost: str | None = None) -> Holding:
    return Holding(InstrumentId(name), Decimal(quantity), None if cost is None else Decimal(cost))


INSTRUMENTS = {
    row.id: row
    for row in (
        instrument("AAPL", AssetClass.EQUITY),
        instrument("CALL", AssetClass.OPTION),
        instrument("FUND", AssetClass.MUTUAL_FUND),
        instrument("SHOP", AssetClass.EQUITY, "CAD"),
        instrument("NOPE", AssetClass.EQUITY),
        instrument("CUR:USD", AssetClass.CASH),
        instrument("CUR:CAD", AssetClass.CASH, "CAD"),
    )
}
WORLD = World(
    instruments=INSTRUMENTS,
    prices={
        row.instrument_id: row
        for row in (
            price("AAPL", "100.005", "98", age_s=1000),
            price("CALL", "2.5", "3"),
            price("SHOP", "50", "40"),
            price("CUR:CAD", "0.7"),
        )
    },
    provider_prices={InstrumentId("FUND"): (Decimal("12.5"), NOON - timedelta(days=1))},
    now=NOON,
)


def account(name: str, *holdings: Holding, currency: str = "USD") -> AccountHoldings:
    return AccountHoldings(AccountId(name), ADA, f"Bank of {name}", currency, 1, NOON, holdings)


FIRST = account(
    "a",
    holding("AAPL", "10", "900"),
    holding("CALL", "-2", "-700"),
    holding("FUND", "4"),
    holding("NOPE", "5", "5"),
    holding("CUR:USD", "-20"),
)
SECOND = account("b", holding("AAPL", "1"), holding("SHOP", "3", "100"), holding("CUR:CAD", "10"), currency="CAD")


def test_figures_of_an_account() -> None:
    """Ensure the definitions in value.py are the oracle's."""
    figures = value_user([FIRST], "USD", WORLD).accounts[AccountId("a")].figures
    amounts = {
        "market_value": "550.05", "cash": "-20", "total_value": "530.05", "cost_basis": "205",
        "unrealized_gain": "300.05", "unrealized_gain_pct": "150.0250", "day_change": "120.05",
        "day_change_pct": "29.2805", "live_coverage": "0.3226", "estimated_value": "50",
    }  # fmt: skip
    assert {name: getattr(figures, name) for name in amounts} == {name: Decimal(text) for name, text in amounts.items()}
    assert (figures.stale_since, figures.stale_count) == (NOON - timedelta(seconds=1000), 1)
    counts = (figures.unpriced_count, figures.uncosted_count, figures.positions_count)
    assert (counts, figures.session, figures.day_change_reason) == ((1, 1, 5), "regular", "partial")
    # 500 live in options, 1000.05 stale in shares, 50 in the fund, of 1550.05.
    shares = [Decimal(text) for text in ("0.3226", "0", "0", "0.0322", "0", "0.6452")]
    assert list(figures.coverage) == [*shares, 1, 0, None]


def test_portfolio_is_in_the_users_currency_and_joins_accounts() -> None:
    """Ensure amounts are converted, positions joined, and a cost that is known in part is not shown."""
    portfolio = value_user([FIRST, SECOND], "USD", WORLD).portfolio
    assert portfolio.figures.market_value == Decimal("755.06")  # 550.05 + 100.005 + 105, added before rounding
    assert portfolio.figures.cash == Decimal(-13)
    assert portfolio.figures.cost_basis == Decimal(275)
    assert portfolio.figures.positions_count == 7
    joined = portfolio.positions[InstrumentId("AAPL")]
    assert told(joined.quantity, joined.cost_basis, joined.unrealized_gain) == (11, None, None)
    assert joined.contributions == (
        Contribution(AccountId("a"), "Bank of a", Decimal(10), Decimal("1000.05")),
        Contribution(AccountId("b"), "Bank of b", Decimal(1), Decimal("100.00")),
    )


def test_account_in_another_currency() -> None:
    """Ensure a Canadian account is valued in Canadian dollars at a rate of 16 digits."""
    valued = value_user([SECOND], "USD", WORLD).accounts[AccountId("b")]
    assert valued.figures.currency == "CAD"
    assert valued.figures.cash == 10
    assert valued.positions[InstrumentId("AAPL")].fx_rate == Decimal("1.428571428571429")
    assert valued.positions[InstrumentId("AAPL")].market_value == Decimal("142.86")
    assert valued.positions[InstrumentId("SHOP")].market_value == 150


def test_without_a_rate_a_position_is_unpriced() -> None:
    """Ensure an unknown rate leaves a position out, with its reason."""
    world = World(INSTRUMENTS, {InstrumentId("SHOP"): price("SHOP", "50")}, {}, NOON)
    portfolio = value_user([account("b", holding("SHOP", "3"))], "USD", world).portfolio
    assert portfolio.positions[InstrumentId("SHOP")].unpriced_reason == "no_fx_rate"
    assert told(portfolio.figures.market_value, portfolio.figures.unpriced_count) == (0, 1)


def test_untraded_instrument_is_marked_by_its_close_and_has_not_changed() -> None:
    """Ensure an instrument that has not traded today is worth its close, estimated, without a change."""
    world = World(INSTRUMENTS, {InstrumentId("AAPL"): price("AAPL", None, "98")}, {}, NOON)
    position = value_user([FIRST], "USD", world).portfolio.positions[InstrumentId("AAPL")]
    assert told(position.price_source, position.market_value, position.day_change) == (
        PriceSource.PREVIOUS_CLOSE,
        980,
        0,
    )


def test_split_between_sync_and_stream_in_both_orders() -> None:
    """Ensure old quantity with new price, and new quantity with old price, are worth the same."""
    split, today = (Split(InstrumentId("AAPL"), NOON.date(), Decimal(4)),), timedelta(hours=1)
    old = replace(account("a", holding("AAPL", "10")), as_of=NOON - timedelta(days=1))
    new = replace(account("a", holding("AAPL", "40")), as_of=NOON - today)
    new_price, old_price = price("AAPL", "25.5", "100"), price("AAPL", "102", "100", age_s=18 * 3600)
    for holdings, shown, value in (
        (old, new_price, 1020),
        (new, new_price, 1020),
        (new, old_price, 1020),
        (old, old_price, 1020),
    ):
        world = World(INSTRUMENTS, {shown.instrument_id: shown}, {}, NOON, split)
        [position] = value_user([holdings], "USD", world).portfolio.positions.values()
        assert told(position.market_value, position.day_change, position.quantity) == (value, 20, 40)
        assert position.split_pending == (4 if holdings is old else None)
