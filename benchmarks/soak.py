"""`make soak`: the whole service for an hour at moderate load; memory, descriptors and latency must stay flat.

Samples every process each few seconds and every value a client sees, fits a line through the second part of the run
(the first warms caches up), and prints for each process what a day's growth of it would be at that slope. Ends with
status 1 when something is not flat. Figures go to benchmarks/soak.json.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import psutil

from navstream.client import Stream
from realtime.auth import Tokens
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.up import STAGES
from tests.support.faults_service import FaultedService, faulted_service

RESULTS = Path(__file__).parent / "soak.json"
_SAMPLE_EVERY_S = 5.0
_WARM_SHARE = 0.4
_RESIDENT_MIB_A_HOUR_MAX = 8.0
_DESCRIPTORS_AN_HOUR_MAX = 2.0
_LATENCY_GROWTH_MAX = 0.25
"""As a share of the median, over the run."""
_STANDARD_ERRORS = 3.0
_MIB = 1024 * 1024


@dataclass
class Samples:
    """What was measured, with the seconds since the start."""

    at_s: list[float] = field(default_factory=list)
    resident: dict[str, list[float]] = field(default_factory=dict)
    descriptors: dict[str, list[float]] = field(default_factory=dict)
    latency_at_s: list[float] = field(default_factory=list)
    latency_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Slope:
    """A line through samples: its slope an hour and that slope's standard error."""

    an_hour: float
    error: float

    def exceeds(self, limit: float) -> bool:
        """Whether it is above the limit beyond what chance explains."""
        return self.an_hour - _STANDARD_ERRORS * self.error > limit


def slope(at_s: Sequence[float], values: Sequence[float]) -> Slope:
    """Fit a line by least squares."""
    hours, y = np.asarray(at_s) / 3600, np.asarray(values)
    centred = hours - hours.mean()
    spread = float((centred**2).sum())
    fitted = float((centred * y).sum()) / spread
    rest = y - y.mean() - fitted * centred
    error = float(np.sqrt((rest**2).sum() / max(1, len(y) - 2) / spread))
    return Slope(fitted, error)


async def soak(minutes: float, rate: float, clients: int) -> int:
    """Run the service, print what came of it, return the exit status."""
    samples = Samples()
    with tempfile.TemporaryDirectory(prefix="navstream-soak-", ignore_cleanup_errors=True) as folder:
        async with faulted_service(Path(folder), rate) as service, asyncio.TaskGroup() as tasks:
            began = monotonic()
            watching = [tasks.create_task(_watch(service, number, samples, began)) for number in range(clients)]
            while monotonic() - began < minutes * 60:
                _sample(service, samples, monotonic() - began)
                await asyncio.sleep(_SAMPLE_EVERY_S)
            restarts = {name: child.restarts_count for name, child in service.supervisor.children.items()}
            for task in watching:
                task.cancel()
    report = _report(samples, {"minutes": minutes, "trades_per_s": rate, "clients": clients}, restarts)
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")
    _print(report)
    return 1 if report["not_flat"] else 0


async def _watch(service: FaultedService, number: int, samples: Samples, began: float) -> None:
    """Follow a user's positions; note how old each new price is when it arrives, as market time goes at wall speed."""
    settings = service.settings
    tokens = Tokens(settings.jwt_secret.get_secret_value(), settings.jwt_issuer, settings.jwt_audience)
    user = UserId(service.clients[number % len(service.clients)].user_id)
    token = tokens.issue(user, WallClock().now() - timedelta(minutes=1), 48 * 3600)
    async for update in Stream(settings.public_websocket_url, token, ["portfolio", "positions"]):
        if update.channel != "positions" or update.message["type"] != "delta":
            continue
        now = service.clock.now()
        rows = (row for row in update.message["data"].values() if isinstance(row, dict))
        times = [row["price_time"] for row in rows if row.get("price_time")]
        if times:
            newest = max(datetime.fromisoformat(time) for time in times)
            samples.latency_at_s.append(monotonic() - began)
            samples.latency_s.append((now - newest).total_seconds())


def _sample(service: FaultedService, samples: Samples, at_s: float) -> None:
    samples.at_s.append(at_s)
    for stage in STAGES:
        process = service.process(stage)
        if process is None:
            continue
        samples.resident.setdefault(stage, []).append(process.memory_info().rss / _MIB)
        samples.descriptors.setdefault(stage, []).append(process.num_fds())
    for process in psutil.Process().children():
        if "valkey" in process.name():
            samples.resident.setdefault("valkey", []).append(process.memory_info().rss / _MIB)
            samples.descriptors.setdefault("valkey", []).append(process.num_fds())


def _report(samples: Samples, load: dict[str, Any], restarts: dict[str, int]) -> dict[str, Any]:
    warm_s = load["minutes"] * 60 * _WARM_SHARE
    kept = sum(at_s < warm_s for at_s in samples.at_s)
    rows, not_flat = [], [f"{name} was restarted {count} times" for name, count in restarts.items() if count]
    for name, resident in samples.resident.items():
        if len(resident) != len(samples.at_s):
            not_flat.append(f"{name} was not there all the time")
            continue
        memory = slope(samples.at_s[kept:], resident[kept:])
        descriptors = slope(samples.at_s[kept:], samples.descriptors[name][kept:])
        if memory.exceeds(_RESIDENT_MIB_A_HOUR_MAX):
            not_flat.append(f"memory of {name} grows by {memory.an_hour:.1f} MiB an hour")
        if descriptors.exceeds(_DESCRIPTORS_AN_HOUR_MAX):
            not_flat.append(f"descriptors of {name} grow by {descriptors.an_hour:.1f} an hour")
        rows.append({
            "process": name,
            "resident_mib_first": round(resident[kept], 1),
            "resident_mib_last": round(resident[-1], 1),
            "resident_mib_an_hour": round(memory.an_hour, 2),
            "resident_error": round(memory.error, 2),
            "descriptors_first": samples.descriptors[name][kept],
            "descriptors_last": samples.descriptors[name][-1],
            "descriptors_an_hour": round(descriptors.an_hour, 2),
        })  # fmt: skip
    latency = _latency(samples, warm_s, load["minutes"])
    if latency["growth_share"] > _LATENCY_GROWTH_MAX:
        not_flat.append(f"latency grows by {latency['growth_share']:.0%} over the run")
    return {"load": load, "warm_s": warm_s, "processes": rows, "latency": latency, "not_flat": not_flat}


def _latency(samples: Samples, warm_s: float, minutes: float) -> dict[str, float]:
    at_s, latency_s = np.asarray(samples.latency_at_s), np.asarray(samples.latency_s)
    chosen = at_s >= warm_s
    at_s, latency_s = at_s[chosen], latency_s[chosen]
    by_minute = (at_s // 60).astype(int)
    medians = [
        (minute * 60.0, float(np.median(latency_s[by_minute == minute]))) for minute in sorted(set(by_minute.tolist()))
    ]
    line = slope([at for at, _ in medians], [value for _, value in medians]) if len(medians) > 2 else Slope(0, 0)
    growth = (line.an_hour - _STANDARD_ERRORS * line.error) * minutes / 60 / float(np.median(latency_s))
    return {
        "samples_count": len(latency_s),
        "p50_ms": round(float(np.quantile(latency_s, 0.5)) * 1000, 1),
        "p99_ms": round(float(np.quantile(latency_s, 0.99)) * 1000, 1),
        "p50_ms_an_hour": round(line.an_hour * 1000, 2),
        "p50_error": round(line.error * 1000, 2),
        "growth_share": round(max(0.0, growth), 3),
    }


def _print(report: dict[str, Any]) -> None:
    load = report["load"]
    print(f"{load['minutes']:g} minutes at {load['trades_per_s']:g} trades/s with {load['clients']} clients; ", end="")
    print(f"lines through all but the first {report['warm_s'] / 60:.1f} minutes\n")
    print(
        "| process | memory MiB, warm → end | MiB an hour | descriptors, warm → end | an hour |\n|---|---|---|---|---|"
    )
    for row in report["processes"]:
        memory = f"{row['resident_mib_first']} → {row['resident_mib_last']}"
        trend = f"{row['resident_mib_an_hour']:+.2f} ± {row['resident_error']:.2f}"
        descriptors = f"{row['descriptors_first']} → {row['descriptors_last']}"
        print(f"| {row['process']} | {memory} | {trend} | {descriptors} | {row['descriptors_an_hour']:+.2f} |")
    told = report["latency"]
    print(f"\ntrade → client: p50 {told['p50_ms']} ms, p99 {told['p99_ms']} ms, ", end="")
    print(f"p50 {told['p50_ms_an_hour']:+.2f} ± {told['p50_error']:.2f} ms an hour ({told['samples_count']:,} values)")
    for problem in report["not_flat"]:
        print(f"✗ {problem}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=500, help="trades a second")
    parser.add_argument("--clients", type=int, default=50)
    asked = parser.parse_args()
    sys.exit(asyncio.run(soak(asked.minutes, asked.rate, asked.clients)))
