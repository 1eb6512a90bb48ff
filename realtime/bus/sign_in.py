"""Sign-in codes: what a sign-in link carries instead of a token."""

import secrets
from typing import cast

from realtime.bus.client import Bus
from realtime.contract import names
from realtime.domain.account import UserId


async def issue_sign_in_code(bus: Bus, user_id: UserId, lifetime_s: int) -> str:
    """Return a code that signs this user in for that many seconds."""
    code = secrets.token_urlsafe(24)
    await bus.set(names.sign_in_code(code), user_id, ex=lifetime_s)
    return code


async def redeem_sign_in_code(bus: Bus, code: str) -> UserId | None:
    """Return the user of a code; None when it is unknown or expired."""
    user_id = cast("bytes | None", await bus.get(names.sign_in_code(code)))
    return None if user_id is None else UserId(user_id.decode())
