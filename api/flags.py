"""Routes that a flag switches."""

from collections.abc import Awaitable, Callable

from api.caller import Caller
from api.parts import Parts, PartsOf
from api.problems import Forbidden
from realtime.domain.account import UserId
from realtime.domain.flag import Flag
from realtime.store.flags import flags_of
from realtime.store.portfolio import open_as


async def need_flag(parts: Parts, user_id: UserId, *needed: Flag) -> None:
    """Refuse a caller for whom one of these flags is off.

    Raises:
        Forbidden: `flag_off`, naming it.
    """
    async with open_as(parts.pool, user_id) as connection:
        flags = await flags_of(connection, user_id, parts.settings.flags)
    for flag in needed:
        if not flags[flag]:
            raise Forbidden("flag_off", f"this is switched off for you: {flag}")


def needs(*needed: Flag) -> Callable[[UserId, Parts], Awaitable[None]]:
    """Return a dependency for routes that need these flags."""

    async def check(user_id: Caller, parts: PartsOf) -> None:
        await need_flag(parts, user_id, *needed)

    return check
