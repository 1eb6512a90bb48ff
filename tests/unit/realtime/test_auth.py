"""Tokens: only ours, only now, only for us."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest

from realtime.auth import Tokens, Unauthenticated
from realtime.domain.account import UserId

SECRET = "a-secret-of-more-than-thirty-two-bytes"
TOKENS = Tokens(SECRET, "navstream", "navstream")
USER = UserId(str(uuid4()))


def claims(**changes: object) -> dict[str, object]:
    now = datetime.now(UTC)
    whole = {"sub": USER, "iss": "navstream", "aud": "navstream", "iat": now, "exp": now + timedelta(hours=1)}
    return {name: value for name, value in (whole | changes).items() if value is not None}


def test_own_token_names_its_user() -> None:
    """Ensure what we issue we accept."""
    user_id, expires_at = TOKENS.verify(TOKENS.issue(USER, datetime.now(UTC), 60))
    assert user_id == USER
    assert 0 < expires_at - datetime.now(UTC).timestamp() <= 60


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": None},
        {"iss": "other"},
        {"sub": None},
        {"sub": "not-a-uuid"},
        {"exp": datetime.now(UTC) - timedelta(minutes=5)},
        {"exp": None},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(changes: dict[str, object]) -> None:
    """Ensure audience, issuer, subject and expiry are all required and checked."""
    with pytest.raises(Unauthenticated):
        TOKENS.verify(jwt.encode(claims(**changes), SECRET, algorithm="HS256"))


@pytest.mark.parametrize(("key", "algorithm"), [("", "none"), (SECRET * 2, "HS512"), ("x" * 40, "HS256")])
def test_wrong_algorithm_or_key_is_refused(key: str, algorithm: str) -> None:
    """Ensure the algorithm is pinned: `none` and others never pass."""
    with pytest.raises(Unauthenticated):
        TOKENS.verify(jwt.encode(claims(), key, algorithm=algorithm))


def test_refusal_does_not_repeat_the_token() -> None:
    """Ensure no error text carries a token."""
    with pytest.raises(Unauthenticated) as refusal:
        TOKENS.verify("eyJhbGciOiJub25lIn0.e30.")
    assert "eyJ" not in str(refusal.value)
