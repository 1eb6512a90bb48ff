"""What the claims of a verified token say, whoever signed it."""

from typing import Any
from uuid import UUID

from realtime.domain.account import UserId
from realtime.errors import NavstreamError


class Unauthenticated(NavstreamError):
    """The token is missing, forged, expired or meant for somebody else; the text is safe to show."""


def user_and_expiry(claims: dict[str, Any]) -> tuple[UserId, float]:
    """Return the user and the expiry (wall time, seconds since 1970).

    Raises:
        ValueError: The subject is not one of our user ids.
    """
    return UserId(str(UUID(claims["sub"]))), float(claims["exp"])
