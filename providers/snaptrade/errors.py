"""SnapTrade's errors → ours (pure)."""

import msgspec
import urllib3.exceptions
from snaptrade_client.exceptions import ApiException
from snaptrade_client.exceptions_base import OpenApiException

from providers.base import UnexpectedAnswer
from providers.limits import RateLimited, told_wait_s
from providers.snaptrade.documents import ErrorAnswer
from realtime.domain.account import ProviderName
from realtime.errors import KeysRefused, ReconnectNeeded, RetryLater, Unsupported
from realtime.log import redact

FAILURES: tuple[type[Exception], ...] = (OpenApiException, urllib3.exceptions.HTTPError, msgspec.DecodeError)
"""Everything that the SDK and our decoder raise for what the other side did."""

_RECONNECT = {
    "3003": "The brokerage connection is disabled: sign in at the brokerage again.",
    "1083": "SnapTrade does not know this user any more: connect again.",
    "1011": "The connection was deleted at SnapTrade: connect again.",
    "1066": "The brokerage refuses access: sign in there again.",
}
_UNSUPPORTED = frozenset({"1140", "1141"})
_OUR_KEYS = frozenset({"1076"})
_RETRY_AFTER_S: dict[int, float | None] = {409: 5.0, 425: 30.0, 500: None, 502: None, 503: 60.0, 504: None}


def our_error(error: Exception) -> Exception:
    """Return the error of the taxonomy for one of `FAILURES`; never with the user secret in it."""
    if isinstance(error, ApiException):
        return _from_answer(error)
    if isinstance(error, urllib3.exceptions.HTTPError):
        return RetryLater(f"SnapTrade is not reachable ({type(error).__name__})")
    if isinstance(error, msgspec.ValidationError):
        return UnexpectedAnswer(ProviderName.SNAPTRADE, "200", str(error))
    if isinstance(error, msgspec.DecodeError):
        return RetryLater("SnapTrade's answer is not JSON")
    return UnexpectedAnswer(ProviderName.SNAPTRADE, type(error).__name__, redact(str(error)))


def _from_answer(error: ApiException) -> Exception:
    status = error.status or 0
    code, detail = _said(error.body)
    if status == 429:
        return RateLimited(detail or "SnapTrade answered HTTP 429", told_wait_s(dict(error.headers or {})))
    refusal = _refusal(status, code, detail)
    if refusal is not None:
        return refusal
    if status in _RETRY_AFTER_S:
        return RetryLater(detail or f"SnapTrade answered HTTP {status}", _RETRY_AFTER_S[status])
    if status == 0:
        return RetryLater("SnapTrade is not reachable")
    return UnexpectedAnswer(ProviderName.SNAPTRADE, code or str(status), detail)


def _refusal(status: int, code: str, detail: str) -> Exception | None:
    if code in _OUR_KEYS and status == 401:  # with 400 the same code is a request that is wrong
        return KeysRefused((f"SNAPTRADE_CLIENT_ID, SNAPTRADE_CONSUMER_KEY: SnapTrade refuses them [{code}]",))
    if code in _UNSUPPORTED or status in {410, 501}:
        return Unsupported(detail or f"SnapTrade answered HTTP {status}")
    if code in _RECONNECT and status < 500:
        return ReconnectNeeded(code, _RECONNECT[code])
    if status in {401, 402}:
        return ReconnectNeeded(code or str(status), detail or "SnapTrade refuses the user")
    return None


def _said(body: object) -> tuple[str, str]:
    """Return code and detail of an error's body, '' where it has none."""
    if not isinstance(body, dict):
        return "", ""
    said = msgspec.convert(dict(body), ErrorAnswer)
    code = said.code if said.code is not None else said.default_code
    detail = said.detail or said.default_detail or said.error
    return "" if code is None else str(code), "" if detail is None else redact(str(detail))
