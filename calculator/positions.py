"""Positions, in exact decimal arithmetic (pure). Call these functions within `exact_arithmetic()`."""

from decimal import Decimal
from typing import NamedTuple

from calculator.exact import ZERO, cents
from calculator.marks import Mark, Marks
from calculator.subjects import Line, Subject
from realtime.domain.money import percent
from realtime.domain.value import Contribution, Position

_UNIT_PRICE = Decimal("0.00000001")


class Amounts(NamedTuple):
    """What some lines are worth together, unrounded, in the subject's currency; None when unknown."""

    value: Decimal | None
    cost: Decimal | None
    gain: Decimal | None
    change: Decimal | None


def position(subject: Subject, column: int, marks: Marks) -> Position:
    """Return the subject's position in one instrument, rounded to cents."""
    instrument, mark, lines = marks.instruments[column], marks.marks[column], subject.lines[column]
    rate = marks.rates.rate(instrument.currency, subject.currency)
    value, cost, gain, change = amounts(lines, mark, rate)
    of_account = subject.account_id is not None
    return Position(
        instrument=instrument.id,
        symbol=instrument.symbol,
        name=instrument.name,
        asset_class=instrument.asset_class,
        quantity=lines[0].quantity if len(lines) == 1 else sum((line.quantity for line in lines), ZERO),
        multiplier=instrument.multiplier,
        price=mark.price,
        price_time=mark.time,
        price_source=mark.source,
        stale=mark.stale,
        previous_close=mark.previous_close,
        previous_close_date=mark.previous_close_date,
        currency=instrument.currency,
        fx_rate=rate,
        market_value=cents(value),
        cost_basis=cents(cost),
        average_cost=None if cost is None else _average_cost(lines),
        unrealized_gain=cents(gain),
        unrealized_gain_pct=None if gain is None or cost is None else percent(gain, abs(cost)),
        day_change=cents(change),
        day_change_pct=None if change is None or value is None else percent(change, abs(value - change)),
        unpriced_reason="no_price" if mark.price is None else "no_fx_rate" if rate is None else None,
        institution=subject.institution,
        account=subject.account_id,
        contributions=() if of_account else tuple(_contribution(line, mark, rate) for line in lines),
    )


def amounts(lines: tuple[Line, ...], mark: Mark, rate: Decimal | None) -> Amounts:
    """Value the lines of one instrument; cost and gain are known only when every line's cost is."""
    if rate is None:
        return Amounts(None, None, None, None)
    units = lines[0].units if len(lines) == 1 else sum((line.units for line in lines), ZERO)
    costs = [line.cost for line in lines if line.cost is not None]
    cost = sum(costs, ZERO) * rate if len(costs) == len(lines) else None
    if mark.price is None:
        return Amounts(None, cost, None, None)
    value = units * mark.price * rate
    return Amounts(
        value=value,
        cost=cost,
        gain=None if cost is None else value - cost,
        change=None if mark.previous_close is None else value - units * mark.previous_close * rate,
    )


def _average_cost(lines: tuple[Line, ...]) -> Decimal | None:
    """Cost per unit in the instrument's currency, to compare with its price; None for an empty position."""
    units = sum((line.units for line in lines), ZERO)
    cost = sum((line.cost for line in lines if line.cost is not None), ZERO)
    return (cost / units).quantize(_UNIT_PRICE) if units else None


def _contribution(line: Line, mark: Mark, rate: Decimal | None) -> Contribution:
    value = None if mark.price is None or rate is None else cents(line.units * mark.price * rate)
    return Contribution(line.account, line.institution, line.quantity, value)
