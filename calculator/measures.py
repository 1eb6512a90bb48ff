"""The figures of `realtime/domain/value.py`, a function each, from a subject's exact sums (pure).

Rounded once, at the end, within `exact_arithmetic()`; unknown is None, and there is no minus zero.
"""

from datetime import datetime
from decimal import Decimal

from calculator.totals import Totals
from realtime.domain.money import CENT, PCT
from realtime.domain.value import Figures

_ZERO_CENTS = Decimal("0.00")
_ZERO_PCT = Decimal("0.0000")


def cents(amount: Decimal) -> Decimal:
    """Round to cents, half to even."""
    return amount.quantize(CENT) or _ZERO_CENTS


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return `part` in percent of `whole` to 4 decimals; None when `whole` is not positive."""
    return (part * 100 / whole).quantize(PCT) or _ZERO_PCT if whole > 0 else None


def market_value(totals: Totals) -> Decimal:
    """Sum of the priced positions other than cash."""
    return cents(totals.market_value)


def cash(totals: Totals) -> Decimal:
    """Sum of the cash whose rate is known."""
    return cents(totals.cash)


def total_value(totals: Totals) -> Decimal:
    """Market value and cash, added before they are rounded."""
    return cents(totals.market_value + totals.cash)


def cost_basis(totals: Totals) -> Decimal | None:
    """Sum over the holdings with known cost."""
    return cents(totals.cost) if totals.cost_count else None


def unrealized_gain(totals: Totals) -> Decimal | None:
    """Value less cost over the holdings that have both."""
    return cents(totals.gain) if totals.gain_count else None


def unrealized_gain_pct(totals: Totals) -> Decimal | None:
    """Percent of the cost of the holdings that have both value and cost."""
    return percent(totals.gain, totals.gain_cost) if totals.gain_count else None


def day_change(totals: Totals) -> Decimal | None:
    """Value less value at the previous close over the holdings that have both."""
    return cents(totals.change) if totals.change_count else None


def day_change_pct(totals: Totals) -> Decimal | None:
    """Percent of the total value less the day change."""
    if not totals.change_count:
        return None
    return percent(totals.change, totals.market_value + totals.cash - totals.change)


def live_coverage(totals: Totals) -> Decimal | None:
    """Share of the gross market value that has a live mark that is not stale."""
    return (totals.live / totals.gross).quantize(PCT) if totals.gross else None


def stale_since(totals: Totals) -> datetime | None:
    """Time of the oldest stale mark."""
    return min(totals.stale_times.values(), default=None)


def stale_count(totals: Totals) -> int:
    """Positions with a stale mark."""
    return len(totals.stale_times)


def unpriced_count(totals: Totals) -> int:
    """Positions without a price or an FX rate."""
    return totals.unpriced_count


def uncosted_count(totals: Totals) -> int:
    """Positions other than cash without a known cost basis, or with one that is known in part."""
    return totals.uncosted_count


def estimated_value(totals: Totals) -> Decimal:
    """Gross market value marked by a previous close or by the provider's own price."""
    return cents(totals.estimated)


def positions_count(totals: Totals) -> int:
    """Positions including cash."""
    return totals.parts_count


def figures(totals: Totals, currency: str, session: str, holdings_as_of: datetime | None) -> Figures:
    """Return all of them."""
    return Figures(
        market_value(totals),
        cash(totals),
        total_value(totals),
        cost_basis(totals),
        unrealized_gain(totals),
        unrealized_gain_pct(totals),
        day_change(totals),
        day_change_pct(totals),
        live_coverage(totals),
        stale_since(totals),
        stale_count(totals),
        unpriced_count(totals),
        uncosted_count(totals),
        estimated_value(totals),
        positions_count(totals),
        currency,
        session,
        holdings_as_of,
    )
