"""No secret reaches a log."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from realtime.log import Log, redact, set_up_logging

SECRETS = [
    "access-sandbox-8ab976e6-64bc-4b38-98f7-731e7a349970",
    "public-production-8ab976e6-64bc-4b38-98f7-731e7a349970",
    "https://api.example/accounts?userId=u&userSecret=d0n-t-t3ll&clientId=c",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
    "postgresql://navstream:hunter2@db/navstream",
]


@pytest.fixture
def _logging_of_its_own() -> Iterator[None]:
    """Logging is the process's: later tests must not write to this one's captured stderr."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_taken_out(text: str) -> None:
    """Ensure the parts that open doors do not survive."""
    cleaned = redact(f"before {text} after")
    assert cleaned.startswith("before")
    assert cleaned.endswith("after")
    for part in ("8ab976e6", "d0n-t-t3ll", "c2lnbmF0dXJl", "hunter2"):
        assert part not in cleaned


@pytest.mark.usefixtures("_logging_of_its_own")
def test_fields_of_a_line_are_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    """Ensure our own lines pass through the filter in both formats."""
    for log_format in ("json", "text"):
        set_up_logging(log_format, "INFO")
        Log(stage="sync").info("sync_failed", reason=SECRETS[0])
    lines = capsys.readouterr().err
    assert lines.count("sync_failed") == 2
    assert "8ab976e6" not in lines
