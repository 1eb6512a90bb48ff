"""The commands about keys and credentials."""

import typer

from realtime.command import or_exit, settings_for


def add_to(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command()(rotate_keys)


def rotate_keys() -> None:
    """Encrypt every stored credential with the first of NAVSTREAM_ENCRYPTION_KEYS, while the service runs."""
    from realtime.rotate_keys_now import rotate_keys as rotate_keys_now  # noqa: PLC0415  # only this command needs it

    or_exit(rotate_keys_now(settings_for("sync")))
