"""SnapTrade's errors are told apart by status and code, however they are spelled; secrets stay out."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import urllib3.exceptions
from snaptrade_client.exceptions import ApiException
from snaptrade_client.exceptions_base import OpenApiException

from providers.base import UnexpectedAnswer
from providers.limits import RateLimited
from providers.snaptrade.errors import our_error
from realtime.errors import KeysRefused, ReconnectNeeded, RetryLater, Unsupported


def answer(status: int, body: Any = None, headers: dict[str, str] | None = None) -> ApiException:
    response: Any = SimpleNamespace(
        status=status,
        body=body,
        round_trip_time=0.1,
        response=SimpleNamespace(reason="", headers=headers or {}),
    )
    return ApiException(api_response=response)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"detail": "User exists", "code": "1010"}, UnexpectedAnswer),
        (400, {"detail": "Unable to verify data sent", "code": "1076"}, UnexpectedAnswer),
        (400, {"detail": "Invalid input", "code": "1012"}, UnexpectedAnswer),
        (401, {"detail": "Unable to verify signature sent", "code": "1076"}, KeysRefused),
        (401, {"detail": "Invalid userID or userSecret provided", "code": "1083"}, ReconnectNeeded),
        (401, {"detail": "user not found", "code": "0000"}, ReconnectNeeded),
        (402, {"detail": "disabled", "code": "3003"}, ReconnectNeeded),
        (403, {"default_detail": "no", "default_code": 1066}, ReconnectNeeded),
        (403, {"detail": "feature off", "code": "1141"}, Unsupported),
        (404, {"detail": "not found", "code": "1011"}, ReconnectNeeded),
        (409, {"detail": "concurrent", "code": "1166"}, RetryLater),
        (410, {"detail": "This endpoint is no longer available for your account."}, Unsupported),
        (425, {"detail": "populating", "code": "3012"}, RetryLater),
        (429, {"detail": "throttled", "code": "0000"}, RateLimited),
        (500, {"detail": "odd", "code": "1000"}, RetryLater),
        (500, {"detail": "InvalidCredentials", "code": "3004"}, RetryLater),
        (501, {"error": "not implemented"}, Unsupported),
        (502, "<html>Bad gateway</html>", RetryLater),
        (503, {"detail": "Invalid response from Brokerage API.", "code": "3002"}, RetryLater),
        (504, None, RetryLater),
        (418, {"detail": "teapot"}, UnexpectedAnswer),
    ],
)
def test_table_of_errors(status: int, body: Any, kind: type[Exception]) -> None:
    """Ensure that each documented error leads to what has to be done about it."""
    assert type(our_error(answer(status, body))) is kind


def test_throttling_says_how_long() -> None:
    """Ensure that Retry-After and the reset header are obeyed."""
    for headers in ({"Retry-After": "7"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}):
        error = our_error(answer(429, {"detail": "slow"}, headers))
        assert isinstance(error, RateLimited)
        assert error.after_s == 7


def test_secrets_stay_out_of_our_errors() -> None:
    """Ensure that the user secret, which travels in the query, is in no error of ours."""
    url = "/accounts?userId=u&userSecret=s3cr3t&clientId=c"
    errors: list[Exception] = [
        urllib3.exceptions.MaxRetryError(None, url, None),  # type: ignore[arg-type]
        answer(500, {"detail": f"failed: {url}"}),
        answer(418, {"detail": f"failed: {url}"}),
        OpenApiException(f"failed: {url}"),
    ]
    for error in errors:
        assert "s3cr3t" not in str(our_error(error))


def test_answers_that_are_no_answers() -> None:
    """Ensure that half a JSON document is retried and a changed schema is a bug."""
    assert isinstance(our_error(msgspec.DecodeError("cut")), RetryLater)
    assert isinstance(our_error(msgspec.ValidationError("odd")), UnexpectedAnswer)
    assert isinstance(our_error(urllib3.exceptions.ProtocolError("cut")), RetryLater)
