"""`navstream audit`: what was done to a user's things, by whom and when."""

from dataclasses import asdict

import orjson
import typer
from rich.console import Console
from rich.table import Table

from realtime.command import find_user
from realtime.settings import Settings
from realtime.store.audit import read_audit
from realtime.store.pool import Role, open_pool


async def show_audit(settings: Settings, user: str, limit: int, *, as_json: bool) -> None:
    """Print the newest acts that concern a user, newest first.

    Raises:
        BadRequest: There is no such user.
    """
    user_id = await find_user(settings, user)
    async with open_pool(settings.database_address, Role.STAGE, connections_max=1) as pool:
        entries = await read_audit(pool, user_id, limit)
    if as_json:
        typer.echo(orjson.dumps([asdict(entry) for entry in entries]).decode())
        return
    table = Table("when", "who", "what", "of", "facts")
    for entry in entries:
        facts = ", ".join(f"{name}: {value}" for name, value in entry.facts.items())
        table.add_row(entry.at.isoformat(timespec="seconds"), entry.actor, entry.act, entry.subject, facts)
    Console().print(table)
