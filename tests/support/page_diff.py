"""The diff that a page of docs/ shows, applied to a copy of our code: a page that is no longer true fails."""

import re
from pathlib import Path


def changed_lines(page: Path) -> list[str]:
    """Return the lines that the page's diff adds and removes."""
    return [line for line in _diff(page).splitlines() if re.match(r"[+-](?![+-])", line)]


def apply_diff(page: Path, tree: Path) -> None:
    """Change the files of a tree as the page says; the places are found by their text, not by line numbers."""
    for path, hunks in re.findall(
        r"^--- a/(\S+)\n\+\+\+ .*\n((?:[ +@-].*\n|\n)+?)(?=---|\Z)", _diff(page), re.MULTILINE
    ):
        text = (tree / path).read_text()
        for hunk in hunks.split("@@ -1,")[1:]:
            lines = hunk.split("\n")[1:-1]
            before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
            after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
            assert text.count(before) == 1, f"the page does not fit {path}: {before}"
            text = text.replace(before, after)
        (tree / path).write_text(text)


def _diff(page: Path) -> str:
    [block] = re.findall(r"```diff\n(.*?)```", page.read_text(), re.DOTALL)
    return str(block)
