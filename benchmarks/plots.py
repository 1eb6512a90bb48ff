"""Draw docs/images/growth-*.svg from docs/images/growth.json: `python -m benchmarks.plots`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.growth import MEASURED


@dataclass(frozen=True)
class Plot:
    """One picture.

    Attributes:
        lines: Label of each line, by its name in the measured points.
    """

    name: str
    title: str
    across: str
    up: str
    lines: dict[str, str]


PLOTS = (
    Plot(
        "accounts",
        "Revaluing every account, 30 positions each, all 20,000 prices new (1 thread)",
        "accounts",
        "ms; MiB",
        {"ms": "time, ms", "mib": "memory of the book, MiB"},
    ),
    Plot(
        "clients",
        "Fan-out: every client is sent a message of its own (1 broadcaster)",
        "clients",
        "µs; ms",
        {"us_a_message": "a message, µs", "ms_a_round": "all clients once, ms"},
    ),
    Plot(
        "symbols",
        "A newer price of every symbol, 500 watched users with up to 30 positions (1 calculator)",
        "symbols",
        "µs; ms",
        {"us_a_price": "a price, µs", "us_a_user": "a user's positions and figures, µs", "ms_all": "everything, ms"},
    ),
    Plot(
        "trades",
        "Trade to client, 500 clients with 30 of 5,000 symbols, every stage, feed and client on 2 cores",
        "trades offered a second",
        "age of the newest trade in a message, ms",
        {"p50_ms": "half", "p99_ms": "99 %"},
    ),
)


def draw(plot: Plot, measured: dict[str, Any], folder: Path) -> Path:
    """Draw one plot, both axes logarithmic; the same figures make the same file."""
    points = measured[plot.name]["points"]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for line, label in plot.lines.items():
        axes.loglog([point["count"] for point in points], [point[line] for point in points], marker="o", label=label)
    axes.set_title(plot.title, fontsize=10)
    axes.set_xlabel(f"{plot.across}    (measured {measured[plot.name]['measured_at']}, 2 cores)")
    axes.set_ylabel(plot.up)
    axes.grid(visible=True, which="major", alpha=0.4)
    axes.legend()
    path = folder / f"growth-{plot.name}.svg"
    figure.savefig(path, metadata={"Date": None})
    return path


def main() -> None:
    mpl.rcParams["svg.hashsalt"] = "navstream"
    mpl.rcParams["svg.fonttype"] = "none"
    measured = json.loads(MEASURED.read_text())
    for plot in PLOTS:
        print(draw(plot, measured, MEASURED.parent))


if __name__ == "__main__":
    main()
