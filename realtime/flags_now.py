"""`navstream flags`: what is switched on, for everybody and for one user."""

import orjson
import typer
from rich.console import Console
from rich.table import Table

from realtime.command import find_user, operator
from realtime.domain.flag import Flag, FlagStates
from realtime.settings import Settings
from realtime.store.flags import overrides_of, set_flag
from realtime.store.pool import Role, open_pool


async def show_flags(settings: Settings, user: str | None, *, as_json: bool) -> None:
    """Print every flag: the environment's state, and a user's where it differs.

    Raises:
        BadRequest: There is no such user.
    """
    own: FlagStates = {}
    if user is not None:
        user_id = await find_user(settings, user)
        async with open_pool(settings.database_address, Role.STAGE, connections_max=1) as pool:
            own = await overrides_of(pool, user_id)
    if as_json:
        typer.echo(orjson.dumps({**settings.flags, **own}).decode())
        return
    table = Table("flag", "state", "set by")
    for flag, default in settings.flags.items():
        by = f"navstream flags, for {user}" if flag in own else f"FF_{flag.name}, or its default"
        table.add_row(flag.value, "on" if own.get(flag, default) else "off", by)
    Console().print(table)


async def override_flag(settings: Settings, user: str, flag: Flag, *, enabled: bool | None) -> None:
    """Set a flag for a user, or with None give it back to the environment; stages see it at their next look.

    Raises:
        BadRequest: There is no such user.
    """
    user_id = await find_user(settings, user)
    async with open_pool(settings.database_address, Role.STAGE, connections_max=1) as pool:
        await set_flag(pool, user_id, flag, enabled, operator())
    state = {True: "on", False: "off", None: "as the environment says"}[enabled]
    typer.echo(f"{flag.value} is {state} for {user}")
