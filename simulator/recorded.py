"""Recorded trades, played again from a CSV file (gzip or plain) in time order.

Columns: timestamp (RFC 3339, UTC, milliseconds), symbol, price, size, exchange, conditions (bits, hexadecimal),
suspicious (0 or 1).
"""

import gzip
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from simulator.clock import SECOND_NS
from simulator.conditions import CTA_TAPES
from simulator.events import Event, Trade
from simulator.random_trades import CTA_ID_BASE
from simulator.recorded_conditions import sip_conditions

_HEADER = "timestamp,symbol,price,size,exchange,conditions,suspicious"
_MILLISECOND_NS = 1_000_000
_STEP_NS = 1_000
"""Trades of one millisecond are spread by a microsecond each, so that their order is in their times too."""


def open_text(path: Path) -> TextIO:
    """Open a plain or gzip file of ASCII text."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="ascii")
    return path.open(encoding="ascii")


def read_trades(path: Path, tapes: Mapping[str, str]) -> Iterator[Trade]:
    """Yield a recording's trades; ids count from 1 (CTA: from its own base), so an id tells the position.

    `tapes` gives the tape by symbol; an unknown symbol is on A.

    Raises:
        ValueError: The file has other columns.
    """
    with open_text(path) as lines:
        if next(lines, "").strip() != _HEADER:
            raise ValueError(f"{path.name} is not a recording: its first line is not {_HEADER}")
        second_text, second_ns, stamp_text, spread_ns = "", 0, "", 0
        for number, line in enumerate(lines, 1):
            stamp, symbol, price, size_text, exchange, mask, suspicious = line.split(",")
            if stamp == stamp_text:
                spread_ns += _STEP_NS
            else:
                stamp_text, spread_ns = stamp, 0
                if stamp[:19] != second_text:
                    second_text = stamp[:19]
                    second_ns = int(datetime.fromisoformat(second_text + "+00:00").timestamp()) * SECOND_NS
            time_ns = second_ns + int(stamp[20:23]) * _MILLISECOND_NS + spread_ns
            tape, size = tapes.get(symbol, "A"), int(size_text)
            conditions = sip_conditions(int(mask, 16), tape, size, suspicious=suspicious[0] == "1")
            trade_id = CTA_ID_BASE + number if tape in CTA_TAPES else number
            yield Trade(symbol, time_ns, trade_id, float(price), size, exchange, conditions, tape)


def first_prices(path: Path, tapes: Mapping[str, str], within: int = 50_000) -> dict[str, float]:
    """Return the first price of each symbol that occurs among the first trades of a recording."""
    prices: dict[str, float] = {}
    for trade in islice(read_trades(path, tapes), within):
        prices.setdefault(trade.symbol, trade.price)
    return prices


class RecordedMarket:
    """A recording with a position in it."""

    def __init__(self, path: Path, tapes: Mapping[str, str]) -> None:
        self._trades = read_trades(path, tapes)
        self._next: Trade | None = next(self._trades, None)
        self.position = 0

    @property
    def finished(self) -> bool:
        """Whether every trade was taken."""
        return self._next is None

    def take(self, count: int) -> list[Trade]:
        """Return the next trades, as many as `count`, fewer at the end."""
        if self._next is None or count <= 0:
            return []
        taken = [self._next, *islice(self._trades, count - 1)]
        self._next = next(self._trades, None)
        self.position += len(taken)
        return taken

    def until(self, market_ns: int, count_max: int) -> list[Event]:
        """Return the trades before an instant that were not taken yet, at most `count_max`."""
        taken: list[Event] = []
        while self._next is not None and self._next.time_ns < market_ns and len(taken) < count_max:
            taken.append(self._next)
            self._next = next(self._trades, None)
        self.position += len(taken)
        return taken

    def next_due_ns(self) -> int:
        """Return the time of the next trade, or far away after the last one."""
        return self._next.time_ns if self._next is not None else 1 << 62
