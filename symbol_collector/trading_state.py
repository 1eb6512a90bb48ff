"""Whether one instrument may trade (pure)."""

from realtime.domain.price import TradingStatus
from symbol_collector.decode import Status
from symbol_collector.halts import trading_status


class TradingState:
    """The newest word of the exchange, or of a trade that says that a halt is over."""

    __slots__ = ("_since_ns", "status")

    def __init__(self, status: TradingStatus = TradingStatus.TRADING, since_ns: int = 0) -> None:
        """Start with what is known from before; `since_ns` is market time, nanoseconds."""
        self.status = status
        self._since_ns = since_ns

    @property
    def is_open(self) -> bool:
        return self.status is TradingStatus.TRADING

    def set_status(self, status: Status) -> bool:
        """Take in a halt or its end; return whether it is news."""
        new = trading_status(status.code, status.reason_code)
        if new is None or status.time_ns < self._since_ns:
            return False
        changed, self.status, self._since_ns = new is not self.status, new, status.time_ns
        return changed

    def note_trade(self, time_ns: int) -> None:
        """Take in that it traded: a halt from before is over, though we may have missed its end."""
        if not self.is_open and time_ns > self._since_ns:
            self.status = TradingStatus.TRADING
