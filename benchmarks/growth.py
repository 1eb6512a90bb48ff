"""How the cost grows with accounts, clients, symbols and trades: `make bench-plots` measures and draws.

`python -m benchmarks.growth [accounts|clients|symbols|trades ...]` measures all or some, each in a process of its own,
and writes docs/images/growth.json; `benchmarks.plots` draws it.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from benchmarks.peers.fanout import our_rate
from benchmarks.revalue_book import base_of, best_ms
from benchmarks.stage_costs import USERS, Calculator, best_us
from benchmarks.trade_to_client import populate, quantile, service_ages
from calculator.book import Book
from realtime.embedded import embedded_servers
from realtime.store.migrate import migrate

MEASURED = Path(__file__).resolve().parent.parent / "docs" / "images" / "growth.json"
COUNTS = {
    "accounts": (1_000, 10_000, 100_000, 1_000_000),
    "clients": (10, 100, 1_000, 10_000),
    "symbols": (10, 100, 1_000, 10_000),
    "trades": (100, 1_000, 10_000, 30_000, 100_000),
}
_INSTRUMENTS = 20_000
_MESSAGES = 50_000
_TIMEOUT_S = 120


def accounts(count: int) -> dict[str, float]:
    """Return what revaluing so many accounts takes when all prices have moved, and what they take in memory."""
    draw = np.random.default_rng(7)
    base = base_of(draw, count, _INSTRUMENTS)
    price = draw.uniform(1, 500, _INSTRUMENTS)
    book = Book(base)
    return {"ms": best_ms(lambda: book.still(_INSTRUMENTS).market_values(price)), "mib": base.nbytes / 2**20}


def clients(count: int) -> dict[str, float]:
    """Return what one message costs with so many clients connected, and a round in which each has one."""
    rate = uvloop.run(our_rate(count, max(3, _MESSAGES // count)))
    return {"us_a_message": 1e6 / rate, "ms_a_round": 1e3 * count / rate}


def symbols(count: int) -> dict[str, float]:
    """Return what a newer price costs with so many symbols, and newer prices of all of them with all users valued."""
    calculator = Calculator(count)
    price_us = best_us(calculator.mark_s, count)
    users_us = best_us(lambda: calculator.value()[1], USERS)
    return {"us_a_price": price_us, "us_a_user": users_us, "ms_all": (price_us * count + users_us * USERS) / 1e3}


def trades(rate: int) -> dict[str, float]:
    """Return how old the newest trade of a message is at a client, of all clients' messages."""
    ages = asyncio.run(_ages(rate))
    return {"p50_ms": quantile(ages, 0.5), "p99_ms": quantile(ages, 0.99)}


async def _ages(rate: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_servers(Path(folder)) as servers:
            await migrate(servers.database_url)
            users = await populate(servers.database_url)
            ages, _ = await service_ages(servers, users, rate)
            return ages


MEASURES: dict[str, Callable[[int], dict[str, float]]] = {
    "accounts": accounts,
    "clients": clients,
    "symbols": symbols,
    "trades": trades,
}


def measure(wanted: Sequence[str]) -> None:
    """Measure what is wanted, each point in a fresh process, and put it beside what was measured before."""
    known: dict[str, Any] = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    for name in wanted:
        known[name] = {"measured_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "points": []}
        for count in COUNTS[name]:
            print(f"measuring {count:,} {name} …", file=sys.stderr, flush=True)
            known[name]["points"].append({"count": count, **_in_a_process(name, count)})
    MEASURED.write_text(json.dumps(known, indent=2) + "\n")


def _in_a_process(name: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.growth", "--one", name, str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=_TIMEOUT_S)
    point: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return point


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(MEASURES[sys.argv[2]](int(sys.argv[3]))))
    else:
        measure(sys.argv[1:] or tuple(MEASURES))
