"""Amounts of one subject in exact decimal arithmetic (pure). Call these functions within `exact_arithmetic()`."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from calculator.marks import Mark, Marks
from calculator.subjects import Line, Subject
from realtime.domain.asset_class import AssetClass
from realtime.domain.money import PCT, percent, to_cents
from realtime.domain.price import LIVE_SOURCES
from realtime.domain.value import Figures

ZERO = Decimal(0)
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)


def exact_arithmetic() -> AbstractContextManager[Context]:
    """Return the context in which sums and products of prices, quantities and rates lose no digit."""
    return localcontext(_EXACT)


def cents(amount: Decimal | None) -> Decimal | None:
    """Round to cents; unknown stays unknown, and there is no minus zero."""
    return None if amount is None else to_cents(amount) + ZERO


@dataclass(slots=True)
class _Totals:
    """Sums over a subject's lines, unrounded; `*_count` says how many lines went in."""

    market_value: Decimal = ZERO
    cash: Decimal = ZERO
    cost: Decimal = ZERO
    cost_count: int = 0
    gain: Decimal = ZERO
    gain_cost: Decimal = ZERO
    gain_count: int = 0
    change: Decimal = ZERO
    change_count: int = 0
    gross: Decimal = ZERO
    live: Decimal = ZERO
    estimated: Decimal = ZERO

    def add(self, line: Line, mark: Mark, rate: Decimal) -> None:
        """Take in a line other than cash."""
        cost = None if line.cost is None else line.cost * rate
        if cost is not None:
            self.cost += cost
            self.cost_count += 1
        if mark.price is None:
            return
        value = line.units * mark.price * rate
        self.market_value += value
        if cost is not None:
            self.gain += value - cost
            self.gain_cost += cost
            self.gain_count += 1
        if mark.previous_close is not None:
            self.change += value - line.units * mark.previous_close * rate
            self.change_count += 1
        self.gross += abs(value)
        if mark.source not in LIVE_SOURCES:
            self.estimated += abs(value)
        elif not mark.stale:
            self.live += abs(value)


def exact_figures(figures: Figures, subject: Subject, marks: Marks) -> Figures:
    """Return the subject's figures with amounts and ratios from exact sums, rounded once, at the end."""
    totals = _Totals()
    for column, lines in subject.lines.items():
        instrument, mark = marks.instruments[column], marks.marks[column]
        rate = marks.rates.rate(instrument.currency, subject.currency)
        if rate is None:
            continue
        for line in lines:
            if instrument.asset_class is AssetClass.CASH:
                totals.cash += line.units * rate
            else:
                totals.add(line, mark, rate)
    total_value = totals.market_value + totals.cash
    gain = totals.gain if totals.gain_count else None
    change = totals.change if totals.change_count else None
    return replace(
        figures,
        market_value=to_cents(totals.market_value) + ZERO,
        cash=to_cents(totals.cash) + ZERO,
        total_value=to_cents(total_value) + ZERO,
        cost_basis=cents(totals.cost if totals.cost_count else None),
        unrealized_gain=cents(gain),
        unrealized_gain_pct=None if gain is None else percent(gain, totals.gain_cost),
        day_change=cents(change),
        day_change_pct=None if change is None else percent(change, total_value - change),
        live_coverage=(totals.live / totals.gross).quantize(PCT) if totals.gross else None,
        estimated_value=to_cents(totals.estimated),
    )
