"""Link sessions: for whom a link token was made, since the token is all that a finished session tells."""

from hashlib import sha256
from typing import cast

from realtime.bus.client import Bus
from realtime.contract import names
from realtime.domain.account import UserId

_KEPT_S = 24 * 3600
"""A hosted session ends within half an hour; its results are kept by Plaid for six hours."""


async def remember_link_session(bus: Bus, link_token: str, user_id: UserId) -> None:
    """Keep for whom a link token was made."""
    await bus.set(_key(link_token), user_id, ex=_KEPT_S)


async def link_session_user(bus: Bus, link_token: str) -> UserId | None:
    """Return for whom a link token was made; None when it is unknown or old."""
    user_id = cast("bytes | None", await bus.get(_key(link_token)))
    return None if user_id is None else UserId(user_id.decode())


def _key(link_token: str) -> str:
    return names.link_session(sha256(link_token.encode()).hexdigest())
