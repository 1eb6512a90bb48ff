"""`make bench-peers`: the same work done by us and by others, one after another; writes benchmarks/peers.json.

A benchmark is a module here whose `measure()` returns rows: {"work", "unit", "ours", "peer", "theirs", "times"}, where
`times` says how many times as much (of a rate) or as fast (of a time) ours is.
"""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import number, run

BENCHMARKS = ("fanout", "revalue", "streaming", "redis_gets", "trade_to_client")
RESULTS = Path(__file__).parent.parent / "peers.json"


def main() -> None:
    wanted = sys.argv[1:] or BENCHMARKS
    rows = [row for name in wanted for row in run(f"peers.{name}")]
    RESULTS.write_text(json.dumps({"rows": rows}, indent=2) + "\n")
    Console(width=140).print(table(rows))


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("work", "unit", "ours", "peer", "theirs", "ours is … times as good")
    for row in rows:
        shown.add_row(row["work"], row["unit"], number(row["ours"]), row["peer"], number(row["theirs"]),
                      number(row["times"]))  # fmt: skip
    return shown


if __name__ == "__main__":
    main()
