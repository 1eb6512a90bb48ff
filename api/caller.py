"""Who calls: the user of the bearer token in the Authorization header, and of nothing else."""

from typing import Annotated

from fastapi import Depends, Request

from api.parts import PartsOf
from realtime.auth import Unauthenticated
from realtime.domain.account import UserId
from realtime.errors import BadRequest

_TOKEN_PARAMETERS = frozenset({"token", "access_token", "id_token", "jwt", "bearer", "authorization"})


def no_token_in_url(request: Request) -> None:
    """Refuse a token in the address: addresses end up in logs and histories.

    Raises:
        BadRequest: `token_in_url`.
    """
    if _TOKEN_PARAMETERS & {name.lower() for name in request.query_params}:
        raise BadRequest("token_in_url", "send the token in the Authorization header, never in the address")


def _caller(request: Request, parts: PartsOf) -> UserId:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("a bearer token is needed in the Authorization header")
    user_id, _ = parts.tokens.verify(token.strip())
    return user_id


Caller = Annotated[UserId, Depends(_caller)]
"""The user id of a verified token; the request is refused with 401 otherwise."""
