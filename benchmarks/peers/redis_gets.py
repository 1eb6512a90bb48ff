"""All that the watched users see, as prices stream in, beside one GET of Redis for each position.

500 users hold 30 of 5,000 stocks each; batches of 500 newer prices come in and touch almost everybody. Ours is what a
calculator does with a batch between its two messages: decode, mark, value the positions that moved and all figures of
their users, and encode. The naive design (benchmarks/peers/naive.py) sums up every user anew, whatever has moved. Both
calculate in Decimal, and have the same total for every user in the end.
"""

import gc
import tempfile
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import redis

from benchmarks.peers.naive import store_price, total_of
from benchmarks.peers.world import World
from benchmarks.stage_costs import SYMBOLS, USERS
from realtime.contract.messages import encode
from realtime.domain.account import UserId
from realtime.embedded import EmbeddedValkey

ROUNDS = 5


def measure(rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Return the mean time for a batch of prices, ours and that of a pass of the naive design."""
    world = World(rounds)
    gc.disable()
    ours, ours_ms = watched(world)
    theirs, theirs_ms = naive(world)
    gc.enable()
    assert theirs == ours, "totals differ"
    return [
        {
            "work": f"{SYMBOLS / len(world.rounds[0]):.0f} newer prices: all figures (theirs: sums) of {USERS} users",
            "unit": "ms",
            "ours": ours_ms,
            "peer": f"a GET a position, redis-py {redis.__version__}",
            "theirs": theirs_ms,
            "times": theirs_ms / ours_ms,
        }
    ]


def watched(world: World) -> tuple[dict[UserId, Decimal], float]:
    """Return each user's total after the last batch, and the mean milliseconds a batch."""
    calculator, totals = world.calculator, dict[UserId, Decimal]()
    began = perf_counter()
    for batch in world.batches():
        for update in calculator.watched.value(calculator.take([batch])):
            encode(update)
            assert update.figures.total_value is not None
            totals[update.user_id] = update.figures.total_value
    return totals, world.ms_each(began)


def naive(world: World) -> tuple[dict[UserId, Decimal], float]:
    """Return each user's total and the milliseconds of one pass over all users, which is due after any change."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedValkey(Path(folder))
        server.start()
        try:
            connection = redis.Redis.from_url(server.url)
            for instrument, price in world.prices.items():
                store_price(connection, instrument, price, 1)
            began = perf_counter()
            totals = {user: total_of(connection, held).value for user, held in world.holdings.items()}
            return totals, (perf_counter() - began) * 1000
        finally:
            server.stop()


if __name__ == "__main__":
    for row in measure():
        print(row)
