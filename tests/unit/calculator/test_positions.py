"""A part as it is published."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from calculator.fx import SAME
from calculator.lines import Line
from calculator.mark import UNPRICED, Mark
from calculator.parts import Held, Part, part_of
from calculator.positions import position, unpriced_reason
from realtime.domain.account import AccountId
from realtime.domain.asset_class import AssetClass
from realtime.domain.price import PriceSource
from realtime.domain.value import Contribution, Position, StaleReason
from tests.unit.calculator.worlds import instrument, live_mark, told
from tests.unit.calculator.worlds import line as line_of

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
MARK = live_mark("2.05", "2.00", NOON)
OPTION = instrument(3, AssetClass.OPTION)
FIRST, SECOND = AccountId("plaid_1"), AccountId("plaid_2")


def line(account: AccountId, contracts: str, cost: str | None) -> Line:
    return line_of(account, contracts, cost, multiplier=100)


def of_account(contracts: str, cost: str | None, mark: Mark = MARK, rate: Decimal | None = SAME) -> Position:
    held = Held.of((line(FIRST, contracts, cost),))
    return position(OPTION, held, part_of(held, mark, rate), "Tartan", FIRST)


def test_position_of_an_account() -> None:
    """Ensure an option's position is in contracts, its amounts include the multiplier, its average cost does not."""
    row = of_account("-3", "-900")
    assert told(row.quantity, row.multiplier, row.price) == (-3, 100, Decimal("2.05"))
    assert told(row.market_value, row.cost_basis, row.average_cost) == (-615, -900, 3)
    assert told(row.unrealized_gain, row.unrealized_gain_pct) == (285, Decimal("31.6667"))
    assert told(row.day_change, row.day_change_pct) == (-15, Decimal("-2.5"))
    assert told(row.price_source, row.price_time, row.stale, row.previous_close) == (PriceSource.TRADE, NOON, False, 2)
    assert told(row.institution, row.account, row.contributions, row.unpriced_reason) == ("Tartan", FIRST, (), None)


def test_position_of_a_portfolio_names_its_contributions() -> None:
    """Ensure an aggregated position says whose it is, and has no cost where one account's is unknown."""
    held = Held.of((line(FIRST, "1", "100"), line(SECOND, "2", None)))
    row = position(OPTION, held, part_of(held, MARK, Decimal("0.5")), None, None)
    assert row.contributions == (
        Contribution(FIRST, "Tartan", Decimal(1), Decimal("102.50")),
        Contribution(SECOND, "Tartan", Decimal(2), Decimal("205.00")),
    )
    assert told(row.quantity, row.market_value, row.fx_rate) == (3, Decimal("307.50"), Decimal("0.5"))
    assert told(row.cost_basis, row.average_cost, row.unrealized_gain, row.unrealized_gain_pct) == (
        None,
        None,
        None,
        None,
    )
    assert told(row.institution, row.account) == (None, None)


def test_unpriced_position_says_why() -> None:
    """Ensure a missing price and a missing rate are told apart, and contributions are unknown then too."""
    unpriced = UNPRICED
    assert of_account("1", None, unpriced).unpriced_reason == "no_price"
    assert of_account("1", None, rate=None).unpriced_reason == "no_fx_rate"
    assert of_account("1", None, unpriced, None).unpriced_reason == "no_price"
    held = Held.of((line(FIRST, "1", "5"),))
    row = position(OPTION, held, part_of(held, MARK, None), None, None)
    assert row.contributions[0].market_value is None
    assert told(row.market_value, row.cost_basis, row.average_cost, row.day_change) == (None, None, None, None)


def test_empty_position_has_no_percentages() -> None:
    """Ensure nothing is divided by zero."""
    row = of_account("0", "0")
    assert told(row.market_value, row.unrealized_gain_pct, row.day_change_pct, row.average_cost) == (
        0,
        None,
        None,
        None,
    )


def test_reason_of_a_priced_part_is_none() -> None:
    """Ensure a priced part has no reason."""
    assert unpriced_reason(Part(None, None, None, None, None, (None, None, None, None), MARK, SAME)) is None


def test_changes_by_session_and_why_the_others_are_unknown() -> None:
    """Ensure in the regular session the day's change is the regular one, and every other has its reason."""
    mark = MARK._replace(reasons={"extended": "regular_session", "round_the_clock": "has_sessions"})
    row = of_account("1", None, mark)
    assert told(row.day_change, row.changes.regular, row.changes.extended) == (5, 5, None)
    assert row.change_reasons == mark.reasons


def test_unknown_trades_are_told_and_a_known_change_has_no_reason() -> None:
    """Ensure a change that may hold a cash flow says so."""
    held = Held.of((line_of(FIRST, "1", bought="1", paid="2", trades_known=False),))
    mark = live_mark("3", None)._replace(reasons={"day": "no_previous_close", "regular": "no_previous_close"})
    row = position(OPTION, held, part_of(held, mark, SAME), "Tartan", FIRST)
    assert told(row.day_change, row.change_reasons) == (1, {"day": "trades_unknown"})


def test_stale_reason_is_the_price_before_the_rate() -> None:
    """Ensure a stale position says why."""
    held, since = Held.of((line(FIRST, "1", None),)), NOON - timedelta(hours=2)
    for stale, told_as in ((None, StaleReason.OLD_FX_RATE), (StaleReason.HALTED, StaleReason.HALTED)):
        row = position(OPTION, held, part_of(held, MARK._replace(stale=stale), SAME, since), "Tartan", FIRST)
        assert (row.stale, row.stale_reason) == (True, told_as)
