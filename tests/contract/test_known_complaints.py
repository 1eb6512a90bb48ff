"""docs/known-complaints.md names every complaint and promise once, and only tests that exist."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "known-complaints.md").read_text()
LATER = "in a later release"
MAY_COME_LATER = frozenset({8})
"""Complaints about providers and history that no test has to show yet."""

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows_of(heading: str) -> dict[int, list[str]]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|") for line in section.splitlines() if re.match(r"\| \d", line)]
    return {int(row[0]): [cell.strip() for cell in row[1:]] for row in cells}


COMPLAINTS, PROMISES = rows_of("Twenty-five complaints"), rows_of("Eight promises")


@lru_cache
def _tests_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(name for name in names if name.startswith("test_"))


def test_every_complaint_and_promise_has_a_row() -> None:
    """In order, each once."""
    assert list(COMPLAINTS) == list(range(1, 26))
    assert list(PROMISES) == list(range(1, 9))


def test_every_row_is_shown_by_a_test() -> None:
    """Or says that it comes later, where it may."""
    for rows in (COMPLAINTS, PROMISES):
        for number, cells in rows.items():
            may_come_later = rows is COMPLAINTS and number in MAY_COME_LATER
            assert _TEST.search(cells[-1]) or (may_come_later and cells[-1] == LATER), number


@pytest.mark.parametrize(("path", "name"), sorted(set(_TEST.findall(PAGE))))
def test_named_tests_exist(path: str, name: str) -> None:
    """Under the very name that the page gives."""
    assert name in _tests_in(path)
