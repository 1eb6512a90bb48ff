"""What the code, the README and the pages name is there: pages and their headings, settings, commands, make targets."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify
from typer.main import get_command

from realtime.cli import app
from realtime.settings import Settings, environment_names

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "api", "broadcaster", "calculator", "demo", "doctor", "monitor", "navstream", "providers", "realtime", "simulator",
    "symbol_collector", "sync", "tools",
)  # fmt: skip
GUIDES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/index.md",
    "docs/connecting.md",
    "docs/clients.md",
    "examples/README.md",
)
FOREIGN = {"POSTGRES_PASSWORD", "POSTGRES_SERVICE_PASSWORD", "NAVSTREAM_METRICS_PORT_…"}


def headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {slugify(title.replace("`", ""), "-") for title in titles}


def references() -> Iterator[tuple[str, str, str]]:
    """Yield every page that the code names: where, which, and the heading or ''."""
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for page, heading in re.findall(r"\b(docs/[\w/-]+\.(?:md|yaml))(?:#([\w-]+))?", file.read_text()):
                yield str(file.relative_to(ROOT)), page, heading


def test_pages_and_headings_that_the_code_names() -> None:
    """A finding, an error or an alert that sends a person to a page sends him somewhere."""
    astray = [
        (file, page, heading)
        for file, page, heading in references()
        if not (ROOT / page).is_file() or (heading and heading not in headings(ROOT / page))
    ]
    assert astray == []


@pytest.mark.parametrize("guide", GUIDES)
def test_settings_that_a_guide_names(guide: str) -> None:
    """What a reader copies into .env is read by somebody."""
    known = {name for field in Settings.model_fields for name in environment_names(field)} | FOREIGN
    named = set(re.findall(r"\b(?:NAVSTREAM|PLAID|SNAPTRADE|APCA|BROKER|REDIS|POSTGRES)_[A-Z_]+[A-Z…]", text_of(guide)))
    assert named <= known


@pytest.mark.parametrize("guide", GUIDES)
def test_commands_that_a_guide_names(guide: str) -> None:
    """Each `navstream …` and `make …` that a reader is told to type exists."""
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]  # a typer of several commands is a group
    typed = set(re.findall(r"(?:bin/|`|api )navstream (?:--demo )?([a-z][a-z-]+)", text_of(guide)))
    assert typed <= commands
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = re.findall(r"(?:^    |`)make ((?:[a-z-]+ ?)+)", text_of(guide), re.MULTILINE)
    assert {target for line in asked for target in line.split()} <= targets


@pytest.mark.parametrize("guide", ["README.md", "CONTRIBUTING.md", "examples/README.md"])
def test_links_of_pages_outside_of_docs(guide: str) -> None:
    """`make site` checks the links of docs/; these are checked here."""
    here = (ROOT / guide).parent
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text_of(guide)) if "://" not in link]
    for link in links:
        path, _, heading = link.partition("#")
        assert (here / path).exists(), link
        assert not heading or heading in headings(here / path), link


def text_of(guide: str) -> str:
    return (ROOT / guide).read_text()
