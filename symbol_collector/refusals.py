"""What Alpaca's error codes mean to a person, and how long to wait after each (pure).

Source: Alpaca's real-time market data documentation, section "Errors".
"""

from dataclasses import dataclass

AUTH_FAILED = 402
CONNECTION_LIMIT = 406
NO_SUBSCRIPTION = 409

FINAL = frozenset({AUTH_FAILED, NO_SUBSCRIPTION, 411, 412})
"""Refusals that another attempt does not cure: the stream stops, and tries again every `FINAL_RETRY_AFTER_S`."""
FINAL_RETRY_AFTER_S = 300.0

_CONNECTION_LIMIT_WAIT_S = 1.0
_CONNECTION_LIMIT_WAIT_MAX_S = 60.0

_SENTENCES = {
    400: "a symbol is not well-formed",
    401: "the connection was not authenticated in time",
    402: "the API keys are wrong; check APCA_API_KEY_ID and APCA_API_SECRET_KEY",
    404: "authentication took longer than 10 seconds",
    405: "the plan allows fewer symbols than were asked for; the most valuable stay on the stream, the rest is polled",
    406: "the plan's connections are all in use; another program streams with the same keys",
    407: "we read more slowly than the market moves, and the server cut us off",
    409: "the plan does not include this feed; check NAVSTREAM_ALPACA_FEED and the subscription at Alpaca",
    410: "this feed does not offer these subscriptions",
    411: "the access token lacks the scope `data`",
    412: "options need MessagePack",
    413: "a subscription to every option quote is not allowed",
    500: "an internal error at Alpaca",
}
_AUTH_TEXTS = {
    "auth failed": 402,
    "auth timeout": 404,
    "connection limit exceeded": 406,
    "insufficient subscription": 409,
    "insufficient scope": 411,
    "not authenticated": 401,
    "internal error": 500,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server said no; `code` is None when it said so outside the protocol."""

    code: int | None
    reason: str

    def __str__(self) -> str:
        return self.reason if self.code is None else f"{self.reason} (Alpaca error {self.code})"

    @property
    def is_final(self) -> bool:
        return self.code in FINAL


def refusal(code: int | None, text: str) -> Refusal:
    """Return the refusal behind an error message of the stream."""
    return Refusal(code, _SENTENCES.get(code or 0, text))


def auth_refusal(text: str) -> Refusal:
    """Return the refusal behind the SDK's exception at sign-in, which carries the text alone."""
    return refusal(_AUTH_TEXTS.get(text.strip().lower()), text)


def connection_limit_wait_s(refusals_count: int) -> float | None:
    """Return the wait after so many refusals for connections in a row, seconds: 1, 2, 4 … up to a minute.

    A dead connection keeps its slot at Alpaca for up to 90 s; most are given back at once. None after no refusal: then
    the SDK chooses (1 to 30 s, doubling).
    """
    if not refusals_count:
        return None
    return min(_CONNECTION_LIMIT_WAIT_MAX_S, _CONNECTION_LIMIT_WAIT_S * 2.0 ** (refusals_count - 1))
