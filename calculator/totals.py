"""Exact running sums over a subject's parts: a part that changes replaces its old self (pure).

Sums of decimals in `exact_arithmetic()` lose no digit, so that they never drift.
"""

from datetime import date, datetime

from calculator.change_reasons import Session
from calculator.parts import ZERO, Held, Part
from realtime.domain.value import Covered


class Totals:
    """Sums over the parts of a subject, unrounded, in its currency; `*_count` says how many parts went in.

    Attributes:
        market_value, cash: Values of the parts that are not cash, and that are.
        gain_cost: Cost of the parts that went into `gain`.
        gross: Values without signs.
        covered: The same by kind of mark.
        estimated: The same of the estimated marks.
        session_changes, session_counts: By `Session`.
        stale_times: Time of each stale mark or rate, by column.
        midnights: Date of the baseline of each round-the-clock change, by column.
        parts_count: Positions, cash included.
        changeable_count: Parts that may change: without cash, with what was sold out today.
        trades_unknown_count: Parts whose trades of the day are not all known.
    """

    __slots__ = (
        "cash",
        "change",
        "change_count",
        "changeable_count",
        "cost",
        "cost_count",
        "covered",
        "estimated",
        "gain",
        "gain_cost",
        "gain_count",
        "gross",
        "market_value",
        "midnights",
        "no_fx_rate_count",
        "no_price_count",
        "parts_count",
        "session_changes",
        "session_counts",
        "stale_times",
        "trades_unknown_count",
        "uncosted_count",
    )

    def __init__(self) -> None:
        self.market_value = self.cash = self.cost = self.gain = self.gain_cost = self.change = ZERO
        self.gross = self.estimated = ZERO
        self.cost_count = self.gain_count = self.change_count = self.changeable_count = 0
        self.parts_count = self.no_price_count = self.no_fx_rate_count = self.uncosted_count = 0
        self.trades_unknown_count = 0
        self.covered = dict.fromkeys(Covered, ZERO)
        self.session_changes = [ZERO] * len(Session)
        self.session_counts = [0] * len(Session)
        self.stale_times: dict[int, datetime] = {}
        self.midnights: dict[int, date] = {}

    def add(self, column: int, held: Held, part: Part) -> None:
        """Take in a part that was not in."""
        if not held.is_gone:
            self.parts_count += 1
        if not held.is_cash:
            self.changeable_count += 1
            self.trades_unknown_count += not held.trades_known
        self._put(column, held, part, 1)

    def replace(self, column: int, held: Held, old: Part, new: Part, *, repriced: bool) -> None:
        """Take in a part in the place of its old self.

        Args:
            column: Of its instrument.
            held: What is held of it.
            old: As it was taken in.
            new: As it is now.
            repriced: Nothing but its price has moved.
        """
        if not repriced or not self._reprice(held, old, new):
            self._put(column, held, _negative(old), -1)
            self._put(column, held, new, 1)

    def _reprice(self, held: Held, old: Part, new: Part) -> bool:
        """Take in the differences that another price makes; return False when they are more than sums."""
        if (
            old.value is None
            or new.value is None
            or old.gross is None
            or new.gross is None
            or new.stale_since is not None
            or new.mark.covered is None
            or new.mark.estimated is not old.mark.estimated
            or held.is_cash
        ):
            return False
        if old.change is not None and new.change is not None:
            self.change += new.change - old.change
        for session, (before, after) in enumerate(zip(old.changes, new.changes, strict=True)):
            if before is not None and after is not None:
                self.session_changes[session] += after - before
        if old.gain is not None and new.gain is not None:
            self.gain += new.gain - old.gain
        gross = new.gross - old.gross
        self.market_value += new.value - old.value
        self.gross += gross
        self.covered[new.mark.covered] += gross
        if new.mark.estimated:
            self.estimated += gross
        return True

    def _put(self, column: int, held: Held, part: Part, count: int) -> None:
        self._put_changes(column, part, count)
        if held.is_gone:
            return
        self._put_stale(column, part, count)
        if part.value is None:
            if part.mark.price is None:
                self.no_price_count += count
            else:
                self.no_fx_rate_count += count
        if not held.is_cash:
            self._put_cost(held, part, count)
            self._put_value(part)
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

    def _put_value(self, part: Part) -> None:
        if part.value is None or part.gross is None:
            return
        self.market_value += part.value
        self.gross += part.gross
        covered = part.covered
        if covered is not None:
            self.covered[covered] += part.gross
        if part.mark.estimated:
            self.estimated += part.gross

    def _put_changes(self, column: int, part: Part, count: int) -> None:
        if part.change is not None:
            self.change += part.change
            self.change_count += count
        for session, change in enumerate(part.changes):
            if change is not None:
                self.session_changes[session] += change
                self.session_counts[session] += count
        if part.changes[Session.ROUND_THE_CLOCK] is not None and part.mark.previous_close_date is not None:
            if count > 0:
                self.midnights[column] = part.mark.previous_close_date
            else:
                del self.midnights[column]

    def _put_stale(self, column: int, part: Part, count: int) -> None:
        since = part.stale_since
        if since is not None:
            if count < 0:
                del self.stale_times[column]
            else:
                self.stale_times[column] = since


def _negative(part: Part) -> Part:
    value, gross, cost, gain, change, (regular, extended, overnight, round_the_clock), mark, rate, stale_since = part
    return Part(
        None if value is None else -value,
        None if gross is None else -gross,
        None if cost is None else -cost,
        None if gain is None else -gain,
        None if change is None else -change,
        (
            None if regular is None else -regular,
            None if extended is None else -extended,
            None if overnight is None else -overnight,
            None if round_the_clock is None else -round_the_clock,
        ),
        mark,
        rate,
        stale_since,
    )
