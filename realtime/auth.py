"""Bearer tokens: the user id comes from the token alone."""

from datetime import datetime, timedelta
from typing import Any

import jwt

from realtime.clock import Clock
from realtime.domain.account import UserId
from realtime.identity_provider import ALGORITHMS, IdentityProvider
from realtime.settings import Settings
from realtime.token_claims import Unauthenticated, user_and_expiry

_ALGORITHM = "HS256"
_LEEWAY_S = 30
_OPERATOR = "operator"


__all__ = ["Tokens", "Unauthenticated"]


class Tokens:
    """Issues and verifies HS256 tokens; issuer, audience and algorithm are pinned."""

    def __init__(self, secret: str, issuer: str, audience: str, provider: IdentityProvider | None = None) -> None:
        """Keep what is needed; `provider` is whose tokens are taken beside our own."""
        self._secret = secret
        self._issuer = issuer
        self._audience = audience
        self._provider = provider

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

    async def identify(self, token: str) -> tuple[UserId, float]:
        """Return the user of a token, ours or the identity provider's, and its expiry (as `verify`).

        Raises:
            Unauthenticated: The token is not valid.
            RetryLater: The identity provider's keys cannot be had now.
        """
        if self._provider is not None:
            try:
                header = jwt.get_unverified_header(token)
            except jwt.InvalidTokenError as error:
                raise Unauthenticated(f"the token is not valid: {type(error).__name__}") from None
            if header.get("alg") in ALGORITHMS:
                return await self._provider.verify(token, header)
        return self.verify(token)

    def verify(self, token: str) -> tuple[UserId, float]:
        """Return the user of a token of ours and its expiry (wall time, seconds since 1970).

        Raises:
            Unauthenticated: For any reason at all.
        """
        try:
            return user_and_expiry(self._claims(token, ["sub", "exp", "iss", "aud"]))
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


def tokens_of(settings: Settings, clock: Clock) -> Tokens:
    """Return what the settings say of tokens."""
    provider = None
    if settings.jwks_url is not None:
        provider = IdentityProvider(
            settings.jwks_url,
            settings.jwks_issuer or "",
            settings.jwks_audience or settings.jwt_audience,
            settings.jwks_leeway_s,
            clock,
        )
    secret = settings.jwt_secret.get_secret_value()
    return Tokens(secret, settings.jwt_issuer, settings.jwt_audience, provider)
