"""The commands about keys, credentials, and who did what."""

import os
import sys
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from realtime.command import UserOption, or_exit, settings_for
from realtime.domain.flag import Flag


class OnOff(StrEnum):
    ON = "on"
    OFF = "off"


flags = typer.Typer(no_args_is_help=True, help="Feature flags: the environment's, and a user's own.")
FlagArgument = Annotated[Flag, typer.Argument(help="Which flag.")]


def add_to(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command()(rotate_keys)
    app.command()(rotate_credential)
    app.command()(audit)
    app.add_typer(flags, name="flags")


def rotate_keys() -> None:
    """Encrypt every stored credential with the first of NAVSTREAM_ENCRYPTION_KEYS, while the service runs."""
    from realtime.rotate_keys_now import rotate_keys as rotate_keys_now  # noqa: PLC0415  # only this command needs it

    or_exit(rotate_keys_now(settings_for("sync")))


def rotate_credential(
    connection: Annotated[UUID, typer.Option("--connection", help="Which one, by id.")],
) -> None:
    """Replace a connection's access token (Plaid) or its user's secret (SnapTrade); the old one is dead at once.

    Of Alpaca it asks for the new keys, which the account's owner makes there.
    """
    os.execv(sys.executable, [sys.executable, "-m", "providers.rotate_now", str(connection)])  # noqa: S606  # our own


def audit(
    user: UserOption,
    limit: Annotated[int, typer.Option("--limit", help="At most so many, newest first.", min=1)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what was done to a user's things, by whom and when."""
    from realtime.audit_now import show_audit  # noqa: PLC0415  # only this command draws

    or_exit(show_audit(settings_for("audit"), user, limit, as_json=as_json))


@flags.command("list")
def flags_list(
    user: Annotated[str | None, typer.Option("--user", help="As they are for this user, by id or name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show every flag's state and who set it."""
    from realtime.flags_now import show_flags  # noqa: PLC0415  # only this command draws

    or_exit(show_flags(settings_for("flags"), user, as_json=as_json))


@flags.command("set")
def flags_set(flag: FlagArgument, state: Annotated[OnOff, typer.Argument(help="on or off.")], user: UserOption) -> None:
    """Switch a flag for one user; it takes effect at once."""
    from realtime.flags_now import override_flag  # noqa: PLC0415

    or_exit(override_flag(settings_for("flags"), user, flag, enabled=state is OnOff.ON))


@flags.command("unset")
def flags_unset(flag: FlagArgument, user: UserOption) -> None:
    """Give a flag of a user's back to the environment."""
    from realtime.flags_now import override_flag  # noqa: PLC0415

    or_exit(override_flag(settings_for("flags"), user, flag, enabled=None))
