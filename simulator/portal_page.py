"""The stand-in pages on which a person signs in at a simulated institution (pure HTML, no scripts)."""

import html
from collections.abc import Iterable

from aiohttp import web

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1.25rem; }}
h1 {{ font-size: 1.25rem; }}
select, button {{ font: inherit; padding: .6rem .8rem; border-radius: .5rem; border: 1px solid #8888; width: 100%; }}
button {{ margin-top: .75rem; cursor: pointer; }}
button[value=approve] {{ background: #1f6feb; color: #fff; border-color: #1f6feb; }}
small {{ opacity: .7; }}
</style>
</head>
<body>
<h1>{title}</h1>
<form method="post">
{content}
{buttons}
</form>
<p><small>A simulated sign-in page: no real account and no password is involved.</small></p>
</body>
</html>
"""

_BUTTONS = """<button name="action" value="approve">Connect</button>
<button name="action" value="cancel">Cancel</button>"""


def page(title: str, content: str, *, status: int = 200, buttons: bool = True) -> web.Response:
    """Return a page; `content` is HTML, `title` is text."""
    text = _PAGE.format(title=html.escape(title), content=content, buttons=_BUTTONS if buttons else "")
    return web.Response(status=status, text=text, content_type="text/html")


def select(name: str, choices: Iterable[tuple[str, str]]) -> str:
    """Return a drop-down list of (value, label)."""
    options = "".join(f'<option value="{html.escape(value)}">{html.escape(label)}</option>' for value, label in choices)
    return f'<label>Who signs in?<br><select name="{html.escape(name)}">{options}</select></label>'
