"""The recorded day that lies beside a checkout, where it does: real prints through our reading of their conditions."""

import time
from collections import Counter
from pathlib import Path

import pytest

from simulator.conditions import moves
from simulator.recorded import read_trades

RECORDING = Path(__file__).resolve().parents[3] / "shared" / "market-data" / "trades-2013-10-08.csv.gz"
PARSED_WITHIN_S = 8.0
"""Twice what a day may take to read, for busy machines; it takes about two."""

pytestmark = pytest.mark.skipif(not RECORDING.exists(), reason="the recorded day is not beside this checkout")


def test_a_whole_day_is_read_quickly_in_order_and_its_conditions_are_known() -> None:
    """Ensure that the rare prints set no price, and that what sets one stays near the price before it."""
    began = time.process_time()
    count, newest_ns, strays = 0, 0, 0
    last: dict[str, float] = {}
    setting: Counter[bool] = Counter()
    for trade in read_trades(RECORDING, {"SPY": "B", "BAC": "A", "AIG": "A", "IBM": "A"}):
        count += 1
        assert trade.time_ns > newest_ns
        newest_ns = trade.time_ns
        sets_price = moves(trade.conditions, trade.tape).last
        setting[sets_price] += 1
        if sets_price:
            strays += abs(trade.price / last.get(trade.symbol, trade.price) - 1) > 0.01
            last[trade.symbol] = trade.price
    assert time.process_time() - began < PARSED_WITHIN_S
    assert count == 654_140
    assert setting[False] == 715
    assert strays < 10
    assert last == {"SPY": 165.95, "BAC": 13.78, "AIG": 47.86, "IBM": 179.55}
