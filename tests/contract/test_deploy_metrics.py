"""The Grafana dashboard and the Prometheus rules speak of metrics that really exist."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from realtime.settings import Settings
from realtime.up import STAGES
from tools.write_metrics import ROOT, families, full_name, labels

DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/navstream.json").read_text())
RULES: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
SCRAPES: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())

_OF_PROMETHEUS = {"up"}
_TARGET_LABELS = {"job", "instance", "stage"}
_WORDS = {"by", "without", "and", "or", "unless", "on", "ignoring", "bool", "offset"}
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_MATCHERS = re.compile(r"\{([^}]*)\}")
_NAME = re.compile(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")


def samples() -> dict[str, set[str]]:
    """Return the names under which Prometheus stores our metrics, and the labels of each."""
    stored: dict[str, set[str]] = {}
    for family in families():
        own = set(labels(family.name))
        if family.type == "histogram":
            stored |= {f"{family.name}_bucket": {*own, "le"}, f"{family.name}_sum": own, f"{family.name}_count": own}
        else:
            stored[full_name(family)] = own
    return stored


def metrics_in(expression: str) -> set[str]:
    """Return the metric names in a PromQL expression."""
    bare = re.sub(r"\[[^\]]*\]", "", _MATCHERS.sub("", _GROUPING.sub("", expression)))
    return set(_NAME.findall(bare)) - _WORDS


def labels_in(expression: str) -> set[str]:
    """Return the label names in a PromQL expression."""
    grouped = {name.strip() for group in _GROUPING.findall(expression) for name in group.split(",")}
    matched = {
        re.split(r"[=!~]", each)[0].strip() for group in _MATCHERS.findall(expression) for each in group.split(",")
    }
    return {name for name in grouped | matched if name}


def expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (each["expr"] for each in DASHBOARD["annotations"]["list"])
    yield from (rule["expr"] for group in RULES["groups"] for rule in group["rules"])


def test_names_are_found_in_expressions() -> None:
    """Ensure the test sees what it is to check."""
    expression = (
        'histogram_quantile(0.9, sum by (le, product) (rate(sync_seconds_bucket{a="b c"}[5m]))) > 2 or absent(x)'
    )
    assert metrics_in(expression) == {"sync_seconds_bucket", "x"}
    assert labels_in(expression) == {"le", "product", "a"}


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_metric_and_label_exists(expression: str) -> None:
    """Ensure no panel stays empty and no rule sleeps for ever because a metric was renamed."""
    names, known = metrics_in(expression), samples()
    assert names
    assert names - _OF_PROMETHEUS <= known.keys()
    allowed = _TARGET_LABELS.union(*(known.get(name, set()) for name in names))
    assert labels_in(expression) <= allowed


def test_rules_are_complete() -> None:
    """Ensure each rule has a name of its own, a severity and a sentence."""
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"].endswith(".")
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}


def test_every_stage_is_scraped_where_it_serves() -> None:
    """Ensure the example of a configuration has every stage at its default port."""
    (job,) = SCRAPES["scrape_configs"]
    targets = {each["labels"]["stage"]: each["targets"] for each in job["static_configs"]}
    assert targets == {stage: [f"{stage}:{Settings.model_fields[f'metrics_port_{stage}'].default}"] for stage in STAGES}
    assert SCRAPES["rule_files"] == ["alerts.yml"]
