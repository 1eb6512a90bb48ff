"""Structured logs: an event name from a fixed list, facts as fields, never a secret."""

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, Literal, cast

import orjson
import structlog

Event = Literal[
    "account_drifted",
    "account_removed",
    "alert_cleared",
    "alert_fired",
    "client_closed",
    "client_refused",
    "collector_subscribed",
    "collector_unsubscribed",
    "connection_not_ended",
    "connection_reconnect_needed",
    "connection_removed",
    "database_unreachable",
    "demo_seeded",
    "holdings_loaded",
    "holdings_quarantined",
    "interest_changed",
    "job_failed",
    "job_retried",
    "lease_acquired",
    "lease_lost",
    "metrics_port_taken",
    "migration_applied",
    "notice_delivered",
    "notice_undelivered",
    "partition_claimed",
    "partition_released",
    "poll_failed",
    "previous_closes_loaded",
    "provider_unreachable",
    "redis_unreachable",
    "refresh_switched_off",
    "stage_failed",
    "stage_restarted",
    "stage_started",
    "stage_stopped",
    "stream_connected",
    "stream_disconnected",
    "stream_refused",
    "stream_silent",
    "sync_complete",
    "sync_failed",
    "sync_unsupported",
    "values_reset",
    "webhook_failed",
    "webhook_processed",
]

_SECRET = re.compile(
    r"(access|public|link)-(sandbox|production)-[0-9a-f-]+"
    r"|userSecret=[^&\s\"']+"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)


def redact(text: str) -> str:
    """Return the text with everything that looks like a provider's token, a JWT or a password taken out."""
    return _SECRET.sub("[redacted]", text)


class Log:
    """A logger bound to some facts."""

    def __init__(self, **facts: object) -> None:
        self._facts = facts

    def bind(self, **facts: object) -> "Log":
        """Return a logger that adds these facts to every line."""
        return Log(**self._facts, **facts)

    def info(self, event: Event, **facts: object) -> None:
        self._write("info", event, facts)

    def warning(self, event: Event, **facts: object) -> None:
        self._write("warning", event, facts)

    def error(self, event: Event, exc_info: BaseException | None = None, **facts: object) -> None:
        self._write("error", event, facts if exc_info is None else {**facts, "exc_info": exc_info})

    def _write(self, level: str, event: Event, facts: dict[str, object]) -> None:
        getattr(structlog.get_logger(), level)(event, **self._facts, **facts)


def set_up_logging(log_format: str, level: str, on_trouble: Callable[[str], None] = lambda _event: None) -> None:
    """Send our lines and those of the libraries to stderr, as text or as JSON, secrets taken out.

    `on_trouble` is called with the event of every warning and error of ours.
    """

    def tell(_logger: object, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if name in {"warning", "error"}:
            on_trouble(event["event"])
        return event

    structlog.configure(
        processors=[
            tell,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact_fields,
            _renderer(log_format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_RedactingFormatter("%(asctime)s [%(levelname)s] %(name)s: %(message)s"))
    logging.basicConfig(level=max(logging.WARNING, logging.getLevelName(level)), handlers=[handler], force=True)


class _RedactingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _redact_fields(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _renderer(log_format: str) -> structlog.typing.Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(
            serializer=lambda event, **_: orjson.dumps(event, default=lambda value: redact(str(value))).decode()
        )
    return cast("structlog.typing.Processor", structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
