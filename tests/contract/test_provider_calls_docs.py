"""docs/provider-calls.md names only tests and functions that exist, and a test for every call."""

import re
from pathlib import Path

import pytest

from tests.contract.test_known_complaints import _TEST, _tests_in

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "provider-calls.md").read_text()
ROWS = [
    line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("|---", "| call", "| what |"))
]


def test_every_row_has_a_test() -> None:
    """No call is claimed without one."""
    assert len(ROWS) > 30
    assert [row for row in ROWS if not _TEST.search(row)] == []


@pytest.mark.parametrize(("path", "name"), sorted(set(_TEST.findall(PAGE))))
def test_named_tests_exist(path: str, name: str) -> None:
    """Under the very name that the page gives."""
    assert name in _tests_in(path)


def test_the_sdks_methods_that_are_named_are_called() -> None:
    """Each method of an SDK in the tables of Plaid and SnapTrade stands in the provider's folder."""
    for provider in ("Plaid", "SnapTrade"):
        table = PAGE.partition(f"## {provider}\n")[2].partition("\n## ")[0]
        source = "".join(path.read_text() for path in (ROOT / "providers" / provider.lower()).glob("*.py"))
        named = {
            name
            for row in table.splitlines()
            if row.count("|") > 4
            for name in re.findall(r"`(\w+)`", row.split("|")[3])
        }
        assert len(named) > 8
        assert {name for name in named if name not in source} == set()
