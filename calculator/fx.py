"""Exchange rates; an unknown rate stays unknown."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

_DOLLAR = "USD"
SAME = Decimal(1)
"""The rate of a currency to itself, this very object."""
_CROSS_RATE = Context(prec=16, rounding=ROUND_HALF_EVEN)


class Rates:
    """Dollars per unit of each currency, and the rates between any two.

    A cross rate is the quotient of two dollar rates to 16 significant digits; from then on it counts as exact.
    """

    def __init__(self) -> None:
        self._dollars: dict[str, Decimal] = {_DOLLAR: SAME}
        self._pairs: dict[tuple[str, str], Decimal | None] = {}

    def set_dollars(self, currency: str, dollars: Decimal | None) -> bool:
        """Say what a unit of a currency costs in dollars, None when unknown; return whether that is news."""
        if currency == _DOLLAR or self._dollars.get(currency) == dollars:
            return False
        if dollars is None:
            del self._dollars[currency]
        else:
            self._dollars[currency] = dollars
        self._pairs.clear()
        return True

    def rate(self, source: str, target: str) -> Decimal | None:
        """Return units of `target` per unit of `source`; None when a rate is unknown."""
        pair = (source, target)
        if pair not in self._pairs:
            self._pairs[pair] = self._rate(source, target)
        return self._pairs[pair]

    def _rate(self, source: str, target: str) -> Decimal | None:
        if source == target:
            return SAME
        dollars_source, dollars_target = self._dollars.get(source), self._dollars.get(target)
        if dollars_source is None or not dollars_target:
            return None
        return dollars_source if target == _DOLLAR else _CROSS_RATE.divide(dollars_source, dollars_target)
