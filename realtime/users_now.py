"""Adding a user, and the link that signs one in."""

import re

from realtime.bus.client import open_bus
from realtime.bus.sign_in import issue_sign_in_code
from realtime.domain.account import UserId
from realtime.errors import BadRequest
from realtime.settings import Settings
from realtime.store.pool import Role, open_pool
from realtime.store.users import create_user, user_by_name

_LINK_LIFETIME_S = 600


async def add_user(settings: Settings, name: str, currency: str) -> UserId:
    """Add a user of a name that is not taken.

    Raises:
        BadRequest: The name is taken, or the currency is none.
    """
    if not re.fullmatch("[A-Z]{3}", currency):
        raise BadRequest("invalid_currency", f"{currency!r} is no currency of ISO 4217, such as USD")
    async with open_pool(settings.database_address, Role.SYNC, connections_max=1) as pool:
        if await user_by_name(pool, name) is not None:
            raise BadRequest("user_exists", f"there is a user {name!r} already")
        return await create_user(pool, name, currency)


async def sign_in_link(settings: Settings, user_id: UserId, *, is_operator: bool) -> str:
    """Return a link that signs a user in to the dashboard, good for ten minutes.

    Of an API that listens on every address it leads to this machine.
    """
    async with open_bus(settings.redis_address) as bus:
        code = await issue_sign_in_code(bus, user_id, _LINK_LIFETIME_S, is_operator=is_operator)
    host = "127.0.0.1" if settings.api_host in {"0.0.0.0", "::"} else settings.api_host  # noqa: S104  # not to listen on
    return f"http://{host}:{settings.api_port}/#code={code}"
