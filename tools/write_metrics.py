"""Write docs/metrics.md from realtime/metrics.py; `make docs` runs it, a test compares."""

from pathlib import Path

from prometheus_client.core import Metric

from realtime.metrics import COMMON_PREFIXES, REGISTRY, prefix_of
from realtime.up import STAGES

ROOT = Path(__file__).resolve().parent.parent
_HEAD = """# Metrics

Every process serves `/metrics` for Prometheus, `/health` (503 with a sentence while the stage cannot do its work) and
`/alive` (503 only when its event loop is stuck) on a port of its own; see `NAVSTREAM_METRICS_HOST` and
`NAVSTREAM_METRICS_PORT_…` in [settings.md](settings.md). A Grafana dashboard and alert rules are in `deploy/`. This
page is written by `make docs` from `realtime/metrics.py`.
"""


def families() -> list[Metric]:
    """Return every metric that is declared."""
    return sorted(REGISTRY.collect(), key=lambda family: family.name)


def full_name(family: Metric) -> str:
    """Return the name as Prometheus stores it; a histogram's without `_bucket`, `_sum` and `_count`."""
    return f"{family.name}_total" if family.type == "counter" else family.name


def metrics_page() -> str:
    lines = [_HEAD]
    left = families()
    for title, prefixes in (
        ("Every process", COMMON_PREFIXES),
        *((f"`{stage}`", (prefix_of(stage),)) for stage in STAGES),
    ):
        mine = [family for family in left if family.name.startswith(prefixes)]
        left = [family for family in left if family not in mine]
        if mine:
            lines += ["", f"## {title}", "", "| metric | type | labels | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{full_name(family)}` | {family.type} | {', '.join(labels(family.name))} | {family.documentation} |"
            for family in mine
        ]
    if left:
        raise LookupError(f"metrics of no stage: {[family.name for family in left]}")
    return "\n".join(lines) + "\n"


def labels(name: str) -> tuple[str, ...]:
    """Return the label names of a metric."""
    collector = REGISTRY._names_to_collectors.get(name)  # noqa: SLF001  # nowhere public
    return tuple(getattr(collector, "_labelnames", ()))


if __name__ == "__main__":
    (ROOT / "docs" / "metrics.md").write_text(metrics_page())
