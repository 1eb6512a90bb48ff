"""The commands about keys, credentials, and who did what."""

import os
import sys
from typing import Annotated
from uuid import UUID

import typer

from realtime.command import UserOption, or_exit, settings_for


def add_to(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command()(rotate_keys)
    app.command()(rotate_credential)
    app.command()(audit)


def rotate_keys() -> None:
    """Encrypt every stored credential with the first of NAVSTREAM_ENCRYPTION_KEYS, while the service runs."""
    from realtime.rotate_keys_now import rotate_keys as rotate_keys_now  # noqa: PLC0415  # only this command needs it

    or_exit(rotate_keys_now(settings_for("sync")))


def rotate_credential(
    connection: Annotated[UUID, typer.Option("--connection", help="Which one, by id.")],
) -> None:
    """Replace a connection's access token (Plaid) or its user's secret (SnapTrade); the old one is dead at once."""
    os.execv(sys.executable, [sys.executable, "-m", "providers.rotate_now", str(connection)])  # noqa: S606  # our own


def audit(
    user: UserOption,
    limit: Annotated[int, typer.Option("--limit", help="At most so many, newest first.", min=1)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what was done to a user's things, by whom and when."""
    from realtime.audit_now import show_audit  # noqa: PLC0415  # only this command draws

    or_exit(show_audit(settings_for("audit"), user, limit, as_json=as_json))
