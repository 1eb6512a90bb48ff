"""docs/architecture.md shows the stages, names and imports that the code has."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import grimp
import pytest

from realtime.contract import names
from realtime.up import STAGES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
DIAGRAMS = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
FLOWS, IMPORTS = "\n".join(DIAGRAMS[:-1]), DIAGRAMS[-1]
OUTSIDE = {"providers", "market", "webhooks", "clients", "browsers", "operator"}
"""Nodes of the diagrams that are no process of ours, nor a name in Redis."""
HOUSEKEEPING = {"generation", "lease", "heartbeat", "sign_in_code", "rate_limits"} | {
    "kept_portfolio",
    "kept_edition",
    "kept_edition_of_everybody",
}
PACKAGES = (*STAGES, "navstream", "realtime", "providers", "doctor", "demo", "simulator")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| `\w+` \| (hash|stream|key|counters?|channel|sharded channel|sorted set) \|", line)
]
Edge = tuple[str, str, str | None]


def edges(diagram: str) -> Iterator[Edge]:
    """Yield every arrow: from, to, its word; chains are taken apart."""
    for line in diagram.splitlines():
        parts = re.split(r"\s*(--\s+\w+\s+-->|-->)\s*", line.strip())
        nodes = [re.match(r"\w+", part) for part in parts[::2]]
        for before, arrow, after in zip(nodes, parts[1::2], nodes[1:], strict=False):
            assert before is not None
            assert after is not None
            word = re.search(r"--\s+(\w+)\s+-->", arrow)
            yield before.group(), after.group(), word and word.group(1)


@cache
def bus_symbols(stage: str) -> frozenset[str]:
    """Return what a stage takes of `realtime.bus`, itself or through the kernel's modules that it imports."""
    waiting, seen, found = list((ROOT / stage).rglob("*.py")), set(), set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for module, symbol in imports(path):
            file = ROOT / f"{module.replace('.', '/')}.py"
            if module.startswith("realtime.bus."):
                found.add(symbol)
            if module == "realtime.bus.live_states" or (module.count(".") == 1 and module.startswith("realtime.")):
                waiting += [file] if file.exists() and file.stem != "process" else []
    return frozenset(found)


def imports(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from ((node.module, alias.name) for alias in node.names)


def users_of(symbols: str) -> list[str]:
    wanted = set(re.findall(r"`(\w+)`", symbols))
    return [stage for stage in STAGES if bus_symbols(stage) & wanted]


def test_every_name_in_redis_has_a_row() -> None:
    """A new key, stream or channel is explained."""
    functions = inspect.getmembers(names, inspect.isfunction)
    made_here = {name for name, each in functions if each.__module__ == names.__name__}
    assert {row[0].strip("`") for row in ROWS} == made_here - {"heartbeats", "calculator_block"}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_who_writes_and_reads(row: list[str]) -> None:
    """The functions of a row use its name, and the stages that it names are those that take these functions."""
    name, _, written_with, writers, read_with, readers = row
    for symbol in re.findall(r"`(\w+)`", written_with + read_with):
        texts = [path.read_text() for path in (ROOT / "realtime" / "bus").glob("*.py")]
        homes = [text for text in texts if re.search(rf"(def|class) {symbol}\b", text)]
        assert any(re.search(rf"\b(?<!def ){name.strip('`')}\(", text) for text in homes), symbol
    if name.strip("`") not in {"heartbeat", "sign_in_code"}:  # written by the kernel and by commands
        assert writers.split() == users_of(written_with)
    assert readers.split() == users_of(read_with)


def test_the_flow_is_that_of_the_table() -> None:
    """Every arrow between a stage and Redis is a cell of the table, and the other way round."""
    drawn = {(a, b) for a, b, _ in edges(FLOWS)}
    expected: set[tuple[str, str]] = set()
    for name, _, _, writers, _, readers in ([cell.strip("`") for cell in row] for row in ROWS):
        if name in HOUSEKEEPING:
            continue
        wrote = set(writers.split())
        expected |= {(stage, name) for stage in wrote}
        expected |= {(name, stage) for stage in set(readers.split()) - wrote - {"monitor"}}
    expected -= {("price_feed", "api"), ("market_board", "api")}  # its status page
    stored = {name for row in ROWS for name in [row[0].strip("`")]}
    assert {edge for edge in drawn if stored & set(edge)} == expected
    assert {node for edge in drawn for node in edge} - stored - {"postgres"} - OUTSIDE == set(STAGES)


def test_notifications_are_those_that_are_listened_to() -> None:
    """The word on an arrow out of Postgres is a NOTIFY channel of the stage that it leads to."""
    drawn = {(b, word) for a, b, word in edges(FLOWS) if a == "postgres" and word is not None}
    channels = {name for name in vars(names) if str(getattr(names, name)).startswith("navstream_")}
    listening = {
        (stage, symbol)
        for stage in STAGES
        for path in (ROOT / stage).rglob("*.py")
        for module, symbol in imports(path)
        if module == names.__name__ and symbol in channels
    }
    assert drawn == listening


def test_imports() -> None:
    """The last diagram has every import from one package to another, and no more."""
    for package in PACKAGES:
        import_module(package)
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    found = {
        (module.partition(".")[0], other.partition(".")[0])
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
    }
    assert {(a, b) for a, b, _ in edges(IMPORTS)} == {(a, b) for a, b in found if a != b}
