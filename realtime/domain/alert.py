"""Alerts: what an operator must know, from when on, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Severity(StrEnum):
    """How soon somebody has to look, most urgent first."""

    CRITICAL = "critical"
    """Values are wrong, missing or standing still."""

    WARNING = "warning"
    """They will be, unless somebody looks today."""

    INFO = "info"
    """Somebody else, a user perhaps, has to act."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is wrong.

    Attributes:
        name: Which check of `monitor/checks.py` found it.
        subject: Of which stream, stage or product; empty when there is only one.
        message: A sentence for the operator, as it was when the alert fired.
        fired_at: Wall time.
    """

    id: UUID
    name: str
    subject: str
    severity: Severity
    message: str
    fired_at: datetime


class Turn(StrEnum):
    """What happened to an alert."""

    FIRED = "fired"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Notice:
    """News of an alert; `at` is the wall time of the turn."""

    alert: Alert
    turn: Turn
    at: datetime
