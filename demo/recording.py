"""Recorded trades: when they begin."""

import csv
import gzip
from datetime import datetime
from pathlib import Path

from realtime.errors import Misconfigured


def first_trade_time(path: Path) -> datetime:
    """Return the time of a recording's first trade.

    Raises:
        Misconfigured: The file is no recording of trades.
    """
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", newline="") as lines:
            return datetime.fromisoformat(next(csv.DictReader(lines))["timestamp"])
    except (OSError, KeyError, ValueError, StopIteration):
        raise Misconfigured((f"{path.name} is no recording: CSV with a column `timestamp` is needed",)) from None
