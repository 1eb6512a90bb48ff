"""Who calls: the user of the bearer token in the Authorization header, and of nothing else."""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.parts import Parts, PartsOf
from api.problems import Forbidden
from realtime.auth import Unauthenticated
from realtime.domain.account import UserId
from realtime.errors import BadRequest, RetryLater

_SCHEME = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="The user is the token's, whatever is asked for."
)
_TOKEN_PARAMETERS = frozenset({"token", "access_token", "id_token", "jwt", "bearer", "authorization"})


def no_token_in_url(request: Request) -> None:
    """Refuse a token in the address: addresses end up in logs and histories.

    Raises:
        BadRequest: `token_in_url`.
    """
    if _TOKEN_PARAMETERS & {name.lower() for name in request.query_params}:
        raise BadRequest("token_in_url", "send the token in the Authorization header, never in the address")


def _bearer(credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_SCHEME)]) -> str:
    if credentials is None or not credentials.credentials:
        raise Unauthenticated("a bearer token is needed in the Authorization header")
    return credentials.credentials.strip()


Bearer = Annotated[str, Depends(_bearer)]
"""The token of the Authorization header, not verified."""


async def caller_of(request: Request, parts: Parts) -> UserId | None:
    """Return who calls, for what stands before the routes; None when they will refuse the token."""
    try:
        user_id, _ = await parts.tokens.identify(_bearer(await _SCHEME(request)))
    except (Unauthenticated, RetryLater):
        return None
    return user_id


async def _caller(token: Bearer, parts: PartsOf) -> UserId:
    user_id, _ = await parts.tokens.identify(token)
    return user_id


def operators_only(token: Bearer, parts: PartsOf) -> None:
    """Refuse everybody whose token has not the operator's role.

    Raises:
        Unauthenticated: There is no valid token.
        Forbidden: It is a user's.
    """
    if not parts.tokens.verify_operator(token):
        raise Forbidden("operators_only", "this needs an operator's token: navstream token --operator")


Caller = Annotated[UserId, Depends(_caller)]
"""The user id of a verified token; the request is refused with 401 otherwise."""
