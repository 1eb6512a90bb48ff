"""Which quotes mean something, which may set a price, and which of two is newer (pure)."""

from dataclasses import dataclass

from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.market_hours import MarketSession, market_hours_around
from symbol_collector.decode import Quote, to_time

_SPREAD_MAX = 0.5
_SPREAD_ALWAYS_SANE = 0.10
_TIGHT_MAX = 0.05
_REGULAR = "R"
_QUIET_NS = 300_000_000_000


@dataclass(frozen=True, slots=True)
class QuoteRule:
    """When a quote's midpoint is the price of an instrument that has trades too.

    Attributes:
        quiet_ns: The quote must be so much newer than the last trade, nanoseconds.
        tight_only: Only a midpoint that is as good as a trade counts, not any sane one.
        regular_only: Only quotes of a regular session count.
    """

    quiet_ns: int
    tight_only: bool
    regular_only: bool

    def allows(self, quote: Quote) -> bool:
        """Whether the quote's midpoint may be a price where no trade is in its way."""
        if not (is_tight(quote) if self.tight_only else is_sane(quote)):
            return False
        if not self.regular_only:
            return True
        made_at = to_time(quote.time_ns)
        return market_hours_around(made_at).session(made_at) is MarketSession.REGULAR


_OPTIONS = QuoteRule(quiet_ns=0, tight_only=False, regular_only=False)
_ROUND_THE_CLOCK = QuoteRule(_QUIET_NS, tight_only=True, regular_only=False)
_STOCKS = QuoteRule(_QUIET_NS, tight_only=True, regular_only=True)


def quote_rule(asset_class: AssetClass) -> QuoteRule:
    """Return the rule for a class: an option's newest quote counts, of stocks and coins only where nothing trades."""
    if asset_class is AssetClass.OPTION:
        return _OPTIONS
    return _ROUND_THE_CLOCK if ASSET_CLASSES[asset_class].round_the_clock else _STOCKS


def is_sane(quote: Quote) -> bool:
    """Whether a midpoint means something: both sides there, not crossed, the spread within half of it or 10 cents."""
    if not 0 < quote.bid <= quote.ask:
        return False
    spread = quote.ask - quote.bid
    return spread <= _SPREAD_ALWAYS_SANE or spread <= _SPREAD_MAX * (quote.ask + quote.bid) / 2


def is_tight(quote: Quote) -> bool:
    """Whether both sides are there and so near each other that the midpoint is as good as a trade."""
    return 0 < quote.bid <= quote.ask and quote.ask - quote.bid <= _TIGHT_MAX * (quote.ask + quote.bid) / 2


def is_firm(quote: Quote) -> bool:
    """Whether it is the regular, tight quote of a market that trades (condition R on every tape)."""
    return is_tight(quote) and set(quote.conditions) == {_REGULAR}


def quote_order(quote: Quote) -> tuple[int, float, float]:
    """Return what decides which of two quotes is the newer one."""
    return quote.time_ns, quote.bid, quote.ask
