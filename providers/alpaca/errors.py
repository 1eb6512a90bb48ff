"""Alpaca's errors → ours (pure)."""

import json

import msgspec
import requests
from alpaca.common.exceptions import APIError

from providers.base import UnexpectedAnswer
from providers.limits import RateLimited, told_wait_s
from realtime.domain.account import ProviderName
from realtime.errors import ReconnectNeeded, RetryLater

FAILURES: tuple[type[Exception], ...] = (
    APIError,
    requests.RequestException,
    msgspec.ValidationError,
    json.JSONDecodeError,
)
"""Everything that the SDK and our decoder raise for what the other side did."""


def our_error(error: Exception) -> Exception:
    """Return the error of the taxonomy for one of `FAILURES`."""
    if isinstance(error, APIError):
        return _from_answer(error)
    if isinstance(error, msgspec.ValidationError):
        return UnexpectedAnswer(ProviderName.ALPACA, "200", str(error))
    if isinstance(error, json.JSONDecodeError):
        return RetryLater("Alpaca's answer is not JSON")
    return RetryLater(f"Alpaca is not reachable ({type(error).__name__})")


def _from_answer(error: APIError) -> Exception:
    status: int = error.status_code or 0
    said = _message(error)
    if status == 429:
        headers = {} if error.response is None else dict(error.response.headers)
        return RateLimited(said or "Alpaca answered HTTP 429", told_wait_s(headers), everyone=False)
    if status in {401, 403, 404}:
        return ReconnectNeeded(str(status), "Alpaca refuses the keys, or does not know the account")
    if status >= 500 or status == 0:
        return RetryLater(said or f"Alpaca answered HTTP {status}")
    return UnexpectedAnswer(ProviderName.ALPACA, str(status), said)


def _message(error: APIError) -> str:
    """Return what Alpaca said; the SDK's own `message` fails on bodies that are not JSON."""
    try:
        body = json.loads(str(error))
    except ValueError:
        return ""
    return str(body.get("message", "")) if isinstance(body, dict) else ""
