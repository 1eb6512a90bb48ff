"""Corporate actions as REST tells them."""

from datetime import date
from decimal import Decimal
from typing import Any

from realtime.domain.corporate_action import CashDividend, Split
from realtime.domain.instrument import InstrumentId
from symbol_collector.announcements import read_announcements

DAY = date(2026, 11, 20)
IDS = {"NVDA": InstrumentId("n"), "GE": InstrumentId("g"), "KO": InstrumentId("k")}


def test_splits_and_dividends_are_read() -> None:
    """New shares for each old one, both ways; cash on each share."""
    raw: dict[str, list[dict[str, Any]]] = {
        "forward_splits": [{"symbol": "NVDA", "ex_date": "2026-11-20", "new_rate": 10, "old_rate": 1}],
        "reverse_splits": [{"symbol": "GE", "ex_date": "2026-11-20", "new_rate": 1, "old_rate": 8}],
        "cash_dividends": [{"symbol": "KO", "ex_date": "2026-11-20", "rate": 0.485}],
        "spin_offs": [{"symbol": "GE"}],
    }
    assert read_announcements(raw, IDS) == [
        Split(IDS["NVDA"], DAY, Decimal(10)),
        Split(IDS["GE"], DAY, Decimal("0.125")),
        CashDividend(IDS["KO"], DAY, Decimal("0.485")),
    ]


def test_what_cannot_be_read_is_left_out_alone() -> None:
    """One odd announcement costs nothing but itself."""
    raw: dict[str, list[dict[str, Any]]] = {
        "forward_splits": [
            {"symbol": "NVDA", "ex_date": "soon", "new_rate": 10, "old_rate": 1},
            {"symbol": "NVDA", "ex_date": "2026-11-20", "new_rate": 10, "old_rate": 0},
            {"symbol": "XXX", "ex_date": "2026-11-20", "new_rate": 10, "old_rate": 1},
            {"symbol": "GE", "ex_date": "2026-11-20", "new_rate": 2, "old_rate": 1},
        ],
        "cash_dividends": [{"symbol": "KO", "ex_date": "2026-11-20", "rate": None}],
    }
    assert read_announcements(raw, IDS) == [Split(IDS["GE"], DAY, Decimal(2))]
