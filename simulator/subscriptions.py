"""One stream client's side of Alpaca's protocol: messages in, answers out (pure).

Source: providers' document "market data stream protocol"; the codes and texts are Alpaca's.
"""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.events import Stream
from simulator.wire import CHANNELS, Fields, acknowledged

ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    412: "option messages are only available in MsgPack format",
    413: "star subscription is not allowed for option quotes",
    500: "internal error",
}

_MIRRORS = ("corrections", "cancelErrors")
"""Subscribed with `trades`, never by themselves."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the stream host.

    Attributes:
        channels: What its acknowledgement lists.
        symbol_format: Spelling of a symbol it accepts.
    """

    path: str
    stream: Stream
    channels: tuple[str, ...]
    symbol_format: re.Pattern[str]


STOCK_SYMBOL = re.compile(r"[A-Z]{1,6}(\.[A-Z]{1,4})?")
PAIR = re.compile(r"[A-Z]+/[A-Z]+")
OCC_SYMBOL = re.compile(r"[A-Z]{1,6}\d{6}[CP]\d{8}")
FAKE_SYMBOL = re.compile(r"[A-Z]{1,8}")
_CRYPTO_CHANNELS = ("trades", "quotes", "orderbooks", "bars", "updatedBars", "dailyBars")

ENDPOINTS = {
    endpoint.path: endpoint
    for endpoint in (
        Endpoint("/v2/iex", Stream.STOCK, CHANNELS, STOCK_SYMBOL),
        Endpoint("/v2/sip", Stream.STOCK, CHANNELS, STOCK_SYMBOL),
        Endpoint("/v2/delayed_sip", Stream.STOCK, CHANNELS, STOCK_SYMBOL),
        Endpoint("/v2/test", Stream.TEST, ("trades", "quotes", "bars"), FAKE_SYMBOL),
        Endpoint("/v1beta3/crypto/us", Stream.CRYPTO, _CRYPTO_CHANNELS, PAIR),
        Endpoint("/v1beta1/indicative", Stream.OPTION, ("trades", "quotes"), OCC_SYMBOL),
        Endpoint("/v1beta1/opra", Stream.OPTION, ("trades", "quotes"), OCC_SYMBOL),
    )
}


class Refused(Exception):
    """The client's message is answered with this code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"{code} {ERRORS[code]}")


def error(code: int) -> Fields:
    """Return an error message."""
    return {"T": "error", "code": code, "msg": ERRORS.get(code, "error")}


CONNECTED: Fields = {"T": "success", "msg": "connected"}
AUTHENTICATED: Fields = {"T": "success", "msg": "authenticated"}


@dataclass(slots=True)
class Subscriptions:
    """What one client is allowed and has asked for.

    Attributes:
        binary: Whether it reads MessagePack rather than JSON.
        admit: Called with the key's name on good credentials; raises `Refused` with 402, 406 or 409.
        symbols_max: Returns the most distinct symbols over trades and quotes at the moment; None is unlimited.
        on_change: Called with a channel, the symbols that joined it and those that left.
    """

    endpoint: Endpoint
    binary: bool
    admit: Callable[[str, str], None]
    symbols_max: Callable[[], int | None]
    on_change: Callable[[str, set[str], set[str]], None]
    authenticated: bool = False
    wanted: dict[str, set[str]] = field(default_factory=dict)

    def answer(self, message: object) -> Fields:
        """Return the answer to one decoded message."""
        try:
            return self._answer(message)
        except Refused as refused:
            return error(refused.code)

    def _answer(self, message: object) -> Fields:
        if not isinstance(message, Mapping):
            raise Refused(400)
        action = message.get("action")
        if action == "auth":
            return self._authenticate(message)
        if action not in {"subscribe", "unsubscribe"}:
            raise Refused(400)
        if not self.authenticated:
            raise Refused(401)
        requested = self._requested(message)
        if action == "subscribe":
            self._subscribe(requested)
        else:
            self._unsubscribe(requested)
        return acknowledged(self.endpoint.channels, self.wanted)

    def _authenticate(self, message: Mapping[Any, Any]) -> Fields:
        if self.authenticated:
            raise Refused(403)
        if self.endpoint.stream is Stream.OPTION and not self.binary:
            raise Refused(412)
        key, secret = message.get("key"), message.get("secret")
        if not isinstance(key, str) or not isinstance(secret, str):
            raise Refused(400)
        self.admit(key, secret)
        self.authenticated = True
        return AUTHENTICATED

    def _requested(self, message: Mapping[Any, Any]) -> dict[str, set[str]]:
        requested: dict[str, set[str]] = {}
        for channel, symbols in message.items():
            if channel == "action":
                continue
            if channel not in CHANNELS and channel != "orderbooks":
                raise Refused(400)
            if channel not in self.endpoint.channels:
                raise Refused(410)
            if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
                raise Refused(400)
            if not all(symbol == "*" or self.endpoint.symbol_format.fullmatch(symbol) for symbol in symbols):
                raise Refused(400)
            if "*" in symbols and channel == "quotes" and self.endpoint.stream is Stream.OPTION:
                raise Refused(413)
            if channel not in _MIRRORS:
                requested[channel] = set(symbols)
        return requested

    def _subscribe(self, requested: dict[str, set[str]]) -> None:
        symbols_max = self.symbols_max()
        if symbols_max is not None:
            limited = (self.wanted.get(name, set()) | requested.get(name, set()) for name in ("trades", "quotes"))
            if len(set().union(*limited)) > symbols_max:
                raise Refused(405)
        for channel, symbols in requested.items():
            for name in self._with_mirrors(channel):
                joined = symbols - self.wanted.get(name, set())
                self.wanted.setdefault(name, set()).update(joined)
                self.on_change(name, joined, set())

    def _unsubscribe(self, requested: dict[str, set[str]]) -> None:
        for channel, symbols in requested.items():
            for name in self._with_mirrors(channel):
                left = symbols & self.wanted.get(name, set())
                self.wanted.get(name, set()).difference_update(left)
                self.on_change(name, set(), left)

    def _with_mirrors(self, channel: str) -> Iterable[str]:
        mirrored = channel == "trades" and _MIRRORS[0] in self.endpoint.channels
        return (channel, *_MIRRORS) if mirrored else (channel,)


def credentials_match(key: str, secret: str, expected: Mapping[str, str]) -> bool:
    """Return whether the pair is one of the expected, in constant time for a known key."""
    known = expected.get(key)
    return known is not None and hmac.compare_digest(known, secret)
