"""The commands about users: who there is, and how he signs in."""

import shlex
from typing import Annotated

import typer

from realtime.command import UserOption, find_user, or_exit, settings_for


def add_to(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command()(add_user)
    app.command()(sign_in_link)


def add_user(
    name: Annotated[str, typer.Argument(help="What other commands call him by.")],
    currency: Annotated[str, typer.Option("--currency", help="Of his totals, ISO 4217.")] = "USD",
) -> None:
    """Add a user; `sign-in-link` then signs him in, and he connects his accounts in the dashboard."""
    from realtime.users_now import add_user as add_user_now  # noqa: PLC0415  # only this command needs it

    user_id = or_exit(add_user_now(settings_for("migrate"), name, currency))
    typer.echo(f"added {name} ({user_id}); sign in with: navstream sign-in-link --user {shlex.quote(name)}")


def sign_in_link(
    user: UserOption,
    operator: Annotated[bool, typer.Option("--operator", help="Show him the operator's view too.")] = False,
) -> None:
    """Print a link that signs a user in to the dashboard, good for ten minutes."""
    from realtime.users_now import sign_in_link as sign_in_link_now  # noqa: PLC0415  # only this command needs it

    settings = settings_for("api")
    user_id = or_exit(find_user(settings, user))
    typer.echo(or_exit(sign_in_link_now(settings, user_id, is_operator=operator)))
