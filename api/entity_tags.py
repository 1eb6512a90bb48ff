"""Answers that a client may have already (RFC 9110, section 13): the tag is a digest of the whole answer."""

from hashlib import blake2b
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel

IfNoneMatch = Annotated[str | None, Header(max_length=1_000, description="Tags of the answers that the client has.")]


def tagged(answer: BaseModel, if_none_match: str | None) -> Response:
    """Return an answer with its tag, or 304 when the client has it."""
    body = answer.model_dump_json().encode()
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and _has(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _has(if_none_match: str, tag: str) -> bool:
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in known or tag in known
