"""Cursors of lists that grow: where a page ended, opaque to clients. New entries move no page. Pure."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Query

from realtime.errors import BadRequest

T = TypeVar("T")

Cursor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=400,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="`next_cursor` of the page before; without one, the newest entries.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=100, description="Entries on a page.")]


def cursor_of(*place: object) -> str:
    """Return the cursor of an entry by what the list is ordered by."""
    return urlsafe_b64encode(json.dumps([str(part) for part in place]).encode()).decode().rstrip("=")


def place_of(cursor: str | None, read: Callable[..., T]) -> T | None:
    """Return the place that a cursor names, read from its texts by `read`; None without a cursor.

    Raises:
        BadRequest: `bad_cursor`: it is none of this list's.
    """
    if cursor is None:
        return None
    try:
        texts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(texts, list) and all(isinstance(text, str) and "\0" not in text for text in texts):
            return read(*texts)
    except (ValueError, TypeError, OverflowError):
        pass
    raise BadRequest("bad_cursor", "this cursor is not one that this list gave")
