"""Writes that may be sent again: with an Idempotency-Key the first answer is given again and nothing is done twice.

After draft-ietf-httpapi-idempotency-key-header: the same key with another request is 422, one whose first request is
under way is 409.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.caller import caller_of
from api.parts import Parts
from api.problems import problem, retry_later
from realtime.domain.account import UserId
from realtime.errors import Misconfigured, RetryLater
from realtime.store.idempotency import KnownRequest, claim_key, keep_answer, release_key
from realtime.store.portfolio import open_as

HEADER = "Idempotency-Key"
KEY_PATTERN = r'^"?[A-Za-z0-9_.:-]{1,200}"?$'
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_NOT_KEPT = frozenset({401, 403, 409, 413, 429})
"""Answers that say something of the moment, not of the request."""


class Idempotent:
    """ASGI middleware. Applies to a known user's writes; everybody else's key is ignored."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        user_id = None if key is None or scope["method"] in _READS else await caller_of(Request(scope), self._parts)
        if key is None or user_id is None:
            await self._app(scope, receive, send)
            return
        if re.fullmatch(KEY_PATTERN, key) is None:
            refusal = problem(400, "bad_idempotency_key", f"{HEADER} has 1 to 200 letters, digits and - _ . :")
            await refusal(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:  # too large, or the client is gone: what stands around us answers
            return
        request = _Request(user_id, key.strip('"'), scope, body)
        try:
            async with open_as(self._parts.pool, user_id) as connection:
                known = await claim_key(connection, user_id, request.key, request.fingerprint)
        except RetryLater as error:
            await retry_later(error)(scope, receive, send)
            return
        if known is None:
            await self._first(request, send)
        else:
            await self._again(request, known)(scope, receive, send)

    async def _first(self, request: "_Request", send: Send) -> None:
        answer = _Answer()
        try:
            await self._app(request.scope, request.receive, answer.send)
        finally:  # also after a bug, which is answered and then raised
            with suppress(RetryLater):  # the key is free again after a while
                await self._keep(request, answer)
            for message in answer.messages:
                await send(message)

    def _again(self, request: "_Request", known: KnownRequest) -> Response:
        if known.fingerprint != request.fingerprint:
            return problem(422, "idempotency_key_reused", "this key came with another request")
        if known.status is None or known.body is None:
            return problem(409, "idempotency_key_in_use", "the request is under way", {"Retry-After": "1"})
        try:
            body = self._parts.cipher.decrypt(known.body)
        except Misconfigured:
            return problem(409, "idempotency_answer_lost", "the first answer is under a key that is gone")
        return Response(body, known.status, {"Idempotency-Replayed": "true"}, known.content_type)

    async def _keep(self, request: "_Request", answer: "_Answer") -> None:
        async with open_as(self._parts.pool, request.user_id) as connection:
            if answer.status < 500 and answer.status not in _NOT_KEPT:
                body = self._parts.cipher.encrypt(answer.body.decode())
                await keep_answer(connection, request.user_id, request.key, answer.status, answer.content_type, body)
            else:
                await release_key(connection, request.user_id, request.key)


@dataclass(frozen=True)
class _Request:
    user_id: UserId
    key: str
    scope: Scope
    body: bytes

    @property
    def fingerprint(self) -> bytes:
        told = (self.scope["method"].encode(), self.scope["path"].encode(), self.scope["query_string"], self.body)
        return sha256(b"\0".join(told)).digest()

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self.body, "more_body": False}


@dataclass
class _Answer:
    """Holds an answer back until it is kept: who has it may ask again at once."""

    messages: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"]) if self.messages else 500

    @property
    def content_type(self) -> str | None:
        return Headers(raw=self.messages[0]["headers"]).get("content-type")

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


async def _body(receive: Receive) -> bytes | None:
    """Return a request's body; None when it does not come whole."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
