"""`python -m doctor`: examine, draw or print, end with the status."""

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from doctor.examination import examine
from doctor.finding import Finding, Level, Report
from realtime.clock import WallClock
from realtime.log import set_up_logging
from realtime.settings import read_settings
from realtime.up import STAGES

_MARKS = {Level.OK: ("✓", "green"), Level.NOTE: ("·", "dim"), Level.WARNING: ("!", "yellow"), Level.ERROR: ("✗", "red")}


def main(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check this set-up and say what to do about each finding; exit status 1 when something will not work."""
    settings, problems = read_settings(*STAGES)
    set_up_logging(settings.log_format, "ERROR")
    report = asyncio.run(examine(settings, problems, WallClock()))
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        draw(report, Console(highlight=False))
    sys.exit(0 if report.well else 1)


def draw(report: Report, console: Console) -> None:
    """Print a line for each finding, what to do about it below, and a verdict."""
    for finding in report.findings:
        console.print(_line(finding), soft_wrap=True)
    counts = {level: sum(finding.level is level for finding in report.findings) for level in Level}
    if report.well:
        console.print(Text(f"\nNothing to repair, {counts[Level.WARNING]} warnings.", style="bold green"))
    else:
        console.print(Text(f"\n{counts[Level.ERROR]} to repair, {counts[Level.WARNING]} warnings.", style="bold red"))


def _line(finding: Finding) -> Text:
    mark, style = _MARKS[finding.level]
    line = Text.assemble((mark, style), f" {finding.check}: {finding.says}")
    if finding.do is not None:
        line.append(f"\n    → {finding.do}", style="bold" if finding.level is Level.ERROR else "dim")
    return line


if __name__ == "__main__":
    typer.run(main)
