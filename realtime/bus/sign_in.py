"""Sign-in codes: what a sign-in link carries instead of a token."""

import secrets
from typing import NamedTuple, cast

from realtime.bus.client import Bus
from realtime.contract import names
from realtime.domain.account import UserId

_OPERATOR = b" operator"


class SignInCode(NamedTuple):
    """Whom a code signs in."""

    user_id: UserId
    is_operator: bool


async def issue_sign_in_code(bus: Bus, user_id: UserId, lifetime_s: int, *, is_operator: bool = False) -> str:
    """Return a code that signs this user in for that many seconds, as operator too if he is."""
    code = secrets.token_urlsafe(24)
    await bus.set(names.sign_in_code(code), user_id.encode() + (_OPERATOR if is_operator else b""), ex=lifetime_s)
    return code


async def redeem_sign_in_code(bus: Bus, code: str) -> SignInCode | None:
    """Return whom a code signs in; None when it is unknown or expired."""
    stored = cast("bytes | None", await bus.get(names.sign_in_code(code)))
    if stored is None:
        return None
    return SignInCode(UserId(stored.removesuffix(_OPERATOR).decode()), stored.endswith(_OPERATOR))
