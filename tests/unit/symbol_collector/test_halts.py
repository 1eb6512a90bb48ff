"""What trading statuses of both tapes mean."""

import pytest

from realtime.domain.price import TradingStatus
from symbol_collector.halts import trading_status


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [
        ("2", "D", TradingStatus.HALTED),
        ("2", "M", TradingStatus.PAUSED),
        ("3", "", TradingStatus.TRADING),
        ("H", "T1", TradingStatus.HALTED),
        ("H", "LUDP", TradingStatus.PAUSED),
        ("P", "LUDP", TradingStatus.PAUSED),
        ("T", "T3", TradingStatus.TRADING),
        ("Q", "T3", None),
        ("5", "", None),
        ("E", "", None),
    ],
)
def test_codes_of_both_tapes(code: str, reason: str, status: TradingStatus | None) -> None:
    """A halt is told from a limit-up limit-down pause; quotes that resume do not make it trade yet."""
    assert trading_status(code, reason) is status
