"""Whether one instrument may trade, and between which prices (pure)."""

from decimal import Decimal

from realtime.domain.price import LimitState, PriceBand, TradingStatus
from symbol_collector.decode import Band, Quote, Status, to_time
from symbol_collector.halts import trading_status
from symbol_collector.quotes import is_firm

_NEAR = 0.01
"""Bands are told from so near on, as a share of the price: they move often, and far ones matter to nobody."""


class TradingState:
    """The newest word of the exchange, until what happens in the market says otherwise.

    After a gap a halt is doubtful: its end may have been missed, and nobody repeats it. A newer trade ends it at any
    time; while it is doubtful a newer regular quote does too, for quotes are wiped out in a halt.
    """

    __slots__ = ("_band", "_doubted", "_since_ns", "status")

    def __init__(self, status: TradingStatus = TradingStatus.TRADING, since_ns: int = 0) -> None:
        """Start with what is known from before; `since_ns` is market time, nanoseconds."""
        self.status = status
        self._since_ns = since_ns
        self._doubted = False
        self._band: Band | None = None

    @property
    def is_open(self) -> bool:
        return self.status is TradingStatus.TRADING

    @property
    def is_doubtful(self) -> bool:
        """Whether it may trade by now although we know of a halt."""
        return self._doubted and not self.is_open

    def set_status(self, status: Status) -> bool:
        """Take in a halt or its end; return whether it is news."""
        new = trading_status(status.code, status.reason_code)
        if new is None or status.time_ns < self._since_ns:
            return False
        changed, self.status, self._since_ns, self._doubted = new is not self.status, new, status.time_ns, False
        return changed

    def set_band(self, band: Band, price: float | None) -> bool:
        """Take in new bands; return whether what is told of them at this price is another."""
        if self._band is not None and band.time_ns < self._band.time_ns:
            return False
        before = self.band_at(price)
        self._band = band
        return self.band_at(price) != before

    def note_trade(self, time_ns: int) -> None:
        """Take in that it traded: a halt from before is over."""
        if not self.is_open and time_ns > self._since_ns:
            self.status = TradingStatus.TRADING

    def note_quote(self, quote: Quote) -> bool:
        """Take in that it was quoted; return whether that ends a doubtful halt."""
        ends = self.is_doubtful and quote.time_ns > self._since_ns and is_firm(quote)
        if ends:
            self.status = TradingStatus.TRADING
        return ends

    def doubt(self) -> None:
        """Note that the end of a halt, and new bands, may be missed from now on."""
        self._doubted, self._band = True, None

    def band_at(self, price: float | None) -> PriceBand | None:
        """Return the bands as they are told at a price; None while they do not matter, or are unknown."""
        band = self._band
        if band is None or price is None:
            return None
        near = price * _NEAR
        if self.is_open and band.down + near < price < band.up - near:
            return None
        state = LimitState.UP if price >= band.up else LimitState.DOWN if price <= band.down else None
        return PriceBand(Decimal(repr(band.down)), Decimal(repr(band.up)), to_time(band.time_ns), state)
