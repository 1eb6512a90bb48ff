"""SnapTrade's errors: `{"detail", "status_code", "code"}`, the code a string (provider sheet, section 9)."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class SnapTradeError(Exception):
    """An answer that is an error; `headers` are added to it."""

    status: int
    code: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code} {self.detail}"

    def body(self) -> dict[str, Any]:
        return {"detail": self.detail, "status_code": self.status, "code": self.code}


def bad_signature() -> SnapTradeError:
    return SnapTradeError(401, "1076", "Unable to verify signature sent")


def bad_user() -> SnapTradeError:
    return SnapTradeError(401, "1083", "Invalid userID or userSecret provided")


def invalid(detail: str) -> SnapTradeError:
    return SnapTradeError(400, "1012", detail)


def not_found() -> SnapTradeError:
    return SnapTradeError(404, "1011", "Object not found")


def gone() -> SnapTradeError:
    return SnapTradeError(410, "0000", "This endpoint is no longer available for your account.")


def disabled() -> SnapTradeError:
    return SnapTradeError(402, "3003", "Unable to sync with brokerage account because the connection is disabled.")


def populating() -> SnapTradeError:
    return SnapTradeError(425, "3012", "The account is being populated. Please try again later.")


def unreachable() -> SnapTradeError:
    return SnapTradeError(503, "3002", "Unable to sync with brokerage account. Invalid response from Brokerage API.")


def unexpected() -> SnapTradeError:
    return SnapTradeError(500, "1000", "An unexpected error occurred")


def throttled(seconds: int) -> SnapTradeError:
    return SnapTradeError(
        429,
        "0000",
        f"Request was throttled. Expected available in {seconds} seconds.",
        {"Retry-After": str(seconds)},
    )
