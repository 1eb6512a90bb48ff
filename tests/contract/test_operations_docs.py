"""For each alert the operator finds what it means and what to do."""

import re

import yaml

from monitor.checks import CHECKS, Hours
from tools.write_metrics import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text()
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
HOURS = {Hours.ALWAYS: "always", Hours.MARKET: "in regular sessions", Hours.STREAM: "in trading hours"}


def test_alerts_and_sections_are_the_same() -> None:
    """Ensure no alert is without advice, and no advice about what is no more."""
    assert list(SECTIONS) == [check.name for check in CHECKS]


def test_each_section_says_how_urgent_it_is_and_when_it_fires() -> None:
    """Ensure the page and the registry agree on severity, hours and patience."""
    for check in CHECKS:
        (said,) = re.findall(r"^\*(.+?)\*", SECTIONS[check.name].strip(), re.DOTALL)
        said = " ".join(said.split())
        assert said.startswith(f"{check.severity.value.capitalize()}, {HOURS[check.hours]}"), check.name
        patience = f"{check.after_s / 60:g} min" if check.after_s > 60 else f"{check.after_s:g} s"
        if check.name not in {"feed_silent", "feed_stale"}:  # their own limits, in words, count for more
            assert f"after {patience}" in said, check.name


def test_rules_and_rows_are_the_same() -> None:
    """Ensure each rule of Prometheus has its row."""
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    assert re.findall(r"^\| `(Navstream\w+)` \|", PAGE, re.MULTILINE) == names
