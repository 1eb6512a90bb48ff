"""One thing that was looked at: how it is, and what to do about it. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, Field

from realtime.errors import Misconfigured, NavstreamError


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Finding(BaseModel):
    """What was found at one place."""

    check: str = Field(description="What was looked at, e.g. `postgres`; stable.")
    level: Level = Field(description="ok; note: not in use; warning: works, but; error: will not work.")
    says: str
    do: str | None = Field(default=None, description="What to do about it.")


class Report(BaseModel):
    """Everything that was found."""

    well: bool = Field(description="No finding is an error.")
    findings: list[Finding]


def ok(check: str, says: str) -> Finding:
    return Finding(check=check, level=Level.OK, says=says)


def note(check: str, says: str, do: str) -> Finding:
    return Finding(check=check, level=Level.NOTE, says=says, do=do)


def warning(check: str, says: str, do: str) -> Finding:
    return Finding(check=check, level=Level.WARNING, says=says, do=do)


def error(check: str, says: str, do: str) -> Finding:
    return Finding(check=check, level=Level.ERROR, says=says, do=do)


def refused(check: str, raised: NavstreamError, do: str) -> Finding:
    """Return the finding for one of our errors; of `Misconfigured` its problems alone."""
    return error(check, "; ".join(raised.problems) if isinstance(raised, Misconfigured) else str(raised), do)


def report(findings: Iterable[Finding]) -> Report:
    found = list(findings)
    return Report(well=all(finding.level is not Level.ERROR for finding in found), findings=found)
