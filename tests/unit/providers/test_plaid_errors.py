"""Plaid's errors are told apart by their code, for the HTTP status says little."""

import json

import msgspec
import pytest
import urllib3.exceptions
from plaid.exceptions import ApiException, ApiTypeError

from providers.base import UnexpectedAnswer
from providers.limits import RateLimited
from providers.plaid.errors import MovedMeanwhile, our_error
from realtime.errors import BadRequest, KeysRefused, Misconfigured, ReconnectNeeded, RetryLater, Unsupported


def answer(status: int, code: str | None = None, kind: str = "ITEM_ERROR", body: str | None = None) -> ApiException:
    error = ApiException(status=status, reason="")
    error.body = body or json.dumps(
        {"error_code": code, "error_type": kind, "error_message": "m", "display_message": None}
    )
    return error


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ITEM_LOGIN_REQUIRED", 400, ReconnectNeeded),
        ("ITEM_NOT_FOUND", 400, ReconnectNeeded),
        ("ACCESS_NOT_GRANTED", 400, ReconnectNeeded),
        ("USER_PERMISSION_REVOKED", 400, ReconnectNeeded),
        ("ADDITIONAL_CONSENT_REQUIRED", 400, ReconnectNeeded),
        ("PRODUCT_NOT_READY", 400, RetryLater),
        ("INSTITUTION_DOWN", 400, RetryLater),
        ("INTERNAL_SERVER_ERROR", 500, RetryLater),
        ("PLANNED_MAINTENANCE", 503, RetryLater),
        ("NO_INVESTMENT_ACCOUNTS", 400, Unsupported),
        ("PRODUCTS_NOT_SUPPORTED", 400, Unsupported),
        ("INSTITUTION_NO_LONGER_SUPPORTED", 400, Unsupported),
        ("CREDITS_EXHAUSTED", 429, Unsupported),
        ("INVALID_API_KEYS", 400, KeysRefused),
        ("INVALID_PUBLIC_TOKEN", 400, BadRequest),
        ("INVALID_ACCESS_TOKEN", 400, UnexpectedAnswer),
        ("UNKNOWN_FIELDS", 400, UnexpectedAnswer),
        ("ITEM_LOCKED", 400, ReconnectNeeded),
        ("PASSWORD_RESET_REQUIRED", 400, ReconnectNeeded),
        ("USER_SETUP_REQUIRED", 400, ReconnectNeeded),
        ("INVALID_CREDENTIALS", 400, ReconnectNeeded),
        ("INVALID_MFA", 400, ReconnectNeeded),
        ("INSUFFICIENT_CREDENTIALS", 400, ReconnectNeeded),
        ("MFA_NOT_SUPPORTED", 400, ReconnectNeeded),
        ("ITEM_CONCURRENTLY_DELETED", 400, ReconnectNeeded),
        ("NO_ACCOUNTS", 400, ReconnectNeeded),
        ("INSTITUTION_NOT_RESPONDING", 400, RetryLater),
        ("INSTITUTION_NOT_AVAILABLE", 400, RetryLater),
        ("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION", 400, MovedMeanwhile),
        ("ITEM_NOT_SUPPORTED", 400, Unsupported),
        ("PRODUCT_NOT_ENABLED", 400, Unsupported),
        ("UNSUPPORTED_RESPONSE", 400, Unsupported),
        ("UNAUTHORIZED_INSTITUTION", 400, Unsupported),
        ("INSTITUTION_REGISTRATION_REQUIRED", 400, Unsupported),
        ("TRIAL_CONNECTION_LIMIT", 400, Unsupported),
        ("SANDBOX_PRODUCT_NOT_ENABLED", 400, Unsupported),
        ("SANDBOX_WEBHOOK_INVALID", 400, Unsupported),
        ("SANDBOX_ONLY", 400, Unsupported),
        ("UNAUTHORIZED_ENVIRONMENT", 400, KeysRefused),
        ("UNAUTHORIZED_ROUTE_ACCESS", 400, Misconfigured),
        ("INVALID_PRODUCT", 400, Misconfigured),
        ("INVALID_LINK_TOKEN", 400, BadRequest),
        ("INVALID_ACCOUNT_ID", 400, BadRequest),
        ("INVALID_INSTITUTION", 400, BadRequest),
        ("MISSING_FIELDS", 400, UnexpectedAnswer),
        ("INVALID_FIELD", 400, UnexpectedAnswer),
        ("INVALID_BODY", 400, UnexpectedAnswer),
        ("INVALID_HEADERS", 400, UnexpectedAnswer),
        ("SOMETHING_NEW", 400, UnexpectedAnswer),
        ("SOMETHING_NEW", 500, RetryLater),
    ],
)
def test_code_decides(code: str, status: int, kind: type[Exception]) -> None:
    """Ensure that each code leads to what has to be done about it."""
    assert type(our_error(answer(status, code))) is kind


def test_institution_outage_is_not_hammered() -> None:
    """Ensure that an institution which is down is asked again after a quarter of an hour."""
    error = our_error(answer(400, "INSTITUTION_NOT_RESPONDING", "INSTITUTION_ERROR"))
    assert isinstance(error, RetryLater)
    assert error.after_s == 900


@pytest.mark.parametrize(
    ("code", "everyone"),
    [("INVESTMENT_HOLDINGS_GET_LIMIT", False), ("BALANCE_LIMIT", False), ("INSTITUTIONS_GET_LIMIT", True)],
)
def test_limit_says_whom_it_holds(code: str, everyone: bool) -> None:
    """Ensure that an Item's own limit does not stop the other Items."""
    error = our_error(answer(429, code, "RATE_LIMIT_EXCEEDED"))
    assert isinstance(error, RateLimited)
    assert error.everyone is everyone


@pytest.mark.parametrize(
    "error",
    [
        urllib3.exceptions.ReadTimeoutError(None, "/", "slow"),  # type: ignore[arg-type]
        urllib3.exceptions.ProtocolError("cut"),
        urllib3.exceptions.MaxRetryError(None, "/", None),  # type: ignore[arg-type]
        msgspec.DecodeError("cut"),
        answer(502, body="<html>Bad gateway</html>"),
        answer(503, body=""),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"),
    ],
)
def test_transport_faults_pass(error: Exception) -> None:
    """Ensure that what the network or a proxy does is tried again."""
    assert isinstance(our_error(error), RetryLater)


@pytest.mark.parametrize("error", [ApiTypeError("odd"), msgspec.ValidationError("odd"), answer(404, body="<html>")])
def test_everything_else_is_a_bug(error: Exception) -> None:
    """Ensure that a changed schema or path is not retried as if it were an outage."""
    assert isinstance(our_error(error), UnexpectedAnswer)


def test_http_429_without_a_body_is_a_limit() -> None:
    """Ensure that a proxy's 429 is honoured too."""
    assert isinstance(our_error(answer(429, body="<html>")), RateLimited)


def test_pathological_body_is_no_crash() -> None:
    """Ensure that JSON which is no object is treated as no body."""
    assert isinstance(our_error(answer(500, body="[]")), RetryLater)
