"""Take the last `make bench` into the docs: `python -m benchmarks.publish "where and when" [speed] [peers]`.

Writes docs/measured.json, the tables in docs/performance.md and docs/scale.md.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks import scale_model
from benchmarks.__main__ import RESULTS, number
from benchmarks.peers.__main__ import RESULTS as PEERS

PERFORMANCE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def table(rows: list[dict[str, Any]], circumstances: str) -> str:
    """Return the speed table and where it was measured."""
    lines = [
        f"{circumstances}.\n",
        "| name | value | unit | yardstick | ratio | to reach | reached |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['name']} | {number(row['value'])} | {row['unit']} | {number(row['yardstick'])} | "
        f"{number(row['ratio'])} | {row['target'] or ''} | {reached(row)} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def reached(row: dict[str, Any]) -> str:
    """Return whether a row is where it should be; nothing for one without a target."""
    if row["target"] is None:
        return ""
    comparison, limit = re.findall(r"([<>]=) ([\d.]+)", row["target"])[0]
    value = row["value"] if row["ratio"] is None else row["ratio"]
    return "yes" if (value <= float(limit) if comparison == "<=" else value >= float(limit)) else "**no**"


def peers_table(rows: list[dict[str, Any]], circumstances: str) -> str:
    """Return the table of the peers and where it was measured."""
    lines = [
        f"{circumstances}.\n",
        "| work | unit | ours | peer | theirs | ours is … times as good |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['work']} | {row['unit']} | {number(row['ours'])} | {row['peer']} | {number(row['theirs'])} | "
        f"{number(row['times'])} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def put(section: str, text: str) -> None:
    """Put a text between a section's marks in docs/performance.md."""
    between = re.compile(rf"(?<=<!-- {section} -->\n).*?(?=<!-- /{section} -->)", re.DOTALL)
    PERFORMANCE.write_text(between.sub(lambda _: text, PERFORMANCE.read_text()))


def main() -> None:
    circumstances, wanted = sys.argv[1], sys.argv[2:] or ["speed", "peers"]
    measured = json.loads(scale_model.MEASURED.read_text())
    if "speed" in wanted:
        rows = json.loads(RESULTS.read_text())["rows"]
        measured |= {"circumstances": circumstances, "rows": rows}
        put("measured", table(rows, circumstances))
    if "peers" in wanted:
        rows = json.loads(PEERS.read_text())["rows"]
        measured["peers"] = {"circumstances": circumstances, "rows": rows}
        put("peers", peers_table(rows, circumstances))
    scale_model.MEASURED.write_text(json.dumps(measured, indent=2) + "\n")
    scale_model.main()


if __name__ == "__main__":
    main()
