"""Recordings: parsed, in order, from any position."""

import gzip
import itertools
from pathlib import Path

import pytest

from simulator.clock import parse_ns
from simulator.recorded import RecordedMarket, first_prices, read_trades

_HEADER = "timestamp,symbol,price,size,exchange,conditions,suspicious\n"
_ROWS = (
    "2013-10-08T08:00:17.034Z,SPY,167.42,210,Q,2000,0\n"
    "2013-10-08T13:30:00.015Z,BAC,13.8,40,Z,1,0\n"
    "2013-10-08T13:30:00.015Z,SPY,167.4,100,Z,1,1\n"
    "2013-10-08T13:30:01.001Z,XYZ,9.87,100,D,20000020,0\n"
)
_TAPES = {"SPY": "B", "BAC": "A"}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "trades.csv.gz"
    path.write_bytes(gzip.compress((_HEADER + _ROWS).encode()))
    return path


def test_rows_become_trades_in_a_strict_order(recording: Path) -> None:
    trades = list(read_trades(recording, _TAPES))
    first, second, third, _ = trades
    assert (first.symbol, first.price, first.size, first.exchange) == ("SPY", 167.42, 210, "Q")
    assert first.conditions == (" ", "T")
    assert first.time_ns == parse_ns("2013-10-08T08:00:17.034Z")
    assert second.conditions == (" ", "I")
    assert third.time_ns - second.time_ns == 1_000
    assert [trade.id - first.id for trade in trades] == [0, 1, 2, 3]
    assert all(one.time_ns < other.time_ns for one, other in itertools.pairwise(trades))


def test_plain_files_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(_HEADER + _ROWS)
    assert len(list(read_trades(path, _TAPES))) == 4


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("symbol,date\n")
    with pytest.raises(ValueError, match=r"bars\.csv is not a recording"):
        next(read_trades(path, {}))


def test_first_prices_are_each_symbols_first(recording: Path) -> None:
    assert first_prices(recording, _TAPES) == {"SPY": 167.42, "BAC": 13.8, "XYZ": 9.87}


def test_a_market_plays_by_count_and_by_time_without_losing_a_trade(recording: Path) -> None:
    market = RecordedMarket(recording, _TAPES)
    assert [trade.price for trade in market.take(1)] == [167.42]
    assert market.next_due_ns() == parse_ns("2013-10-08T13:30:00.015Z")
    assert len(market.until(parse_ns("2013-10-08T13:30:00.016Z"), 1)) == 1
    assert len(market.until(parse_ns("2013-10-08T13:30:00.016Z"), 100)) == 1
    assert (market.position, market.finished) == (3, False)
    assert len(market.take(100)) == 1
    assert (market.position, market.finished) == (4, True)
