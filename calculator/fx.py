"""Exchange rates; an unknown rate stays unknown."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import numpy.typing as npt

_DOLLAR = "USD"
_ONE = Decimal(1)
_CROSS_RATE = Context(prec=16, rounding=ROUND_HALF_EVEN)


class Rates:
    """Dollars per unit of each currency, and the rates between any two.

    A cross rate is the quotient of two dollar rates to 16 significant digits; from then on it counts as exact.
    """

    def __init__(self) -> None:
        self._dollars: dict[str, Decimal] = {_DOLLAR: _ONE}
        self._codes: dict[str, int] = {}
        self._pairs: dict[tuple[str, str], Decimal | None] = {}
        self._table: npt.NDArray[np.float64] | None = None

    def code(self, currency: str) -> int:
        """Return the currency's row and column in `table`."""
        if currency not in self._codes:
            self._codes[currency] = len(self._codes)
            self._table = None
        return self._codes[currency]

    def set_dollars(self, currency: str, dollars: Decimal | None) -> bool:
        """Say what a unit of a currency costs in dollars, None when unknown; return whether that is news."""
        if currency == _DOLLAR or self._dollars.get(currency) == dollars:
            return False
        if dollars is None:
            del self._dollars[currency]
        else:
            self._dollars[currency] = dollars
        self._pairs.clear()
        self._table = None
        return True

    def rate(self, source: str, target: str) -> Decimal | None:
        """Return units of `target` per unit of `source`; None when a rate is unknown."""
        pair = (source, target)
        if pair not in self._pairs:
            self._pairs[pair] = self._rate(source, target)
        return self._pairs[pair]

    @property
    def table(self) -> npt.NDArray[np.float64]:
        """Rates by code of source and of target, shape (currencies, currencies); NaN where unknown."""
        if self._table is None:
            rates = [[self.rate(source, target) for target in self._codes] for source in self._codes]
            self._table = np.array(
                [[np.nan if rate is None else float(rate) for rate in row] for row in rates], dtype=np.float64
            )
        return self._table

    def _rate(self, source: str, target: str) -> Decimal | None:
        if source == target:
            return _ONE
        dollars_source, dollars_target = self._dollars.get(source), self._dollars.get(target)
        if dollars_source is None or not dollars_target:
            return None
        return dollars_source if target == _DOLLAR else _CROSS_RATE.divide(dollars_source, dollars_target)
