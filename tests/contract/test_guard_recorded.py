"""The guard against real prices: it must hold the splits that were, and nothing else that was traded."""

import csv
import gzip
from pathlib import Path

import pytest

from realtime.domain.price import HoldReason
from symbol_collector.guard import doubt

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "market-data"
TRADES = RECORDED / "trades-2013-10-08.csv.gz"
BARS = RECORDED / "daily-bars.csv.gz"


@pytest.mark.skipif(not TRADES.exists(), reason="The recorded day is not here.")
def test_no_trade_of_a_real_day_is_held() -> None:
    """Each trade after the one before it, those that the publisher doubts left out."""
    last: dict[str, float] = {}
    seen = 0
    with gzip.open(TRADES, "rt") as lines:
        for row in csv.DictReader(lines):
            if row["suspicious"] == "1":
                continue
            price = float(row["price"])
            assert doubt(price, last.get(row["symbol"], price)) is None, row
            last[row["symbol"]] = price
            seen += 1
    assert seen > 600_000


@pytest.mark.skipif(not BARS.exists(), reason="The daily bars are not here.")
def test_of_ten_years_of_opens_only_the_splits_are_held() -> None:
    """Each open against the close before it, from 2010 to 2021: crashes of March 2020 among them."""
    closes: dict[str, float] = {}
    held: list[tuple[str, str, HoldReason]] = []
    with gzip.open(BARS, "rt") as lines:
        for row in csv.DictReader(lines):
            price, symbol = float(row["open"]), row["symbol"]
            reason = doubt(price, closes.get(symbol, price))
            if reason is not None:
                held.append((symbol, row["date"], reason))
            closes[symbol] = float(row["close"])
    assert set(held) == {
        ("AAPL", "2014-06-09", HoldReason.SPLIT_LIKE),
        ("AAPL", "2020-08-31", HoldReason.SPLIT_LIKE),
        ("GOOG", "2014-04-03", HoldReason.SPLIT_LIKE),
    }
