"""Lines together, and what one instrument adds to a subject's figures, in exact decimal arithmetic (pure).

Call these functions within `exact_arithmetic()`.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple

from calculator.change_reasons import Session
from calculator.fx import SAME
from calculator.lines import Line
from calculator.mark import Mark
from realtime.domain.value import Covered

ZERO = Decimal(0)
_UNIT_PRICE = Decimal("0.00000001")
_BEYOND_PRICE = Mark._fields.index("stale")
_EXACT = Context(prec=150, rounding=ROUND_HALF_EVEN)


def exact_arithmetic() -> AbstractContextManager[Context]:
    """Return the context in which sums and products of prices, quantities and rates lose no digit."""
    return localcontext(_EXACT)


def in_currency(amount: Decimal, rate: Decimal) -> Decimal:
    """Return an amount at a rate."""
    return amount if rate is SAME else amount * rate


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """One instrument in a subject: its lines, ordered by account, and their sums in the instrument's currency.

    Attributes:
        gross_units: Sum of the lines' units without their signs.
        cost: Of the lines whose cost is known; None when none is.
        costed_units: Of those lines.
        fully_costed: Whether every line's cost is known.
        average_cost: Cost per unit, to compare with the price; None unless fully costed, and for an empty position.
        had_units: Whether any line had units at the previous close.
        is_gone: Sold out today: it counts in the changes, and is no position any more.
        split_pending: Of the first line that has one.
    """

    lines: tuple[Line, ...]
    is_cash: bool
    quantity: Decimal
    units: Decimal
    gross_units: Decimal
    cost: Decimal | None
    costed_units: Decimal
    fully_costed: bool
    average_cost: Decimal | None
    opening_units: Decimal
    had_units: bool
    paid: Decimal
    trades_known: bool
    is_gone: bool
    split_pending: Decimal | None

    @classmethod
    def of(cls, lines: tuple[Line, ...]) -> "Held":
        """Add lines up; those sold out today show only while another one is left."""
        everything, lines = lines, tuple(line for line in lines if not line.is_sold_out)
        units = _sum(line.units for line in lines)
        costs = [line.cost for line in lines if line.cost is not None]
        cost = _sum(costs) if costs else None
        fully_costed = len(costs) == len(lines)
        return cls(
            lines=lines,
            is_cash=everything[0].is_cash,
            quantity=_sum(line.quantity for line in lines),
            units=units,
            gross_units=_sum(abs(line.units) for line in lines),
            cost=cost,
            costed_units=_sum(line.units for line in lines if line.cost is not None),
            fully_costed=fully_costed,
            average_cost=(cost / units).quantize(_UNIT_PRICE) if fully_costed and cost is not None and units else None,
            opening_units=_sum(line.opening_units for line in everything),
            had_units=any(line.opening_units for line in everything),
            paid=_sum(line.paid for line in everything),
            trades_known=all(line.trades_known for line in everything),
            is_gone=not lines,
            split_pending=next((line.split_pending for line in lines if line.split_pending is not None), None),
        )


Changes = tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]
"""By `Session`."""
_NO_CHANGES: Changes = (None, None, None, None)
_CHANGE_IN: tuple[Callable[[Decimal | None], Changes], ...] = (
    lambda change: (change, None, None, None),
    lambda change: (None, change, None, None),
    lambda change: (None, None, change, None),
    lambda change: (None, None, None, change),
)


class Part(NamedTuple):
    """What one instrument adds to a subject's figures, unrounded, in the subject's currency; None when unknown.

    Attributes:
        value: Of all lines.
        gross: The lines' values without their signs.
        cost: Of the lines whose cost is known.
        gain: Value less cost over those lines.
        change: Value less what was held at the previous close was worth then, and less what was paid today.
        changes: The same by market session.
        mark: What it is valued at.
        rate: Units of the subject's currency per unit of the instrument's.
        rate_stale_since: Time of that rate when it is stale.
    """

    value: Decimal | None
    gross: Decimal | None
    cost: Decimal | None
    gain: Decimal | None
    change: Decimal | None
    changes: Changes
    mark: Mark
    rate: Decimal | None
    rate_stale_since: datetime | None = None

    @property
    def covered(self) -> Covered | None:
        """What kind of mark it is valued at; a stale exchange rate makes any stale."""
        covered = self.mark.covered
        return covered if self.rate_stale_since is None or covered is None else Covered.STALE

    @property
    def stale_since(self) -> datetime | None:
        """Time of the older of a stale mark and a stale rate."""
        time, since = self.mark.time if self.mark.stale is not None else None, self.rate_stale_since
        return since if time is None else time if since is None else min(time, since)


def part_of(held: Held, mark: Mark, rate: Decimal | None, rate_stale_since: datetime | None = None) -> Part:
    """Value one instrument of a subject."""
    if rate is None:
        return Part(None, None, None, None, None, _NO_CHANGES, mark, rate)
    cost = None if held.cost is None else in_currency(held.cost, rate)
    price = mark.price
    if price is None:
        change = _since_previous_close(held, mark, ZERO, rate) if held.is_gone else None
        return Part(None, None, cost, None, change, _NO_CHANGES, mark, rate, rate_stale_since)
    value = in_currency(held.units * price, rate)
    one_line = len(held.lines) == 1
    gain = None
    if cost is not None:
        gain = (value if one_line else in_currency(held.costed_units * price, rate)) - cost
    change = None if held.is_cash else _since_previous_close(held, mark, value, rate)
    if mark.day_session is not None:
        changes = _CHANGE_IN[mark.day_session](change)
    else:
        changes = _NO_CHANGES if mark.session_close is None else _after_close(held, mark, value, rate)
    return Part(
        value,
        abs(value) if one_line else abs(in_currency(held.gross_units * price, rate)),
        cost,
        gain,
        change,
        changes,
        mark,
        rate,
        rate_stale_since,
    )


def is_repriced(old: Part, new: Part) -> bool:
    """Return whether a price with its time and source, and what follows from it, is all that differs."""
    return (
        old.mark[_BEYOND_PRICE:] == new.mark[_BEYOND_PRICE:]
        and old.rate == new.rate
        and old.rate_stale_since == new.rate_stale_since
        and (old.value is None) == (new.value is None)
    )


def _since_previous_close(held: Held, mark: Mark, value: Decimal, rate: Decimal) -> Decimal | None:
    """Return a value's change since the previous close; what was not held then needs none."""
    base = mark.base
    if base is not None:
        before = held.opening_units * base + held.paid if held.paid else held.opening_units * base
    elif held.had_units:
        return None
    else:
        before = held.paid
    return value - in_currency(before, rate)


def _after_close(held: Held, mark: Mark, value: Decimal, rate: Decimal) -> Changes:
    """Return the changes of the regular session that is over and of the hours since."""
    assert mark.session_close is not None
    at_close = in_currency(held.units * mark.session_close, rate)
    late = value - at_close
    return (
        _since_previous_close(held, mark, at_close, rate),
        late if mark.late_session is Session.EXTENDED else None,
        late if mark.late_session is Session.OVERNIGHT else None,
        None,
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
