"""Revaluing the whole book, a million accounts of thirty positions, beside reading the same bytes once."""

import random
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from calculator.book import Base, Book, Entries

ACCOUNTS, HELD, INSTRUMENTS = 1_000_000, 30, 20_000
REPLACED = 2_000
ROUNDS = 9
_CHUNK = 50_000


def measure() -> list[dict[str, Any]]:
    draw = np.random.default_rng(7)
    base = base_of(draw, ACCOUNTS, INSTRUMENTS)
    book = Book(base)
    for row in random.Random(7).sample(range(ACCOUNTS), REPLACED):
        book.replace_row(row, _entries(draw, 1, INSTRUMENTS))
    price = draw.uniform(1, 500, INSTRUMENTS)
    read = [base.entries.units.view(np.int64), base.entries.column.view(np.int64)]
    reading_ms = best_ms(lambda: [part.sum() for part in read])
    revaluing_ms = best_ms(lambda: book.still(INSTRUMENTS).market_values(price))
    bytes_per_position = base.nbytes / len(base.entries)
    return [
        {
            "name": "revalue_book",
            "value": revaluing_ms,
            "unit": f"ms, {len(base.entries) / 1e6:.0f} M positions, {REPLACED:,} accounts replaced",
            "yardstick": reading_ms,
            "ratio": revaluing_ms / reading_ms,
            "target": "<= 4",
        },
        {
            "name": "bytes_per_position",
            "value": bytes_per_position,
            "unit": "bytes",
            "yardstick": None,
            "ratio": None,
            "target": "<= 32",
        },
    ]


def base_of(draw: np.random.Generator, accounts: int, instruments: int) -> Base:
    """Make the book in chunks: the memory of the whole at once is what a calculator has, and no more."""
    count = accounts * HELD
    entries = Entries(np.empty(count, np.int32), np.empty(count), np.empty(count))
    for first in range(0, accounts, _CHUNK):
        at = slice(first * HELD, (first + _CHUNK) * HELD)
        part = _entries(draw, min(_CHUNK, accounts - first), instruments)
        entries.column[at], entries.units[at] = part.column, part.units
        entries.cost[at] = part.cost
    return Base.of(entries, np.arange(0, count + 1, HELD, dtype=np.int64), instruments)


def _entries(draw: np.random.Generator, accounts_count: int, instruments: int) -> Entries:
    """Draw accounts that hold few instruments often and many seldom, as people do."""
    shape = (accounts_count, HELD)
    column = (instruments * draw.random(shape) ** 3).astype(np.int32)
    column.sort(axis=1)
    units = draw.uniform(-10, 100, shape)
    return Entries(column.ravel(), units.ravel(), 100 * units.ravel())


def best_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = perf_counter()
        work()
        times.append((perf_counter() - started) * 1000)
    return min(times)
