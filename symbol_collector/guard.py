"""Prints far from the last price wait for a second source before they may value anything (pure).

A bad print is contradicted by the next good one; a crash is confirmed by it: so a print that is far away is held, shown
as held, and decided within moments. By quotes whose midpoint agrees (asked for at once), by a second venue, or by a
third print; by whatever came when `HOLD_MAX_NS` is over, for a guard that holds a true price is worse than none. A move
by the ratio of a split is confirmed by no trade, since the shares that trade are new ones: it waits for the word of the
corporate actions, or for its own time limit. Options are not guarded: doubling within a minute is what they do.
"""

from realtime.domain.price import HoldReason
from symbol_collector.prints import Print

HOLD_MAX_NS = 15_000_000_000
SPLIT_HOLD_MAX_NS = 60_000_000_000
_FAR = 1.25
"""Ratio to the last price, up or down, from which on a print needs a second source."""
_FAR_BELOW_A_DOLLAR = 2.5
_AGREES = 0.05
_PRINTS_CONFIRM = 3
_SPLITS = (1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 100)
_SPLIT_TOLERANCE = 0.03
"""Wide enough for Apple on 31 August 2020 (4:1, opened 2.2 % up); a fall of 30 % is still no 3:2."""


def doubt(price: float, reference: float) -> HoldReason | None:
    """Return why a price must wait, given the last one; None when it need not."""
    far = _FAR if reference >= 1 else _FAR_BELOW_A_DOLLAR
    if reference / far < price < reference * far:
        return None
    ratio = max(price / reference, reference / price)
    is_split = any(abs(ratio / split - 1) <= _SPLIT_TOLERANCE for split in _SPLITS)
    return HoldReason.SPLIT_LIKE if is_split else HoldReason.FAR_FROM_LAST


class Hold:
    """The prints of one instrument that wait.

    Card: at most as many as confirm each other, then they are let through; in order of arrival; one writer and reader,
    the collector's loop; lost on restart, when the first print is believed.
    """

    __slots__ = ("_since_ns", "prints", "reason")

    def __init__(self, first: Print, reason: HoldReason) -> None:
        self.prints = [first]
        self.reason = reason
        self._since_ns = first.received_ns

    @property
    def newest(self) -> Print:
        return self.prints[-1]

    def add(self, new: Print) -> bool:
        """Take in another print that is as far from the last price; return whether the price is confirmed."""
        agreeing = [each for each in self.prints if _agree(each.price, new.price)]
        self.prints = [*agreeing, new]
        if self.reason is HoldReason.SPLIT_LIKE:
            del self.prints[:-_PRINTS_CONFIRM]
            return False
        return self._is_confirmed()

    def is_no_split(self) -> bool:
        """Judge as any other far price, for no split was announced; return whether the price is confirmed by now."""
        self.reason = HoldReason.FAR_FROM_LAST
        return self._is_confirmed()

    def confirmed_by_quote(self, middle: float) -> bool:
        """Return whether a quote's midpoint says the same."""
        return self.reason is not HoldReason.SPLIT_LIKE and _agree(middle, self.newest.price)

    def is_over(self, now_ns: int) -> bool:
        """Return whether it has waited long enough; wall clock, nanoseconds since 1970."""
        limit = SPLIT_HOLD_MAX_NS if self.reason is HoldReason.SPLIT_LIKE else HOLD_MAX_NS
        return now_ns - self._since_ns >= limit

    def _is_confirmed(self) -> bool:
        return len(self.prints) >= _PRINTS_CONFIRM or len({each.exchange for each in self.prints}) > 1


def _agree(price: float, other: float) -> bool:
    return abs(price / other - 1) <= _AGREES
