"""Revaluing the whole book beside DuckDB and Polars: every account's sum of units times price, all prices new.

The book is that of `revalue_book`. Everybody calculates in float64 and hands over one value an account; each peer has
the positions in its own table, sorted by account, and is told the prices as a table of its own. Ours takes one thread,
the peers as many as there are cores. The accounts' values must be equal to a hundredth of a cent.
"""

from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from benchmarks.revalue_book import ACCOUNTS, HELD, INSTRUMENTS, base_of
from calculator.book import Book, Entries

ROUNDS = 5
_TOLERANCE = 0.0001
_QUERY = """
select account, sum(units * price) as value from positions join prices using (instrument) group by account
"""

Floats = npt.NDArray[np.float64]


class Duck:
    version = f"duckdb {duckdb.__version__}"

    def __init__(self, entries: Entries, accounts: npt.NDArray[np.int32]) -> None:
        self._db = duckdb.connect()
        positions = pd.DataFrame(
            {"account": accounts, "instrument": entries.column, "units": entries.units}, copy=False
        )
        self._db.register("given", positions)
        self._db.execute("create table positions as select * from given")
        self._db.unregister("given")

    def values(self, price: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        self._db.register("prices", pd.DataFrame({"instrument": np.arange(len(price), dtype=np.int32), "price": price}))
        found = self._db.execute(_QUERY).fetchnumpy()
        return found["account"], found["value"]


class Polar:
    version = f"polars {pl.__version__}"

    def __init__(self, entries: Entries, accounts: npt.NDArray[np.int32]) -> None:
        columns = {"account": accounts, "instrument": entries.column, "units": entries.units}
        self._positions = pl.DataFrame(columns).with_columns(pl.col("account").set_sorted())

    def values(self, price: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        prices = pl.DataFrame({"instrument": np.arange(len(price), dtype=np.int32), "price": price})
        value = (pl.col("units") * pl.col("price")).sum().alias("value")
        found = self._positions.lazy().join(prices.lazy(), on="instrument").group_by("account").agg(value).collect()
        return found["account"].to_numpy(), found["value"].to_numpy()


def measure(accounts: int = ACCOUNTS, instruments: int = INSTRUMENTS, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Return the best of a few rounds of ours beside the best of each peer's, at the same prices."""
    draw = np.random.default_rng(7)
    base = base_of(draw, accounts, instruments)
    book = Book(base)
    price = draw.uniform(1, 500, instruments)
    ours_ms, expected = min(
        (_timed(lambda: book.still(instruments).market_values(price)) for _ in range(rounds)), key=lambda run: run[0]
    )
    owner = np.repeat(np.arange(accounts, dtype=np.int32), HELD)
    return [_row(peer, base.entries, owner, price, expected, ours_ms, rounds) for peer in (Duck, Polar)]


def _row(
    kind: type[Duck] | type[Polar],
    entries: Entries,
    owner: npt.NDArray[np.int32],
    price: Floats,
    expected: Floats,
    ours_ms: float,
    rounds: int,
) -> dict[str, Any]:
    peer = kind(entries, owner)
    theirs_ms = []
    for _ in range(rounds):
        spent_ms, (account, value) = _timed(lambda: peer.values(price))
        theirs_ms.append(spent_ms)
    ordered = np.empty(len(expected))
    ordered[account] = value
    assert len(account) == len(expected)
    assert np.abs(ordered - expected).max() < _TOLERANCE, "values differ"
    return {
        "work": f"revalue {len(entries) / 1e6:g} M positions",
        "unit": "ms",
        "ours": ours_ms,
        "peer": kind.version,
        "theirs": min(theirs_ms),
        "times": min(theirs_ms) / ours_ms,
    }


def _timed(work: Any) -> tuple[float, Any]:
    began = perf_counter()
    done = work()
    return (perf_counter() - began) * 1000, done
