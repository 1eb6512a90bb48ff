"""Trading statuses of both tapes → whether an instrument trades (pure).

Source: Alpaca, real-time stock data, "trading status"; CTA codes on tapes A and B, UTP codes on C and O.
"""

from realtime.domain.price import TradingStatus

_HALTS = frozenset({"2", "H"})
_PAUSES = frozenset({"P"})
_RESUMES = frozenset({"3", "T"})
_PAUSE_REASONS = frozenset({"M", "LUDP", "LUDS"})
"""Limit-up limit-down."""


def trading_status(code: str, reason_code: str) -> TradingStatus | None:
    """Return what a status message says; None for those that change nothing, such as price indications."""
    if code in _RESUMES:
        return TradingStatus.TRADING
    if code in _PAUSES or (code in _HALTS and reason_code in _PAUSE_REASONS):
        return TradingStatus.PAUSED
    return TradingStatus.HALTED if code in _HALTS else None
