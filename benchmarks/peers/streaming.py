"""Every user's sum as prices stream in, beside Perspective's streaming table.

500 users hold 30 of 5,000 stocks each; batches of 500 newer prices come in. Perspective has a table of positions, with
an expression for units times price and a view of the sums by user: a batch, as Arrow, updates the price of each
position that moved, and the view tells of the sums that changed. Ours decodes the batch, chooses the marks and makes
every user's sum in the book. Both calculate in float64, and have the same sum for every user in the end, to the cent.
"""

import gc
import io
from time import perf_counter
from typing import Any

import numpy as np
import perspective
import polars as pl

from benchmarks.peers.world import World, prices_of
from benchmarks.stage_costs import SYMBOLS, USERS
from calculator.book import Base, Book, Entries
from realtime.domain.account import UserId
from realtime.domain.instrument import InstrumentId

ROUNDS = 5


def measure(rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Return the mean time for a batch of prices, ours and Perspective's."""
    world = World(rounds)
    gc.disable()
    ours, ours_ms = book(world)
    theirs, theirs_ms = perspective_table(world)
    gc.enable()
    assert {user: round(value, 2) for user, value in theirs.items()} == {
        user: round(value, 2) for user, value in ours.items()
    }, "totals differ"
    return [
        {
            "work": f"{SYMBOLS / len(world.rounds[0]):.0f} newer prices: sums of {USERS} users' 30 positions",
            "unit": "ms",
            "ours": ours_ms,
            "peer": f"perspective {perspective.__version__}",
            "theirs": theirs_ms,
            "times": theirs_ms / ours_ms,
        }
    ]


def book(world: World) -> tuple[dict[UserId, float], float]:
    """Return each user's sum after the last batch, and the mean milliseconds a batch."""
    marks, count = world.calculator.marks, len(world.calculator.ids)
    rows = [
        Entries(
            np.array([marks.column_of[InstrumentId(each)] for each in held], np.int32),
            np.array(list(held.values()), np.float64),
            np.zeros(len(held)),
        )
        for held in world.holdings.values()
    ]
    still = Book(Base.of_rows(rows, count)).still(count)
    price = np.zeros(count)
    sums = np.zeros(len(rows))
    began = perf_counter()
    for batch in world.batches():
        for column in world.calculator.take([batch]).columns:
            price[column] = marks.marks[column].price
        sums = still.market_values(price)
    spent_ms = world.ms_each(began)
    return dict(zip(world.holdings, sums.tolist(), strict=True)), spent_ms


def perspective_table(world: World) -> tuple[dict[UserId, float], float]:
    """Return each user's sum and the mean milliseconds a batch; making the batches' Arrow is not in it."""
    users = list(world.holdings)
    positions = [(place, instrument) for place, user in enumerate(users) for instrument in world.holdings[user]]
    holders: dict[str, list[int]] = {}
    for number, (_, instrument) in enumerate(positions):
        holders.setdefault(instrument, []).append(number)
    table = (
        perspective.Server()
        .new_local_client()
        .table(
            _arrow(
                {
                    "position": range(len(positions)),
                    "user": [place for place, _ in positions],
                    "units": [float(world.holdings[users[place]][instrument]) for place, instrument in positions],
                    "price": [0.0] * len(positions),
                }
            ),
            index="position",
        )
    )
    view = table.view(
        group_by=["user"],
        columns=["value"],
        expressions={"value": '"units" * "price"'},
        aggregates={"value": "sum"},
    )
    told: list[bytes] = []
    view.on_update(lambda _port, changes: told.append(changes), mode="row")
    batches = [_moved(batch, holders) for batch in world.batches()]
    began = perf_counter()
    for batch in batches:
        table.update(batch)
    spent_ms = world.ms_each(began)
    assert len(told) == len(batches)
    sums = pl.read_ipc_stream(io.BytesIO(view.to_arrow())).drop_nulls("user")
    return {users[place]: value for place, value in zip(sums["user"], sums["value"], strict=True)}, spent_ms


def _moved(batch: bytes, holders: dict[str, list[int]]) -> bytes:
    """Return what a batch says about the positions, as Perspective reads it fastest."""
    numbers, prices = list[int](), list[float]()
    for price in prices_of([batch]):
        if price.price is not None:
            held = holders.get(price.instrument_id, [])
            numbers += held
            prices += [float(price.price)] * len(held)
    return _arrow({"position": numbers, "price": prices})


def _arrow(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    kinds = {"position": pl.Int32, "user": pl.Int32, "units": pl.Float64, "price": pl.Float64}
    frame = pl.DataFrame(columns, schema={name: kinds[name] for name in columns})
    frame.write_ipc_stream(out, compat_level=pl.CompatLevel.oldest())
    return out.getvalue()


if __name__ == "__main__":
    for row in measure():
        print(row)
