"""Take the last `make bench` into the docs: `python -m benchmarks.publish "where and when"`.

Writes docs/measured.json, the speed table in docs/performance.md and docs/scale.md.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks import scale_model
from benchmarks.__main__ import RESULTS, number

PERFORMANCE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
_SECTION = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)


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


def main() -> None:
    rows = json.loads(RESULTS.read_text())["rows"]
    scale_model.MEASURED.write_text(json.dumps({"circumstances": sys.argv[1], "rows": rows}, indent=2) + "\n")
    page = PERFORMANCE.read_text()
    PERFORMANCE.write_text(_SECTION.sub(lambda _: table(rows, sys.argv[1]), page))
    scale_model.main()


if __name__ == "__main__":
    main()
