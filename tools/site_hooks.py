"""What the site needs beyond MkDocs: every decision in the navigation, and links to files outside of docs/ checked."""

import logging
import re
from pathlib import Path
from typing import Any

_LOG = logging.getLogger("mkdocs.hooks.site")  # a warning of MkDocs' own loggers fails a strict build
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Name every decision record in the navigation, by its title, the newest last."""
    folder = Path(config.docs_dir) / "decisions"
    pages = [{_title(page): f"decisions/{page.name}"} for page in sorted(folder.glob("*.md"))]
    config.nav = [{"Decisions": pages} if "Decisions" in part else part for part in config.nav]
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:  # noqa: ARG001  # MkDocs names them
    """Make plain text of links that leave docs/, which the site has no pages for; each must lead to a file."""
    root = Path(config.docs_dir).resolve()
    here = root / Path(page.file.src_uri).parent

    def plain(link: re.Match[str]) -> str:
        _, text, target, _ = link.groups()
        if "://" in target or target.startswith("mailto:"):
            return link.group()
        path = (here / target).resolve()
        if path.is_relative_to(root):
            return link.group()
        if not path.exists():
            _LOG.warning("%s: the link %s leads to no file of the repository", page.file.src_uri, target)
        return text

    return _LINK.sub(plain, markdown)


def _title(page: Path) -> str:
    return page.read_text().partition("\n")[0].removeprefix("# ")
