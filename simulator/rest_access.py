"""Who may call Alpaca's REST, how often, and which symbols are well-formed (pure)."""

import base64
import binascii
import re
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.plan import Plan
from simulator.subscriptions import credentials_match

MINUTE_S = 60


class RestRefused(Exception):
    """The call is answered with this status and message."""

    def __init__(self, status: int, message: str, code: int | None = None) -> None:
        self.status = status
        self.body = {"message": message} if code is None else {"code": code, "message": message}
        super().__init__(message)


def calling_key(headers: Mapping[str, str], plan: Plan) -> str:
    """Return the key of a call: by header pair, Basic, or an OAuth token that equals a secret.

    Raises:
        RestRefused: 401 without valid credentials.
    """
    key, secret = headers.get("APCA-API-KEY-ID", ""), headers.get("APCA-API-SECRET-KEY", "")
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        key, secret = _basic(value)
    elif scheme == "Bearer":
        key, secret = next(((name, text) for name, text in plan.credentials.items() if text == value), ("", ""))
    if not credentials_match(key, secret, plan.credentials):
        raise RestRefused(401, "unauthorized.")
    return key


def _basic(value: str) -> tuple[str, str]:
    try:
        key, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


@dataclass(slots=True)
class CallBudget:
    """Calls per key and wall minute, told in every answer's headers."""

    plan: Plan
    _minute: int = 0
    _spent: dict[str, int] = field(default_factory=dict)
    _called_s: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def spend(self, key: str, wall_s: float) -> None:
        """Count one more call.

        Raises:
            RestRefused: 429 when the minute's calls are spent.
        """
        minute = int(wall_s // MINUTE_S)
        if minute != self._minute:
            self._minute = minute
            self._spent.clear()
        self._note(self._called_s[key], wall_s)
        spent = self._spent[key] = self._spent.get(key, 0) + 1
        if spent > self.plan.calls_per_minute:
            self.plan.calls_refused += 1
            raise RestRefused(429, "too many requests.", 42910000)

    def _note(self, called_s: deque[float], wall_s: float) -> None:
        called_s.append(wall_s)
        while called_s[0] <= wall_s - MINUTE_S:
            called_s.popleft()
        self.plan.calls_count += 1
        self.plan.calls_most = max(self.plan.calls_most, len(called_s))

    def headers(self, key: str) -> dict[str, str]:
        """Return the rate headers as they stand."""
        limit = self.plan.calls_per_minute
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - self._spent.get(key, 0))),
            "X-RateLimit-Reset": str((self._minute + 1) * MINUTE_S),
        }


def requested_symbols(text: str | None, symbol_format: re.Pattern[str], count_max: int | None = None) -> list[str]:
    """Return the symbols of a query.

    Raises:
        RestRefused: 400 for none, too many, or one that is malformed: the whole batch fails.
    """
    symbols = [symbol.strip() for symbol in (text or "").split(",") if symbol.strip()]
    if not symbols:
        raise RestRefused(400, "symbols is required")
    if count_max is not None and len(symbols) > count_max:
        raise RestRefused(400, f"too many symbols: {len(symbols)}, the maximum is {count_max}")
    for symbol in symbols:
        if not symbol_format.fullmatch(symbol):
            suffix = " does not match ^[A-Z]+/[A-Z]+$" if "/" in symbol_format.pattern else ""
            raise RestRefused(400, f"invalid symbol: {symbol}{suffix}")
    return list(dict.fromkeys(symbols))
