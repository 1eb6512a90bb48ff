"""Write the tables of docs/api.md from the API's own description; `make docs` runs it, a test compares."""

import re
from pathlib import Path
from typing import Any, cast

from api.app import create_routes
from api.codes import CODES
from api.parts import Parts
from realtime.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"


def described() -> dict[str, Any]:
    """Return the OpenAPI page, of routes over no parts."""
    parts = Parts(Settings(_env_file=None), *(cast("Any", None) for _ in range(4)))  # type: ignore[call-arg]
    return create_routes(parts).openapi()


def endpoints_table() -> str:
    rows = ["| call | does |", "|---|---|"]
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            sentence = re.split(r"(?<=[.;:]) ", " ".join(operation["description"].split()))[0].rstrip(".;:")
            rows.append(f"| `{method.upper()} {path}` | {sentence}. |")
    return "\n".join(rows)


def codes_table() -> str:
    rows = (f"| `{code}` | {row.status} | {row.meaning} |" for code, row in CODES.items())
    return "\n".join(["| code | status | meaning |", "|---|---|---|", *rows])


def api_page() -> str:
    """Return docs/api.md with its tables as they should be."""
    page = PAGE.read_text()
    for name, table in (("endpoints", endpoints_table()), ("codes", codes_table())):
        begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}{table}{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(api_page())
