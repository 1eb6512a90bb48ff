"""Each figure from the sums it is defined by."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from calculator import measures
from calculator.moment import Moment
from calculator.totals import Totals
from realtime.domain.value import Covered, Figures

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
ABOUT_THE_SUBJECT = {"reconciliation", "duplicate_of", "currency", "session", "holdings_as_of"}


def totals(**sums: object) -> Totals:
    made = Totals()
    for name, value in sums.items():
        setattr(made, name, Decimal(value) if isinstance(value, str) else value)
    return made


def test_every_figure_has_its_measure() -> None:
    """Ensure a new figure in value.py is not forgotten here, nor the other way round."""
    wanted = {field.name for field in fields(Figures)} - ABOUT_THE_SUBJECT
    own = {name for name, value in vars(measures).items() if getattr(value, "__module__", "") == measures.__name__}
    assert own - {"cents", "percent", "figures"} == wanted


def test_figures_are_in_their_fields() -> None:
    """Ensure the record is filled by the measures, each in its place."""
    sums = totals(
        market_value="7.125", cash="-3", cost="2", cost_count=1, gain="1", gain_cost="4", gain_count=1, change="0.5",
        change_count=1, gross="8", covered=dict.fromkeys(Covered, Decimal(0)) | {Covered.LIVE: Decimal(8)},
        estimated="3", parts_count=5, no_price_count=1, uncosted_count=2, stale_times={3: NOON}, changeable_count=2,
        session_counts=[1, 0, 0, 0], session_changes=[Decimal("0.5"), *[Decimal(0)] * 3],
    )  # fmt: skip
    moment = Moment.at(NOON)
    figures = measures.figures(sums, "CAD", moment, NOON)
    arguments = {
        "live_coverage": (measures.coverage(sums),), "session_changes": (sums, moment),
    }  # fmt: skip
    measured = {name for name in Figures.__slots__ if name not in ABOUT_THE_SUBJECT}
    assert {name: getattr(figures, name) for name in measured} == {
        name: getattr(measures, name)(*arguments.get(name, (sums,))) for name in measured
    }
    assert (figures.currency, figures.session, figures.holdings_as_of) == ("CAD", "regular", NOON)


@pytest.mark.parametrize(("amount", "cents"), [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12")])
def test_ties_round_to_even(amount: str, cents: str) -> None:
    """Ensure the exact middle between two cents goes to the even one."""
    assert measures.cents(Decimal(amount)) == Decimal(cents)


def test_there_is_no_minus_zero() -> None:
    """Ensure a loss of less than half a cent is shown as 0.00."""
    assert str(measures.cents(Decimal("-0.001"))) == "0.00"
    assert str(measures.percent(Decimal("-0.0000001"), Decimal(100))) == "0.0000"


def test_total_is_added_before_it_is_rounded() -> None:
    """Ensure 0.004 and 0.004 are a cent together."""
    assert measures.total_value(totals(market_value="0.004", cash="0.004")) == Decimal("0.01")


def test_unknown_is_none_and_known_zero_is_zero() -> None:
    """Ensure the sum of nothing is unknown, and a sum that is zero is zero."""
    nothing = totals()
    for measure in (measures.cost_basis, measures.unrealized_gain, measures.day_change):
        assert measure(nothing) is None
    for share in (measures.unrealized_gain_pct, measures.day_change_pct):
        assert share(nothing) is None
    assert measures.live_coverage(measures.coverage(nothing)) is None
    assert measures.day_change(totals(change_count=2)) == 0
    assert measures.market_value(nothing) == 0


def test_percentages() -> None:
    """Ensure gain is in percent of its cost, and change in percent of what the whole was worth before."""
    assert measures.unrealized_gain_pct(totals(gain="5", gain_cost="40", gain_count=1)) == Decimal("12.5")
    assert measures.unrealized_gain_pct(totals(gain="5", gain_cost="-40", gain_count=1)) is None
    day = totals(change="10", change_count=1, market_value="90", cash="20")
    assert measures.day_change_pct(day) == 10
    assert measures.day_change_pct(totals(change="10", change_count=1, market_value="10")) is None


def test_coverage_and_staleness() -> None:
    """Ensure shares of thirds add up to 1 all the same, and the oldest stale mark is told."""
    third = dict.fromkeys(Covered, Decimal(0)) | dict.fromkeys(
        [Covered.LIVE, Covered.EXTENDED, Covered.NAV], Decimal(1)
    )
    coverage = measures.coverage(totals(gross="3", covered=third, no_fx_rate_count=2))
    shares = [Decimal(text) for text in ("0.3333", "0.3334", "0", "0.3333", "0", "0")]
    assert list(coverage) == [*shares, 0, 2, None]
    assert sum(shares) == 1
    assert measures.live_coverage(coverage) == Decimal("0.6667")
    assert measures.coverage(totals(no_price_count=1)).reason == "no_market_value"
    stale = totals(stale_times={1: NOON, 2: NOON - timedelta(hours=1)})
    assert measures.stale_since(stale) == NOON - timedelta(hours=1)
    assert measures.stale_count(stale) == 2
    assert measures.stale_since(totals()) is None


def test_day_change_says_what_it_lacks() -> None:
    """Ensure a sum over some positions, or over unknown trades, does not pass for the whole."""
    assert measures.day_change_reason(totals(changeable_count=2)) == "no_previous_close"
    assert measures.day_change_reason(totals(changeable_count=2, change_count=1)) == "partial"
    known = totals(changeable_count=2, change_count=2, trades_unknown_count=1)
    assert measures.day_change_reason(known) == "trades_unknown"
    assert measures.day_change_reason(totals(changeable_count=2, change_count=2)) is None


@pytest.mark.parametrize(
    ("at", "known", "expected"),
    [
        ("12:00", (1, 0, 0, 0), [("2.00", "2026-11-19", None), "regular_session", "regular_session"]),
        ("08:00", (0, 1, 0, 0), ["before_open", ("2.00", "2026-11-19", None), "no_overnight_price"]),
        ("18:00", (1, 1, 0, 0), [("2.00", "2026-11-19", None), ("2.00", "2026-11-20", None), "no_overnight_price"]),
        ("21:00", (0, 0, 1, 0), ["no_regular_price", "no_extended_price", ("2.00", "2026-11-20", None)]),
    ],
)
def test_session_changes_have_a_baseline_or_a_reason(
    at: str, known: tuple[int, ...], expected: list[str | tuple[str, str, None]]
) -> None:
    """Ensure each figure stands beside the date of the close that it is measured from, else beside a reason."""
    moment = Moment.at(datetime.fromisoformat(f"2026-11-20T{at}:00-05:00").astimezone(UTC))
    sums = totals(session_counts=list(known), session_changes=[Decimal(2)] * 4)
    changes = list(measures.session_changes(sums, moment))
    assert changes[9:] == [None, None, "no_round_the_clock_price"]
    for first, row in zip((0, 3, 6), expected, strict=True):
        amount, since, reason = changes[first : first + 3]
        if isinstance(row, str):
            assert (amount, since, reason) == (None, None, row)
        else:
            assert (str(amount), str(since), reason) == row


def test_round_the_clock_change_is_from_the_oldest_midnight() -> None:
    """Ensure the date that is told is never younger than a baseline in the sum."""
    sums = totals(
        session_counts=[0, 0, 0, 2], session_changes=[Decimal(3)] * 4,
        midnights={1: date(2026, 11, 19), 2: date(2026, 11, 18)},
    )  # fmt: skip
    changes = measures.session_changes(sums, Moment.at(NOON))
    assert changes[9:] == (Decimal("3.00"), date(2026, 11, 18), None)
