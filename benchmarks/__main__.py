"""`make bench`: run every benchmark in a process of its own, print a table, write benchmarks/results.json.

A benchmark is a module here whose `measure()` returns a row or a list of rows:
{"name", "value", "unit", "yardstick", "ratio", "target"}, `yardstick` measured in the same run.
"""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

BENCHMARKS = (
    "revalue_book",
    "intake",
    "fanout",
    "stalled_clients",
    "stage_costs",
    "scale_out",
    "sync_1000",
    "cold_start",
    "trade_to_client",
    "holdings_churn",
    "sync_thousand_connections",
    "webhook_burst",
)
RESULTS = Path(__file__).parent / "results.json"
_TIMEOUT_S = 300


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1] == "--one":
        rows = importlib.import_module(f"benchmarks.{sys.argv[2]}").measure()
        print(json.dumps(rows if isinstance(rows, list) else [rows]))
        return
    wanted = sys.argv[1:] or BENCHMARKS
    rows = [row for name in wanted for row in run(name)]
    RESULTS.write_text(json.dumps({"rows": rows}, indent=2) + "\n")
    Console(width=120).print(table(rows))


def run(name: str) -> list[dict[str, Any]]:
    """Run one benchmark in a fresh process and return its rows."""
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--one", name],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT_S,
    )
    if done.returncode:
        sys.exit(f"benchmark {name} failed")
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("name", "value", "unit", "yardstick", "ratio", "to reach")
    for row in rows:
        shown.add_row(row["name"], *(number(row[part]) for part in ("value",)), row["unit"],
                      number(row["yardstick"]), number(row["ratio"]), row["target"])  # fmt: skip
    return shown


def number(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


if __name__ == "__main__":
    main()
