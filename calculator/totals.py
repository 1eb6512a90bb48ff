"""Exact running sums over a subject's parts: a part that changes replaces its old self (pure).

Sums of decimals in `exact_arithmetic()` lose no digit, so that they never drift.
"""

from datetime import datetime

from calculator.marks import Mark
from calculator.parts import ZERO, Held, Part


class Totals:
    """Sums over the parts of a subject, unrounded, in its currency; `*_count` says how many parts went in.

    Attributes:
        market_value, cash: Values of the parts that are not cash, and that are.
        gain_cost: Cost of the parts that went into `gain`.
        gross, live, estimated: Values without signs: all, with a live mark that is not stale, with an estimated mark.
        stale_times: Time of each stale mark, by column.
    """

    __slots__ = (
        "cash",
        "change",
        "change_count",
        "cost",
        "cost_count",
        "estimated",
        "gain",
        "gain_cost",
        "gain_count",
        "gross",
        "live",
        "market_value",
        "parts_count",
        "stale_times",
        "uncosted_count",
        "unpriced_count",
    )

    def __init__(self) -> None:
        self.market_value = self.cash = self.cost = self.gain = self.gain_cost = self.change = ZERO
        self.gross = self.live = self.estimated = ZERO
        self.cost_count = self.gain_count = self.change_count = 0
        self.parts_count = self.unpriced_count = self.uncosted_count = 0
        self.stale_times: dict[int, datetime] = {}

    def add(self, column: int, held: Held, part: Part) -> None:
        """Take in a part that was not in."""
        self.parts_count += 1
        self._put(column, held, part, 1)

    def replace(self, column: int, held: Held, old: Part, new: Part) -> None:
        """Take in a part in the place of its old self."""
        if not self._moved_alone(held, old, new):
            self._put(column, held, _negative(old), -1)
            self._put(column, held, new, 1)

    def _moved_alone(self, held: Held, old: Part, new: Part) -> bool:
        """Take in the differences where a live price moved and nothing else did; return whether that was so."""
        if (
            not (old.mark.live and new.mark.live)
            or old.rate is not new.rate
            or old.value is None
            or new.value is None
            or old.gross is None
            or new.gross is None
            or held.is_cash
        ):
            return False
        if old.change is None or new.change is None:
            if old.change is not new.change:
                return False
        else:
            self.change += new.change - old.change
        if old.gain is not None and new.gain is not None:
            self.gain += new.gain - old.gain
        gross = new.gross - old.gross
        self.market_value += new.value - old.value
        self.gross += gross
        self.live += gross
        return True

    def _put(self, column: int, held: Held, part: Part, count: int) -> None:
        if part.mark.stale:
            self._put_stale(column, part.mark, count)
        if part.value is None:
            self.unpriced_count += count
        if not held.is_cash:
            self._put_cost(held, part, count)
            self._put_value(part, count)
        elif part.value is not None:
            self.cash += part.value

    def _put_cost(self, held: Held, part: Part, count: int) -> None:
        if part.cost is None or not held.fully_costed:
            self.uncosted_count += count
        if part.cost is not None:
            self.cost += part.cost
            self.cost_count += count
            if part.gain is not None:
                self.gain += part.gain
                self.gain_cost += part.cost
                self.gain_count += count

    def _put_value(self, part: Part, count: int) -> None:
        if part.value is None or part.gross is None:
            return
        self.market_value += part.value
        self.gross += part.gross
        if part.mark.live:
            self.live += part.gross
        if part.mark.estimated:
            self.estimated += part.gross
        if part.change is not None:
            self.change += part.change
            self.change_count += count

    def _put_stale(self, column: int, mark: Mark, count: int) -> None:
        if count < 0:
            del self.stale_times[column]
        elif mark.time is not None:
            self.stale_times[column] = mark.time


def _negative(part: Part) -> Part:
    value, gross, cost, gain, change, mark, rate = part
    return Part(
        None if value is None else -value,
        None if gross is None else -gross,
        None if cost is None else -cost,
        None if gain is None else -gain,
        None if change is None else -change,
        mark,
        rate,
    )
