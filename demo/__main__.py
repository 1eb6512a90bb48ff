"""`python -m demo`: parse the options, run, end with its status."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from demo.options import Options
from demo.run import run_demo
from realtime.errors import Misconfigured


def main(
    exit_after: Annotated[
        float | None,
        typer.Option(help="End after that many seconds; status 0 only if all was well. Opens no browser."),
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the dashboard.")] = 8080,
    websocket_port: Annotated[int, typer.Option(help="Port of the WebSocket server.")] = 8081,
    speed: Annotated[float, typer.Option(help="Market seconds a second.", min=0.01)] = 1.0,
    recording: Annotated[
        Path | None, typer.Option(help="Recorded trades to play, CSV or CSV.GZ.", exists=True, dir_okay=False)
    ] = None,
    full_speed: Annotated[bool, typer.Option("--full-speed", hidden=True)] = False,
    market_time: Annotated[
        str | None,
        typer.Option(help="Where the market clock starts, e.g. 2026-11-20T14:30:00Z; default: an hour after the open."),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the dashboard when it is up.")] = True,
    folder: Annotated[Path, typer.Option(help="Where the embedded servers keep their data.")] = Path(".navstream"),
    seed: Annotated[int, typer.Option(help="Of the simulated people and prices.")] = 7,
) -> None:
    """Run the whole service here, with embedded servers and simulated providers, until Ctrl-C."""
    options = Options(
        folder=folder,
        port=port,
        websocket_port=websocket_port,
        exit_after_s=exit_after,
        open_browser=browser and exit_after is None,
        recording=None if recording is None else recording.resolve(),
        full_speed=full_speed,
        speed=speed,
        market_time=None if market_time is None else datetime.fromisoformat(market_time),
        seed=seed,
    )
    try:
        status = asyncio.run(run_demo(options))
    except Misconfigured as error:
        sys.exit(str(error))
    sys.exit(status)


if __name__ == "__main__":
    typer.run(main)
