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
    ids=["audience", "no audience", "issuer", "no subject", "subject", "expired", "no expiry"],
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


def test_an_operators_token_opens_no_users_data() -> None:
    """Ensure it has the role and no user, and a user's token has not the role."""
    tokens = Tokens("s" * 32, "navstream", "navstream")
    operator = tokens.issue_to_operator(datetime.now(UTC), 60)
    assert tokens.verify_operator(operator)
    with pytest.raises(Unauthenticated):
        tokens.verify(operator)
    user = tokens.issue(UserId("11111111-1111-4111-8111-111111111111"), datetime.now(UTC), 60)
    assert not tokens.verify_operator(user)
    with pytest.raises(Unauthenticated):
        Tokens("t" * 32, "navstream", "navstream").verify_operator(operator)
