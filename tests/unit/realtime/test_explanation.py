"""A value opened into lines."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from realtime.contract.messages import Revision, SubjectState
from realtime.contract.shapes import figures_data, position_data
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.money import to_cents
from realtime.domain.price import PriceSource
from realtime.domain.reconciliation import DriftCause, Reconciliation
from realtime.domain.value import Position
from realtime.explain_now import view
from realtime.explanation import ADDED_UP, Explanation, Omission, age_s, explain, explanation_data
from tests.support.exact import Valuation
from tests.unit.broadcaster.builders import AS_OF, figures_of, position_of
from tests.unit.calculator.worlds import Mirror, holdings_of_user, nows, prices, provider_marks

ADA = UserId("ada")
REVISION = Revision(7, 3)


def explained(valuation: Valuation, account: AccountId | None) -> Explanation:
    return explain(SubjectState(REVISION, AS_OF, valuation.figures, valuation.positions), account, {}, live=True)


@given(st.data())
def test_lines_add_up_to_the_totals(data: st.DataObject) -> None:
    """To the cent: lines, what no line shows, and rounding of half a cent for each line at most."""
    mirror = Mirror.at(data.draw(nows))
    mirror.users[ADA] = data.draw(holdings_of_user(ADA))
    mirror.prices = {price.instrument_id: price for price in data.draw(st.lists(prices(), max_size=12))}
    mirror.provider = data.draw(provider_marks)
    for (_, account), valuation in mirror.exact().items():
        explanation = explained(valuation, account)
        for name in ADDED_UP:
            total = getattr(valuation.figures, name)
            parts = [getattr(part, name) for part in (explanation.not_in_lines, explanation.rounding)]
            if total is None:
                assert parts == [None, None]
                continue
            assert (getattr(explanation.sums, name) or 0) + sum(parts) == total
            assert abs(parts[1]) <= (len(explanation.lines) + 1) * Decimal("0.005")
            # What was sold out today changed the account's day and is in no line.
            assert account is None or parts[0] == 0 or name == "day_change"


@given(st.data())
def test_each_value_is_the_product_of_what_is_shown(data: st.DataObject) -> None:
    """Quantity, multiplier, price and FX rate give the market value to the cent; or the line says what is missing."""
    mirror = Mirror.at(data.draw(nows))
    mirror.users[ADA] = data.draw(holdings_of_user(ADA))
    mirror.prices = {price.instrument_id: price for price in data.draw(st.lists(prices(), max_size=12))}
    for (_, account), valuation in mirror.exact().items():
        for line in explained(valuation, account).lines:
            left_out = {omission.total: omission.reason for omission in line.omissions}
            if line.product is None:
                assert line.position.market_value is None
                assert left_out["total_value"] == line.position.unpriced_reason
            else:
                assert to_cents(line.product) == line.position.market_value
                assert "total_value" not in left_out
            if line.position.asset_class is not AssetClass.CASH:
                assert ("day_change" in left_out) == (line.position.day_change is None)
                assert ("unrealized_gain" in left_out) == (line.position.unrealized_gain is None)


def with_rows(*rows: Position, total: str) -> Explanation:
    figures = figures_of(total, len(rows))
    return explained(Valuation(figures, {row.instrument: row for row in rows}), AccountId("plaid_1"))


def test_rounding_is_a_line_of_its_own() -> None:
    """Three times a third of a cent is a cent that no line shows."""
    rows = [position_of(name, "0.33") for name in "abc"]
    explanation = with_rows(*rows, total="1.00")
    assert explanation.sums.market_value == Decimal("0.99")
    assert explanation.rounding.market_value == Decimal("0.01")
    assert explanation.not_in_lines.market_value == 0


def test_more_than_rounding_is_not_called_rounding() -> None:
    """What cannot come from rounding is said to be in no line."""
    explanation = with_rows(position_of("a", "0.33"), total="5.00")
    assert explanation.not_in_lines.market_value == Decimal("4.67")
    assert explanation.rounding.market_value == 0


def test_a_line_says_where_its_price_comes_from() -> None:
    """Age in market seconds at the valuation, session of the price, and why it is left out of totals."""
    row = position_of("a", "10.00")
    row.price_time = AS_OF.replace(hour=13, minute=0)
    row.price_source = PriceSource.TRADE
    [line] = with_rows(row, total="10.00").lines
    assert line.price_age_s == 9000
    assert line.price_session == "pre"
    assert Omission("cost_basis", "no_cost_basis") in line.omissions


def test_a_moment_of_another_clock_has_no_age() -> None:
    """A replayed market is not at the providers' time; an exchange may be a moment ahead of us."""
    assert age_s(AS_OF + timedelta(hours=1), AS_OF) is None
    assert age_s(AS_OF + timedelta(seconds=1), AS_OF) == 0
    assert age_s(AS_OF - timedelta(milliseconds=1500), AS_OF) == Decimal("1.5")
    assert age_s(None, AS_OF) is None


def test_the_largest_come_first() -> None:
    """Shorts by their size, the unpriced last."""
    unpriced = position_of("none", "1.00")
    unpriced.market_value, unpriced.price, unpriced.unpriced_reason = None, None, "no_price"
    rows = [unpriced, position_of("small", "1.00"), position_of("short", "-50.00"), position_of("big", "20.00")]
    lines = with_rows(*rows, total="-29.00").lines
    assert [line.position.instrument for line in lines] == ["short", "big", "small", "none"]


def test_figures_and_positions_are_as_on_the_websocket() -> None:
    """The same fields in the same shape, also those that are added later."""
    row = position_of("a", "10.00")
    answer = explanation_data(with_rows(row, total="10.00"))
    assert answer["figures"] == figures_data(figures_of("10.00", 1))
    assert answer["lines"][0]["position"] == position_data(row, of_account=True)


@pytest.mark.parametrize("width", [80, 200])
def test_in_the_terminal(width: int) -> None:
    """Lines, sums, rounding and totals, no amount cut off in a narrow one; unknown is a dash, never 0."""
    unpriced = position_of("none", "1.00")
    unpriced.market_value, unpriced.price, unpriced.unpriced_reason = None, None, "no_price"
    large = position_of("large", "-123456.78")
    page = StringIO()
    Console(file=page, width=width).print(
        view(with_rows(position_of("a", "0.33"), large, unpriced, total="-123456.44"))
    )
    text = page.getvalue()
    assert "-123,456.78" in text
    assert "-123,456.44" in text
    assert "rounding" in text
    assert "—" in text
    words = "".join(text.replace("│", " ").split())
    assert "revision7-3" in words
    if width == 200:
        assert "not in total_value: no_price" in text
        assert " * " in text
        assert "trade, regular, 0.0 s old" in text


def test_what_is_known_of_an_account_as_a_whole_is_said() -> None:
    """Ensure that the terminal tells of an account that does not count, and of one whose totals differ."""
    found = Reconciliation(
        "USD", Decimal("115.00"), Decimal("100.00"), Decimal("15.00"), DriftCause.CASH_TWICE, marked=True, since=AS_OF
    )
    figures = replace(figures_of("115.00", 1), reconciliation=found, duplicate_of=AccountId("snaptrade_1"))
    page = StringIO()
    Console(file=page, width=300).print(
        view(explain(SubjectState(REVISION, AS_OF, figures, {}), AccountId("plaid_1"), {}, live=True))
    )
    assert "the same account as snaptrade_1, which counts" in page.getvalue()
    assert "worth 115.00 USD, and the provider reports 100.00: 15.00 apart, likely cause cash_twice" in page.getvalue()
