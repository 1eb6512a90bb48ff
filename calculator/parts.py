"""Lines, and what one instrument adds to a subject's figures, in exact decimal arithmetic (pure).

Call these functions within `exact_arithmetic()`.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple

from calculator.fx import SAME
from calculator.marks import Mark
from realtime.domain.account import AccountId

ZERO = Decimal(0)
_UNIT_PRICE = Decimal("0.00000001")
_EXACT = Context(prec=150, rounding=ROUND_HALF_EVEN)


def exact_arithmetic() -> AbstractContextManager[Context]:
    """Return the context in which sums and products of prices, quantities and rates lose no digit."""
    return localcontext(_EXACT)


def in_currency(amount: Decimal, rate: Decimal) -> Decimal:
    """Return an amount at a rate."""
    return amount if rate is SAME else amount * rate


@dataclass(frozen=True, slots=True)
class Line:
    """One account's holding of one instrument; `units` is quantity times multiplier; cash has no cost."""

    account: AccountId
    institution: str
    quantity: Decimal
    units: Decimal
    cost: Decimal | None


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """One instrument in a subject: its lines, ordered by account, and their sums in the instrument's currency.

    Attributes:
        gross_units: Sum of the lines' units without their signs.
        cost: Of the lines whose cost is known; None when none is.
        costed_units: Of those lines.
        fully_costed: Whether every line's cost is known.
        average_cost: Cost per unit, to compare with the price; None unless fully costed, and for an empty position.
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

    @classmethod
    def of(cls, lines: tuple[Line, ...], *, is_cash: bool) -> "Held":
        """Add lines up."""
        units = _sum(line.units for line in lines)
        costs = [line.cost for line in lines if line.cost is not None]
        cost = _sum(costs) if costs else None
        fully_costed = len(costs) == len(lines)
        return cls(
            lines=lines,
            is_cash=is_cash,
            quantity=_sum(line.quantity for line in lines),
            units=units,
            gross_units=_sum(abs(line.units) for line in lines),
            cost=cost,
            costed_units=_sum(line.units for line in lines if line.cost is not None),
            fully_costed=fully_costed,
            average_cost=(cost / units).quantize(_UNIT_PRICE) if fully_costed and cost is not None and units else None,
        )


class Part(NamedTuple):
    """What one instrument adds to a subject's figures, unrounded, in the subject's currency; None when unknown.

    Attributes:
        value: Of all lines.
        gross: The lines' values without their signs.
        cost: Of the lines whose cost is known.
        gain: Value less cost over those lines.
        change: Value less value at the previous close.
        mark: What it is valued at.
        rate: Units of the subject's currency per unit of the instrument's.
    """

    value: Decimal | None
    gross: Decimal | None
    cost: Decimal | None
    gain: Decimal | None
    change: Decimal | None
    mark: Mark
    rate: Decimal | None


def part_of(held: Held, mark: Mark, rate: Decimal | None) -> Part:
    """Value one instrument of a subject."""
    if rate is None:
        return Part(None, None, None, None, None, mark, rate)
    cost = None if held.cost is None else in_currency(held.cost, rate)
    price = mark.price
    if price is None:
        return Part(None, None, cost, None, None, mark, rate)
    value = in_currency(held.units * price, rate)
    one_line = len(held.lines) == 1
    gain = None
    if cost is not None:
        gain = (value if one_line else in_currency(held.costed_units * price, rate)) - cost
    return Part(
        value,
        abs(value) if one_line else abs(in_currency(held.gross_units * price, rate)),
        cost,
        gain,
        None if mark.previous_close is None else value - in_currency(held.units * mark.previous_close, rate),
        mark,
        rate,
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
