"""Which quotes mean something, and which of two is newer (pure)."""

from symbol_collector.decode import Quote

_SPREAD_MAX = 0.5
_SPREAD_ALWAYS_SANE = 0.10


def is_sane(quote: Quote) -> bool:
    """Whether a midpoint means something: both sides there, not crossed, the spread within half of it or 10 cents."""
    if not 0 < quote.bid <= quote.ask:
        return False
    spread = quote.ask - quote.bid
    return spread <= _SPREAD_ALWAYS_SANE or spread <= _SPREAD_MAX * (quote.ask + quote.bid) / 2


def quote_order(quote: Quote) -> tuple[int, float, float]:
    """Return what decides which of two quotes is the newer one."""
    return quote.time_ns, quote.bid, quote.ask
