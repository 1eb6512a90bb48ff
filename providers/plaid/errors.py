"""Plaid's errors → ours (pure). Branches on the error code alone: most passing faults come with HTTP 400."""

import msgspec
import urllib3.exceptions
from plaid.exceptions import ApiException, OpenApiException

from providers.base import UnexpectedAnswer
from providers.limits import RateLimited
from providers.plaid.documents import ItemError
from realtime.domain.account import ProviderName
from realtime.errors import BadRequest, KeysRefused, Misconfigured, ReconnectNeeded, RetryLater, Unsupported

FAILURES: tuple[type[Exception], ...] = (
    OpenApiException,
    urllib3.exceptions.HTTPError,
    msgspec.DecodeError,
    UnicodeDecodeError,
)
"""Everything that the SDK and our decoder raise for what the other side did."""

_MINUTES_S = 60.0
_INSTITUTION_WAIT_S = 15 * _MINUTES_S
_RETRY_AFTER_S: dict[str, float | None] = {
    "PRODUCT_NOT_READY": 30.0,
    "INSTITUTION_DOWN": _INSTITUTION_WAIT_S,
    "INSTITUTION_NOT_RESPONDING": _INSTITUTION_WAIT_S,
    "INSTITUTION_NOT_AVAILABLE": _INSTITUTION_WAIT_S,
    "INTERNAL_SERVER_ERROR": None,
    "PLANNED_MAINTENANCE": 5 * _MINUTES_S,
}
_RECONNECT = frozenset(
    {
        "ITEM_LOGIN_REQUIRED", "ITEM_LOCKED", "PASSWORD_RESET_REQUIRED", "USER_SETUP_REQUIRED",
        "INVALID_CREDENTIALS", "INVALID_MFA", "INSUFFICIENT_CREDENTIALS", "MFA_NOT_SUPPORTED", "ITEM_NOT_FOUND",
        "ACCESS_NOT_GRANTED", "NO_ACCOUNTS", "ADDITIONAL_CONSENT_REQUIRED", "USER_PERMISSION_REVOKED",
        "ITEM_CONCURRENTLY_DELETED",
    }
)  # fmt: skip
_UNSUPPORTED = frozenset(
    {
        "NO_INVESTMENT_ACCOUNTS", "PRODUCTS_NOT_SUPPORTED", "PRODUCT_NOT_ENABLED", "ITEM_NOT_SUPPORTED",
        "INSTITUTION_NO_LONGER_SUPPORTED", "UNSUPPORTED_RESPONSE", "UNAUTHORIZED_INSTITUTION",
        "INSTITUTION_REGISTRATION_REQUIRED", "TRIAL_CONNECTION_LIMIT", "CREDITS_EXHAUSTED",
        "SANDBOX_PRODUCT_NOT_ENABLED", "SANDBOX_WEBHOOK_INVALID", "SANDBOX_ONLY",
    }
)  # fmt: skip
_OUR_KEYS = frozenset({"INVALID_API_KEYS", "UNAUTHORIZED_ENVIRONMENT"})
_OUR_PLAN = frozenset({"UNAUTHORIZED_ROUTE_ACCESS", "INVALID_PRODUCT"})
_MUTATION = "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"
_CLIENT_INPUT = frozenset({"INVALID_PUBLIC_TOKEN", "INVALID_LINK_TOKEN", "INVALID_ACCOUNT_ID", "INVALID_INSTITUTION"})
_CLIENT_LIMITS = frozenset(
    {"ACCOUNTS_BALANCE_GET_LIMIT", "INSTITUTIONS_GET_LIMIT", "INSTITUTIONS_GET_BY_ID_LIMIT", "RATE_LIMIT"}
)


class MovedMeanwhile(RetryLater):
    """The bank transactions changed between two pages: the pages so far are void."""


def our_error(error: Exception) -> Exception:
    """Return the error of the taxonomy for one of `FAILURES`."""
    if isinstance(error, ApiException):
        return _from_answer(error)
    if isinstance(error, urllib3.exceptions.HTTPError):
        return RetryLater(f"Plaid is not reachable ({type(error).__name__})")
    if isinstance(error, msgspec.ValidationError):
        return UnexpectedAnswer(ProviderName.PLAID, "200", str(error))
    if isinstance(error, msgspec.DecodeError | UnicodeDecodeError):
        return RetryLater("Plaid's answer is not JSON")
    return UnexpectedAnswer(ProviderName.PLAID, type(error).__name__, str(error))


def _from_answer(error: ApiException) -> Exception:
    try:
        said = msgspec.json.decode(str(error.body or ""), type=ItemError)
    except msgspec.DecodeError:
        said = ItemError()
    if said.error_code is not None:
        return error_for(said, error.status)
    if error.status == 429:
        return RateLimited("Plaid answered HTTP 429", None)
    if error.status is not None and error.status >= 500:
        return RetryLater(f"Plaid answered HTTP {error.status}")
    return UnexpectedAnswer(ProviderName.PLAID, str(error.status), "no error code")


def error_for(said: ItemError, status: int | None) -> Exception:
    """Return our error for Plaid's, from an answer or from an Item's own `error`."""
    code = said.error_code or "UNKNOWN"
    reason = said.display_message or said.error_message or code
    if code == _MUTATION:
        return MovedMeanwhile(f"{reason} [{code}]", 1.0)
    known = _known(code, reason)
    if known is not None:
        return known
    if status == 429 or said.error_type == "RATE_LIMIT_EXCEEDED":
        return RateLimited(f"{reason} [{code}]", None, everyone=code in _CLIENT_LIMITS)
    if status is not None and status >= 500:
        return RetryLater(f"{reason} [{code}]")
    return UnexpectedAnswer(ProviderName.PLAID, code, reason)


def _our_fault(code: str) -> Misconfigured:
    if code in _OUR_KEYS:
        return KeysRefused((f"PLAID_CLIENT_ID, PLAID_SECRET, PLAID_ENV: Plaid refuses them [{code}]",))
    return Misconfigured((f"PLAID_CLIENT_ID: Plaid has not enabled this for it [{code}]",))


def _known(code: str, reason: str) -> Exception | None:
    if code in _UNSUPPORTED:
        return Unsupported(f"{reason} [{code}]")
    if code in _RECONNECT:
        return ReconnectNeeded(code, reason)
    if code in _RETRY_AFTER_S:
        return RetryLater(f"{reason} [{code}]", _RETRY_AFTER_S[code])
    if code in _OUR_KEYS | _OUR_PLAN:
        return _our_fault(code)
    if code in _CLIENT_INPUT:
        return BadRequest(code.lower(), reason)
    return None
