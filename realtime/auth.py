"""Bearer tokens: the user id comes from the token alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from realtime.domain.account import UserId
from realtime.errors import NavstreamError

_ALGORITHM = "HS256"
_LEEWAY_S = 30
_OPERATOR = "operator"


class Unauthenticated(NavstreamError):
    """The token is missing, forged, expired or meant for somebody else; the text is safe to show."""


class Tokens:
    """Issues and verifies HS256 tokens; issuer, audience and algorithm are pinned."""

    def __init__(self, secret: str, issuer: str, audience: str) -> None:
        self._secret = secret
        self._issuer = issuer
        self._audience = audience

    def issue(self, user_id: UserId, now: datetime, lifetime_s: float, *, is_operator: bool = False) -> str:
        """Return a token for a user, valid from `now` (wall time) for that many seconds; he may be the operator too."""
        return jwt.encode(
            {
                "sub": user_id,
                "iss": self._issuer,
                "aud": self._audience,
                "iat": now,
                "exp": now + timedelta(seconds=lifetime_s),
                **({"role": _OPERATOR} if is_operator else {}),
            },
            self._secret,
            algorithm=_ALGORITHM,
        )

    def issue_to_operator(self, now: datetime, lifetime_s: float) -> str:
        """Return a token that opens the service's status and, having no user, nobody's data."""
        return jwt.encode(
            {
                "role": _OPERATOR,
                "iss": self._issuer,
                "aud": self._audience,
                "iat": now,
                "exp": now + timedelta(seconds=lifetime_s),
            },
            self._secret,
            algorithm=_ALGORITHM,
        )

    def verify_operator(self, token: str) -> bool:
        """Return whether a valid token is the operator's: its claim `role` says so.

        Raises:
            Unauthenticated: The token is not valid.
        """
        try:
            return self._claims(token, ["exp", "iss", "aud"]).get("role") == _OPERATOR
        except jwt.InvalidTokenError as error:
            raise Unauthenticated(f"the token is not valid: {type(error).__name__}") from None

    def verify(self, token: str) -> tuple[UserId, float]:
        """Return the token's user and its expiry (wall time, seconds since 1970).

        Raises:
            Unauthenticated: For any reason at all.
        """
        try:
            claims = self._claims(token, ["sub", "exp", "iss", "aud"])
            return UserId(str(UUID(claims["sub"]))), float(claims["exp"])
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Unauthenticated(f"the token is not valid: {type(error).__name__}") from None

    def _claims(self, token: str, required: list[str]) -> dict[str, Any]:
        return jwt.decode(
            token,
            self._secret,
            algorithms=[_ALGORITHM],
            issuer=self._issuer,
            audience=self._audience,
            leeway=_LEEWAY_S,
            options={"require": required},
        )
