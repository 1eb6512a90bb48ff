"""What one instrument adds to a subject's figures."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from calculator.change_reasons import Session
from calculator.fx import SAME
from calculator.lines import Line
from calculator.mark import UNPRICED
from calculator.parts import Held, exact_arithmetic, part_of
from realtime.domain.value import Covered, MarketFacts
from tests.unit.calculator.worlds import OPEN, live_mark, told
from tests.unit.calculator.worlds import line as line_of

MARK = live_mark("110", "100")


def line(units: str, cost: str | None = None, bought: str = "0", paid: str = "0") -> Line:
    return line_of("plaid_a", units, cost, bought=bought, paid=paid)


def held(*lines: Line) -> Held:
    return Held.of(lines)


def test_a_priced_part_has_value_gain_and_change() -> None:
    """Ensure each amount follows its definition."""
    part = part_of(held(line("2", "150")), MARK, SAME)
    assert told(part.value, part.gross, part.cost, part.gain, part.change) == (220, 220, 150, 70, 20)


def test_a_short_gains_when_the_price_falls() -> None:
    """Ensure a short's value and cost are negative, and its gross value is not."""
    part = part_of(held(line("-2", "-300")), MARK, SAME)
    assert told(part.value, part.gross, part.cost, part.gain, part.change) == (-220, 220, -300, 80, -20)


def test_everything_is_converted_at_the_rate() -> None:
    """Ensure cost and previous value are converted at today's rate, as value is."""
    part = part_of(held(line("2", "150")), MARK, Decimal("0.5"))
    assert told(part.value, part.cost, part.gain, part.change) == (110, 75, 35, 10)


def test_without_a_price_only_the_cost_is_known() -> None:
    """Ensure an unpriced part has no value, and above all not zero."""
    part = part_of(held(line("2", "150")), UNPRICED, SAME)
    assert told(part.value, part.gross, part.cost, part.gain, part.change) == (None, None, 150, None, None)


def test_without_a_rate_nothing_is_known() -> None:
    """Ensure an unknown rate is not taken for 1."""
    part = part_of(held(line("2", "150")), MARK, None)
    assert told(part.value, part.gross, part.cost, part.gain, part.change) == (None, None, None, None, None)


def test_gain_is_over_the_lines_with_a_cost() -> None:
    """Ensure an account without cost basis does not turn its whole value into gain."""
    part = part_of(held(line("2", "150"), line("5")), MARK, SAME)
    assert told(part.value, part.cost, part.gain) == (770, 150, 70)


def test_gross_value_does_not_net_accounts() -> None:
    """Ensure long here and short there are two exposures, not none."""
    part = part_of(held(line("3"), line("-3")), MARK, SAME)
    assert told(part.value, part.gross) == (0, 660)


def test_average_cost_needs_every_cost_and_a_position() -> None:
    """Ensure cost per unit is unknown where a part of the cost is, and for an empty position."""
    assert held(line("4", "10")).average_cost == Decimal("2.5")
    assert held(line("4", "10"), line("1")).average_cost is None
    assert held(line("4", "10"), line("-4", "-10")).average_cost is None


def test_no_digit_is_lost() -> None:
    """Ensure eighteen decimals of a coin times a price keep every digit, however large the sum they go into."""
    with exact_arithmetic():
        part = part_of(held(line("0.123456789012345678")), MARK, Decimal("1.234567890123456"))
        assert part.value is not None
        total = part.value + Decimal(10) ** 15
        assert total - Decimal(10) ** 15 == part.value
        assert part.value == Decimal("0.123456789012345678") * 110 * Decimal("1.234567890123456")


def test_a_purchase_of_the_day_counts_from_its_own_price() -> None:
    """Ensure 2 of 5 shares, bought today at 108, gain 2 each and the others 10: a purchase is no gain."""
    part = part_of(held(line("5", bought="2", paid="216")), MARK, SAME)
    assert told(part.change, part.changes) == (34, (34, None, None, None))


def test_a_sale_of_the_day_counts_until_its_own_price() -> None:
    """Ensure a share sold at 104 has gained 4, though it is there no longer."""
    part = part_of(held(line("1", bought="-1", paid="-104")), MARK, SAME)
    assert part.change == 14


def test_what_was_opened_today_needs_no_previous_close() -> None:
    """Ensure a new listing bought today has a change, and one held before has none while its close is unknown."""
    mark = live_mark("110", None)
    assert part_of(held(line("2", bought="2", paid="210")), mark, SAME).change == 10
    assert part_of(held(line("2")), mark, SAME).change is None


def test_what_was_sold_out_today_changes_the_day_and_is_worth_nothing() -> None:
    """Ensure the last sale of a position is no loss of its whole value."""
    gone = Held.of((replace(line("0", bought="-3", paid="-315"), is_sold_out=True),))
    part = part_of(gone, MARK, SAME)
    assert told(gone.is_gone, part.value, part.change) == (True, 0, 15)


def test_dividend_of_the_day_is_income() -> None:
    """Ensure a fall by the dividend is no loss to whoever held before; what was bought without it falls."""
    mark = live_mark("98", "100")._replace(base=Decimal(98), facts=MarketFacts(dividend=Decimal(2)))
    assert part_of(held(line("5")), mark, SAME).change == 0
    assert part_of(held(line("5", bought="5", paid="495")), mark, SAME).change == -5
    assert part_of(held(line("-5")), mark, SAME).change == 0


def test_after_the_close_the_day_is_two_changes() -> None:
    """Ensure the regular change ends at the official close and the extended one begins there."""
    mark = live_mark("110", "100")._replace(
        session_close=Decimal(107), day_session=None, late_session=Session.EXTENDED, covered=Covered.EXTENDED
    )
    part = part_of(held(line("2", bought="1", paid="105")), mark, SAME)
    assert told(part.change, part.changes) == (15, (9, 6, None, None))


def test_a_stale_rate_makes_a_part_stale() -> None:
    """Ensure a fresh price at an old rate is not called live."""
    since = OPEN - timedelta(hours=2)
    part = part_of(held(line("2")), MARK, Decimal("0.5"), since)
    assert told(part.covered, part.stale_since) == (Covered.STALE, since)


def test_the_night_is_not_the_evening() -> None:
    """Ensure a price made overnight makes an overnight change and no extended one."""
    mark = live_mark("110", "100")._replace(
        session_close=Decimal(107), day_session=None, late_session=Session.OVERNIGHT, covered=Covered.EXTENDED
    )
    assert told(*part_of(held(line("2")), mark, SAME).changes) == (14, None, 6, None)
