"""Alpaca's errors are told apart by status; bodies may be anything."""

import json
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import requests
from alpaca.common.exceptions import APIError

from providers.alpaca.errors import our_error
from providers.base import UnexpectedAnswer
from providers.limits import RateLimited
from realtime.errors import ReconnectNeeded, RetryLater


def answer(status: int, body: str = '{"message":"unauthorized."}', headers: dict[str, str] | None = None) -> APIError:
    response: Any = SimpleNamespace(status_code=status, headers=headers or {})
    error: APIError = APIError(body, SimpleNamespace(response=response, request=None))  # type: ignore[no-untyped-call]
    return error


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ReconnectNeeded),
        (403, ReconnectNeeded),
        (404, ReconnectNeeded),
        (429, RateLimited),
        (500, RetryLater),
        (503, RetryLater),
        (504, RetryLater),
        (422, UnexpectedAnswer),
    ],
)
@pytest.mark.parametrize("body", ['{"message":"m"}', '{"code":1,"message":"m"}', "<html>", "", "[]"])
def test_status_decides(status: int, kind: type[Exception], body: str) -> None:
    """Ensure that no form of body breaks the mapping."""
    assert type(our_error(answer(status, body))) is kind


def test_limit_holds_one_account() -> None:
    """Ensure that one account's rate limit does not stop the others."""
    error = our_error(answer(429, headers={"Retry-After": "3"}))
    assert isinstance(error, RateLimited)
    assert (error.after_s, error.everyone) == (3, False)


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("refused"),
        requests.ReadTimeout("slow"),
        requests.exceptions.ChunkedEncodingError("cut"),
        json.JSONDecodeError("odd", "<html>", 0),
    ],
)
def test_transport_faults_pass(error: Exception) -> None:
    """Ensure that what the network does is tried again."""
    assert isinstance(our_error(error), RetryLater)


def test_changed_schema_is_a_bug() -> None:
    """Ensure that an account without its cash is not retried as an outage."""
    assert isinstance(our_error(msgspec.ValidationError("missing cash")), UnexpectedAnswer)
