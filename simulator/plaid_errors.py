"""Plaid's errors: the table of codes and the exact body (provider sheet, section 7)."""

from dataclasses import dataclass
from typing import Any

# code: (type, HTTP status, message, what the user is shown)
CODES: dict[str, tuple[str, int, str, str | None]] = {
    "ITEM_LOGIN_REQUIRED": (
        "ITEM_ERROR",
        400,
        "the login details of this item have changed (credentials, MFA, or required user action)",
        "The login details of this account have changed. Please sign in again.",
    ),
    "INVALID_CREDENTIALS": (
        "ITEM_ERROR",
        400,
        "the provided credentials were not correct",
        "The provided credentials were not correct. Please try again.",
    ),
    "ITEM_NOT_FOUND": ("ITEM_ERROR", 400, "the Item you requested cannot be found", None),
    "NO_ACCOUNTS": ("ITEM_ERROR", 400, "no valid accounts were found for this item", None),
    "NO_INVESTMENT_ACCOUNTS": ("ITEM_ERROR", 400, "user has no investment accounts", None),
    "PRODUCT_NOT_READY": ("ITEM_ERROR", 400, "the requested product is not yet ready. please retry later", None),
    "PRODUCTS_NOT_SUPPORTED": (
        "ITEM_ERROR",
        400,
        "the following products are not supported by this institution",
        None,
    ),
    "ADDITIONAL_CONSENT_REQUIRED": (
        "INVALID_INPUT",
        400,
        "client does not have user consent to access this product",
        None,
    ),
    "USER_PERMISSION_REVOKED": (
        "INVALID_INPUT",
        400,
        "the end user has revoked their permission to access their data",
        None,
    ),
    "INVALID_ACCESS_TOKEN": (
        "INVALID_INPUT",
        400,
        "could not find matching access token. please double check that the token is correct",
        None,
    ),
    "INVALID_API_KEYS": ("INVALID_INPUT", 400, "invalid client_id or secret provided", None),
    "INVALID_PUBLIC_TOKEN": ("INVALID_INPUT", 400, "could not find matching public token", None),
    "INVALID_LINK_TOKEN": ("INVALID_INPUT", 400, "invalid link_token provided", None),
    "INVALID_ACCOUNT_ID": ("INVALID_INPUT", 400, "failed to find requested account ID for requested item", None),
    "INVALID_INSTITUTION": ("INVALID_INPUT", 400, "invalid institution_id provided", None),
    "INVALID_PRODUCT": ("INVALID_INPUT", 400, "client is not authorized to access the following products", None),
    "INVALID_WEBHOOK_VERIFICATION_KEY_ID": (
        "INVALID_INPUT",
        400,
        "invalid key_id provided. note that key_ids are specific to Plaid environments",
        None,
    ),
    "MISSING_FIELDS": ("INVALID_REQUEST", 400, "the following required fields are missing", None),
    "UNKNOWN_FIELDS": ("INVALID_REQUEST", 400, "the following fields are not recognized by this endpoint", None),
    "INVALID_FIELD": ("INVALID_REQUEST", 400, "a field is invalid", None),
    "INVALID_BODY": ("INVALID_REQUEST", 400, "body could not be parsed as JSON", None),
    "NOT_FOUND": ("INVALID_REQUEST", 404, "not found", None),
    "INSTITUTION_DOWN": (
        "INSTITUTION_ERROR",
        400,
        "this institution is not currently responding to this request. please try again soon",
        "This financial institution is not currently responding to requests. Please try again later.",
    ),
    "INSTITUTION_NOT_RESPONDING": (
        "INSTITUTION_ERROR",
        400,
        "this institution is not currently responding to this request. please try again soon",
        "This financial institution is not currently responding to requests. Please try again later.",
    ),
    "INSTITUTION_NO_LONGER_SUPPORTED": (
        "INSTITUTION_ERROR",
        400,
        "this institution is no longer supported",
        None,
    ),
    "INTERNAL_SERVER_ERROR": ("API_ERROR", 500, "an unexpected error occurred", None),
    "PLANNED_MAINTENANCE": ("API_ERROR", 503, "the Plaid API is down for planned maintenance", None),
    "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION": (
        "TRANSACTIONS_ERROR",
        400,
        "underlying transaction data changed since last page was fetched. please restart pagination from last update",
        None,
    ),
    "SANDBOX_PRODUCT_NOT_ENABLED": (
        "SANDBOX_ERROR",
        400,
        "the requested product is not enabled for this item",
        None,
    ),
    "SANDBOX_WEBHOOK_INVALID": ("SANDBOX_ERROR", 400, "webhook for this item is either not set or invalid", None),
}


@dataclass(slots=True)
class PlaidError(Exception):
    """An answer that is an error; `detail` is added to the code's own message."""

    code: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.detail}".rstrip()

    @property
    def status(self) -> int:
        return 429 if self.code not in CODES else CODES[self.code][1]

    def fields(self) -> dict[str, Any]:
        """Return the error as it stands in an answer, a webhook or an item: without `request_id`.

        A code that is not in the table is the limit of an endpoint (RATE_LIMIT_EXCEEDED).
        """
        kind, _, message, display = CODES.get(
            self.code, ("RATE_LIMIT_EXCEEDED", 429, "rate limit exceeded for attempts to access this item", None)
        )
        return {
            "display_message": display,
            "documentation_url": f"https://plaid.com/docs/?ref=error#{kind.lower()}-{self.code.lower()}",
            "error_code": self.code,
            "error_message": f"{message}: {self.detail}" if self.detail else message,
            "error_type": kind,
            "suggested_action": None,
        }
