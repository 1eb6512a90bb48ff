"""A server that records a provider's answers once, and then gives them again, each as it is or with one change."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

Change = Callable[[str, Any], Any]
"""From path and document to the document that is answered."""

_HOP_HEADERS = frozenset({"host", "content-length", "connection", "accept-encoding"})


@dataclass
class Recorder:
    """Passes on what it has not recorded.

    Attributes:
        answers: Documents by path; queries and bodies are not looked at.
        change: What to do to each recorded answer.
    """

    target: str
    answers: dict[str, Any] = field(default_factory=dict)
    change: Change = lambda _path, document: document

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path in self.answers:
            changed = self.change(request.path, copy.deepcopy(self.answers[request.path]))
            return web.json_response(changed)
        headers = {name: given for name, given in request.headers.items() if name.lower() not in _HOP_HEADERS}
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                request.method, self.target + request.raw_path, data=await request.read(), headers=headers
            ) as answer,
        ):
            body = await answer.read()
            if answer.status == 200:
                self.answers[request.path] = json.loads(body)
            return web.Response(body=body, status=answer.status, content_type=answer.content_type)


def fields_of(record: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the place of every field of a record, inner ones too."""
    if isinstance(record, dict):
        for name, inner in record.items():
            yield (*path, name)
            yield from fields_of(inner, (*path, name))


def with_field(record: Any, path: tuple[str, ...], put: Any) -> Any:
    """Return the record with one field changed in place; `...` removes it."""
    holder = record
    for name in path[:-1]:
        holder = holder[name]
    if put is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = put
    return record
