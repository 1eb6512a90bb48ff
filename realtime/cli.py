"""The command line: `navstream …`. Knows stages by name and starts processes; imports no stage."""

import asyncio
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from realtime import security_commands, user_commands
from realtime.auth import Tokens, tokens_of
from realtime.clock import WallClock
from realtime.command import UserOption, find_user, or_exit, settings_for
from realtime.log import set_up_logging
from realtime.settings import Settings, adopt_environment_file, process_environment
from realtime.store.jobs import JobState
from realtime.store.migrate import migrate as apply_migrations
from realtime.up import STAGES
from realtime.up import up as run_all_stages

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""What every investment account is worth, now.

    **Try it:** `navstream demo` runs everything on this machine with simulated providers and opens the dashboard.

    **Run it:** put credentials into `.env` (see `docs/connecting.md`), ask `navstream doctor`, then `navstream up`.
    """,
)
jobs = typer.Typer(no_args_is_help=True, help="The refreshes of connections, as durable jobs.")
app.add_typer(jobs, name="jobs")


class Stage(StrEnum):
    SYNC = "sync"
    SYMBOL_COLLECTOR = "symbol_collector"
    CALCULATOR = "calculator"
    BROADCASTER = "broadcaster"
    API = "api"
    MONITOR = "monitor"


class Simulator(StrEnum):
    ALPACA = "alpaca"
    PLAID = "plaid"
    SNAPTRADE = "snaptrade"
    BROKER = "broker"


_DEMO_SETTINGS = Path(".navstream/demo.env")
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.callback()
def _settings_source(
    with_demo: Annotated[bool, typer.Option("--demo", help="Talk to the demo that runs here, not to `.env`.")] = False,
) -> None:
    if with_demo:
        if not _DEMO_SETTINGS.exists():
            sys.exit("no demo has run in this folder; start one with: make demo")
        adopt_environment_file(_DEMO_SETTINGS)


@app.command()
def up() -> None:
    """Run all stages until Ctrl-C; a stage that dies is started again."""
    settings = settings_for("up", *STAGES)
    set_up_logging(settings.log_format, settings.log_level)
    or_exit(apply_migrations(settings.database_url, settings.service_database_url))
    asyncio.run(run_all_stages(process_environment()))


@app.command()
def run(stage: Annotated[Stage, typer.Argument(help="Which stage.")]) -> None:
    """Run one stage in the foreground."""
    os.execv(sys.executable, [sys.executable, "-m", stage.value])  # noqa: S606  # our own module


@app.command(context_settings=_PASS_ON, add_help_option=False)
def demo(context: typer.Context) -> None:
    """Run everything here with simulated providers and open the dashboard; `demo --help` lists its options."""
    os.execv(sys.executable, [sys.executable, "-m", "demo", *context.args])  # noqa: S606  # our own module


@app.command(context_settings=_PASS_ON)
def replay(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Recorded trades, CSV or CSV.GZ.", exists=True, dir_okay=False)],
    speed: Annotated[float, typer.Option(help="Market seconds a second.", min=0.01)] = 60.0,
) -> None:
    """Play a recorded day through the whole demo, the market clock with it."""
    command = [sys.executable, "-m", "demo", "--recording", str(file), "--speed", str(speed), *context.args]
    os.execv(sys.executable, command)  # noqa: S606  # our own module


@app.command(context_settings=_PASS_ON)
def simulate(
    context: typer.Context,
    provider: Annotated[Simulator, typer.Argument(help="Which provider to stand in for.")],
) -> None:
    """Run one simulated provider, e.g. `navstream simulate plaid --port 9001`."""
    os.execv(sys.executable, [sys.executable, "-m", "simulator", provider.value, *context.args])  # noqa: S606


@app.command(context_settings=_PASS_ON, add_help_option=False)
def doctor(context: typer.Context) -> None:
    """Check this set-up: settings, servers, ports, clock, providers' keys; says what to do about each finding."""
    os.execv(sys.executable, [sys.executable, "-m", "doctor", *context.args])  # noqa: S606  # our own module


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    settings = settings_for("migrate")
    applied = or_exit(apply_migrations(settings.database_url, settings.service_database_url))
    typer.echo("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


@app.command()
def token(
    user: Annotated[str | None, typer.Option("--user", help="A user's id or name.")] = None,
    operator: Annotated[bool, typer.Option("--operator", help="For `GET /api/status`; opens no user's data.")] = False,
) -> None:
    """Print a bearer token for a user, for development, or for the operator."""
    settings = settings_for("broadcaster")
    if operator == (user is not None):
        raise typer.BadParameter("give --user or --operator")
    if user is None:
        typer.echo(_tokens(settings).issue_to_operator(WallClock().now(), settings.token_lifetime_s))
        return
    user_id = or_exit(find_user(settings, user))
    typer.echo(_tokens(settings).issue(user_id, WallClock().now(), settings.token_lifetime_s))


@app.command()
def refresh(
    user: Annotated[str | None, typer.Option("--user", help="Refresh all connections of a user.")] = None,
    connection: Annotated[str | None, typer.Option("--connection", help="Refresh one connection, by id.")] = None,
) -> None:
    """Fetch holdings from the providers now; shows the outcome of each connection."""
    if (user is None) == (connection is None):
        raise typer.BadParameter("give --user or --connection")
    from realtime.refresh_now import refresh_now  # noqa: PLC0415  # only this command needs it

    settings = settings_for("migrate")
    sys.exit(or_exit(refresh_now(settings, user, connection)))


@jobs.command("list")
def jobs_list(
    state: Annotated[
        JobState | None, typer.Option("--state", help="Only these; default: all that are not done.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many, newest first.", min=1)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show refreshes that wait, run or failed for good (dead), with the last error of each."""
    from realtime.jobs_now import show_jobs  # noqa: PLC0415  # only this command draws

    or_exit(show_jobs(settings_for("migrate"), state, limit, as_json=as_json))


@jobs.command("retry")
def jobs_retry(
    job: Annotated[UUID | None, typer.Argument(help="A dead job's id; with --all, none.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every dead job.")] = False,
) -> None:
    """Queue dead jobs again."""
    if every == (job is not None):
        raise typer.BadParameter("give a job's id, or --all")
    from realtime.jobs_now import retry_jobs  # noqa: PLC0415  # only this command needs it

    typer.echo(f"queued again: {or_exit(retry_jobs(settings_for('migrate'), job))}")


@app.command()
def status(
    once: Annotated[bool, typer.Option("--once", help="Print once and end; exit status 1 when unwell.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON, once.")] = False,
) -> None:
    """Show all stages, the market streams, latency, the work and alerts, live."""
    from realtime.status import show_status  # noqa: PLC0415  # only this command draws

    sys.exit(or_exit(show_status(settings_for("status"), once=once, as_json=as_json)))


@app.command()
def watch(
    user: UserOption,
    account: Annotated[str | None, typer.Option("--account", help="One account instead of the portfolio.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every message as a line of JSON.")] = False,
) -> None:
    """Subscribe over WebSocket and show values as they change."""
    from realtime.watch import watch as watch_values  # noqa: PLC0415  # only this command draws

    settings = settings_for("broadcaster")
    user_id = or_exit(find_user(settings, user))
    bearer = _tokens(settings).issue(user_id, WallClock().now(), settings.token_lifetime_s)
    or_exit(watch_values(settings.public_websocket_url, bearer, account, as_json=as_json))


@app.command()
def explain(
    user: Annotated[str | None, typer.Option("--user", help="A user's id or name: his whole portfolio.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="One account, by its public id.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers.")] = False,
) -> None:
    """Show how a value is made: each position's quantity, price, source, age, FX rate and previous close."""
    if user is None and account is None:
        raise typer.BadParameter("give --user or --account")
    from realtime.explain_now import explain_now  # noqa: PLC0415  # only this command draws

    settings = settings_for("broadcaster")
    user_id = None if user is None else or_exit(find_user(settings, user))
    or_exit(explain_now(settings, user_id, account, as_json=as_json))


def _tokens(settings: Settings) -> Tokens:
    return tokens_of(settings, WallClock())


security_commands.add_to(app)
user_commands.add_to(app)

if __name__ == "__main__":
    app()
