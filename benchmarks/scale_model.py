"""What many users need, worked out from what `make bench` measured: writes docs/scale.md.

The model counts work a second at the opening burst and divides it by what one core does, by the measured rows in
docs/measured.json. The stages conflate: when a core has more to do than time, messages come later and hold more, never
queue. So the model plans each stage for a part of its cores' time, and a simulation of such a stage, whose clients take
turns, says how old a message gets; it is held against the measured burst.
"""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from realtime.domain.partition import BLOCKS_COUNT

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "docs" / "measured.json"
PAGE = ROOT / "docs" / "scale.md"
POWERS = range(1, 8)


@dataclass(frozen=True)
class Assumptions:
    """What nobody measured here; each is said on the page."""

    accounts_a_user: int = 10
    positions_an_account: int = 30
    instruments_a_user: int = 60
    online_share: float = 0.05
    symbols: int = 11_000
    trades_a_second: int = 60_000
    messages_a_client_a_second: float = 2.0
    cores_used_share: float = 0.5
    collector_prices_a_second: int = 12_500
    valkey_busy_share: float = 0.5
    node_gib: int = 64
    bytes_to_client_a_row: int = 180
    dollars_a_core_month: float = 30.0
    dollars_a_gib_month: float = 4.0
    dollars_a_gb_sent: float = 0.05
    burst_equivalent_hours_a_month: float = 21.0


@dataclass(frozen=True)
class Need:
    """What so many users need at the opening burst."""

    users: int
    clients: int
    rows_a_second: float
    messages_a_second: float
    calculators: int
    broadcasters: int
    valkey_nodes: int
    book_gib: float
    clients_gib: float
    gbit_to_clients: float
    gbit_between: float
    dollars_a_month: float
    bottleneck: str


def costs() -> Mapping[str, float]:
    """Return the measured values by the name of their row."""
    return {row["name"]: row["value"] for row in json.loads(MEASURED.read_text())["rows"]}


def need(users: int, cost: Mapping[str, float], given: Assumptions) -> Need:
    """Work out what so many users need."""
    clients = max(1, round(users * given.online_share))
    moves_a_second = given.trades_a_second / given.symbols
    moved_share = 1 - math.exp(-moves_a_second / given.messages_a_client_a_second)
    messages = clients * given.messages_a_client_a_second
    rows = messages * given.instruments_a_user * moved_share
    for_prices = given.collector_prices_a_second * cost["price_to_calculator"] / 1e6
    usable = given.cores_used_share - for_prices
    calculators = math.ceil(rows * cost["row_of_calculator"] / 1e6 / usable)
    book_gib = users * given.accounts_a_user * given.positions_an_account * cost["bytes_per_position"] / 2**30
    calculators = max(calculators, math.ceil(book_gib / given.node_gib))
    sending_us = 1e6 / cost["fanout"]
    showing = rows * cost["row_of_broadcaster"] + messages * (cost["message_of_broadcaster"] + sending_us)
    broadcasters = max(1, math.ceil(showing / 1e6 / given.cores_used_share))
    clients_gib = clients * cost["kib_per_client"] / 2**20
    valkey = max(1, math.ceil(messages * cost["message_of_valkey"] / 1e6 / given.valkey_busy_share))
    to_clients = rows * given.bytes_to_client_a_row * 8 / 1e9
    between = (rows * cost["bytes_of_row"] * 2 + given.collector_prices_a_second * 200 * (calculators + 1)) * 8 / 1e9
    dollars = (
        (calculators + broadcasters + 2 * valkey + 4) * given.dollars_a_core_month
        + (book_gib + clients_gib) * given.dollars_a_gib_month
        + to_clients / 8 * 3600 * given.burst_equivalent_hours_a_month * given.dollars_a_gb_sent
    )
    loads = {
        "a calculator's core": rows * cost["row_of_calculator"] / 1e6 + for_prices,
        "a broadcaster's core": showing / 1e6,
        "a Valkey node's core": messages * cost["message_of_valkey"] / 1e6,
        "a calculator's memory": book_gib / given.node_gib,
    }
    first = max(loads, key=lambda name: loads[name])
    if calculators > BLOCKS_COUNT:
        first = f"the {BLOCKS_COUNT} blocks of partitions"
    return Need(
        users, clients, rows, messages, calculators, broadcasters, valkey, book_gib, clients_gib, to_clients, between,
        dollars, first,
    )  # fmt: skip


def simulated_p99_ms(
    clients: int, rows_a_client: int, moves_a_second: float, row_us: float, message_us: float, seed: int = 1
) -> float:
    """Return the 99th percentile of a message's age at one core whose clients take turns, ms.

    Each turn sends what has moved since the client's last one; the age is that of the newest price in it when it was
    taken up, which is how long it has waited for the turn.
    """
    draw = random.Random(seed)
    now_s, last_s = 0.0, [0.0] * clients
    ages: list[float] = []
    for turn in range(20 * clients):
        client = turn % clients
        waited_s = now_s - last_s[client]
        moved = sum(draw.random() < 1 - math.exp(-moves_a_second * waited_s) for _ in range(rows_a_client))
        if moved:
            newest_s = -math.log(1 - draw.random()) / (moves_a_second * rows_a_client)
            spent_s = (moved * row_us + message_us) / 1e6
            if turn > 10 * clients:
                ages.append(min(newest_s, waited_s) + spent_s + waited_s / 2)
            now_s += spent_s
        else:
            now_s += 1e-6
        last_s[client] = now_s
    ages.sort()
    return ages[int(len(ages) * 0.99)] * 1000


def predicted_burst_ms(cost: Mapping[str, float]) -> float:
    """Return what the model says of the burst benchmark, ms: 500 clients of 30 of 5,000 symbols, 50,000 trades/s.

    Calculator, Valkey and broadcaster have one of the two cores; the other is the market's, the collector's and the
    clients'.
    """
    row_us = cost["row_of_calculator"] + cost["row_of_broadcaster"]
    message_us = cost["message_of_broadcaster"] + 1e6 / cost["fanout"] + cost["message_of_valkey"]
    return simulated_p99_ms(500, 30, 10.0, row_us, message_us)


def page() -> str:
    """Return docs/scale.md."""
    cost, given = costs(), Assumptions()
    rows = [need(10**power, cost, given) for power in POWERS]
    measured = cost["burst_p99_ms"]
    lines = [_HEAD.format(given=given, **{name: cost[name] for name in _USED}), *_TABLE_HEAD]
    lines += [
        f"| {row.users:,} | {row.clients:,} | {row.rows_a_second:,.0f} | {row.calculators:,} | {row.broadcasters:,} | "
        f"{row.valkey_nodes:,} | {row.book_gib:,.1f} | {row.gbit_to_clients:,.2f} | {row.gbit_between:,.2f} | "
        f"{row.dollars_a_month:,.0f} | {row.bottleneck} |"
        for row in rows
    ]
    lines += [
        _TAIL.format(
            predicted=predicted_burst_ms(cost), measured=measured, blocks=BLOCKS_COUNT, blocks_more=BLOCKS_COUNT + 1
        )
    ]
    return "\n".join(lines) + "\n"


_USED = (
    "price_to_calculator", "row_of_calculator", "row_of_broadcaster", "message_of_broadcaster", "message_of_valkey",
    "bytes_of_row", "bytes_per_position", "kib_per_client", "fanout", "intake",
)  # fmt: skip
_HEAD = """# Scale

What 10 to 10 million users need at the opening burst of the full SIP feed, worked out by `benchmarks/scale_model.py` from
what `make bench` measured ([measured.json](measured.json)); nothing above 10,000 clients has been run. Written by
`python -m benchmarks.scale_model`; a test holds this page to it.

**Measured**, one core: a calculator takes a price in {price_to_calculator:.1f} µs and values a row in
{row_of_calculator:.1f} µs; a broadcaster shows a row in {row_of_broadcaster:.1f} µs and frames a message in
{message_of_broadcaster:.1f} µs, of which it sends {fanout:,.0f} a second; Valkey passes a user's update on in
{message_of_valkey:.1f} µs; a row is {bytes_of_row:.0f} bytes between the stages; a position of the book takes
{bytes_per_position:.1f} bytes and a connected client {kib_per_client:.1f} KiB; the collector decodes {intake:,.0f} messages
a second.

**Assumed**: {given.accounts_a_user} accounts a user with {given.positions_an_account} positions each, in
{given.instruments_a_user} different instruments; {given.online_share:.0%} of the users online at the open, each with one
client that shows all positions and takes {given.messages_a_client_a_second:g} messages a second; {given.symbols:,} symbols
and {given.trades_a_second:,} trades a second for the burst, spread
evenly, of which the collector passes on {given.collector_prices_a_second:,} newest prices a second to every calculator;
stages planned for {given.cores_used_share:.0%} of a core's time and Valkey for {given.valkey_busy_share:.0%};
{given.node_gib} GiB to a machine; {given.bytes_to_client_a_row} bytes a row to a client; ${given.dollars_a_core_month:g} a
core and ${given.dollars_a_gib_month:g} a GiB a month, ${given.dollars_a_gb_sent:g} a GB sent,
{given.burst_equivalent_hours_a_month:g} hours a month at the burst's rate. Valkey nodes are counted twice in the money, for
their replicas.
"""  # noqa: E501  # lines of the page
_COLUMNS = (
    "users", "clients", "rows/s", "calculators", "broadcasters", "Valkey", "book GiB", "Gbit/s to clients",
    "Gbit/s between", "$ a month", "fills first",
)  # fmt: skip
_TABLE_HEAD = (f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|")
_TAIL = """
What fills first is the calculators' valuing of rows, then the broadcasters' showing of them: both are shared, by
partition and by client, so they grow by adding processes. What does **not** grow that way today, in the order in which it
is met:

1. **256 partitions are claimed in {blocks} blocks**, so that a {blocks_more}th calculator has nothing to do: that is the
   first wall, between a hundred thousand and a million users. Smaller blocks, then more partitions, move it (a constant
   each); the lease traffic grows with them.
2. **The price feed is read by every calculator.** Its bandwidth grows with their number, all of it from the node that
   holds the prices: from some hundreds of calculators on, copies of the feed on other nodes.
3. **One collector for a credential.** It decodes far more than the feed brings, and conflates what its one core cannot
   pass on; beyond that a second credential with half of the symbols each.
4. **Postgres** holds three billion positions at ten million users: partitioned by user, which no query of ours stands
   against, but nothing of it is built.

The simulation of taking turns says {predicted:.0f} ms for the p99 of the burst benchmark (500 clients, 50,000 trades/s, one
core of two for calculator, Valkey and broadcaster together); measured are {measured:.0f} ms, with the loops, the sockets and
the scheduling of two full cores, which the simulation leaves out. The plan above keeps half of each core for them.
"""  # noqa: E501  # lines of the page


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
