"""Exchange rates; an unknown rate stays unknown, an old one is told by its time (pure)."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

_DOLLAR = "USD"
SAME = Decimal(1)
"""The rate of a currency to itself, this very object."""
_EVER = datetime.min.replace(tzinfo=UTC)
_CROSS_RATE = Context(prec=16, rounding=ROUND_HALF_EVEN)


class Rates:
    """Dollars per unit of each currency, and the rates between any two.

    A cross rate is the quotient of two dollar rates to 16 significant digits; from then on it counts as exact.
    """

    def __init__(self, fresh_from: datetime = _EVER) -> None:
        """Start with dollars alone; a rate made before `fresh_from` is stale."""
        self._dollars: dict[str, Decimal] = {_DOLLAR: SAME}
        self._pairs: dict[tuple[str, str], Decimal | None] = {}
        self._times: dict[str, datetime] = {}
        self._stale: dict[str, datetime] = {}
        self._fresh_from = fresh_from

    def set_dollars(self, currency: str, dollars: Decimal | None, made_at: datetime | None = None) -> bool:
        """Say what a unit of a currency costs in dollars, None when unknown; return whether that is news."""
        if currency == _DOLLAR:
            return False
        if made_at is not None:
            self._times[currency] = made_at
        news = self._age(currency)
        if self._dollars.get(currency) == dollars:
            return news
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

    def advance(self, fresh_from: datetime) -> set[str]:
        """Let rates age; return the currencies whose rate has become stale, or is so no longer."""
        self._fresh_from = fresh_from
        return {currency for currency in self._times if self._age(currency)}

    def stale_since(self, source: str, target: str) -> datetime | None:
        """Return the time of the older stale rate behind `rate(source, target)`; None when it is fresh."""
        if source == target or not self._stale:
            return None
        times = [self._stale[currency] for currency in (source, target) if currency in self._stale]
        return min(times, default=None)

    def _age(self, currency: str) -> bool:
        """Note whether a rate is stale; return whether that has changed."""
        made_at, was = self._times.get(currency), self._stale.get(currency)
        if made_at is not None and made_at < self._fresh_from:
            self._stale[currency] = made_at
        else:
            self._stale.pop(currency, None)
        return self._stale.get(currency) != was

    def _rate(self, source: str, target: str) -> Decimal | None:
        if source == target:
            return SAME
        dollars_source, dollars_target = self._dollars.get(source), self._dollars.get(target)
        if dollars_source is None or not dollars_target:
            return None
        return dollars_source if target == _DOLLAR else _CROSS_RATE.divide(dollars_source, dollars_target)
