"""What one stream is subscribed to: what we want against what the server acknowledged (pure).

One request is under way at a time; whatever is wanted meanwhile goes into the next. A refused request is narrowed
down: 405 (too many symbols) to the number that fits, 400 (one symbol is malformed) to the symbol at fault.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

REPLY_TIMEOUT_S = 5.0
RETRY_AFTER_S = 2.0

_MALFORMED = 400
_TOO_MANY = 405
NOT_ON_THIS_FEED = 410
_STAR_REFUSED = 413


@dataclass(frozen=True, slots=True)
class Request:
    """One message to the server; `symbols` is never empty."""

    action: Literal["subscribe", "unsubscribe"]
    symbols: tuple[str, ...]


class Subscription:
    """One stream's subscriptions.

    Attributes:
        acknowledged: What the server says it sends us.
        refused: Symbols that the server does not know how to read; never asked for again.
        symbols_max: As many symbols as the server lets us have; None while it refused none.
    """

    def __init__(self) -> None:
        self.acknowledged: frozenset[str] = frozenset()
        self.refused: set[str] = set()
        self.symbols_max: int | None = None
        self._wanted: frozenset[str] = frozenset()
        self._under_way: Request | None = None
        self._sent_at = 0.0
        self._not_before = 0.0
        self._part: int | None = None
        self._fits = 0
        self._too_many: int | None = None

    def want(self, symbols: Iterable[str]) -> None:
        """Replace what is wanted."""
        self._wanted = frozenset(symbols)

    @property
    def missing(self) -> frozenset[str]:
        """Wanted and not acknowledged; symbols that the server cannot read are not missing."""
        return self._wanted - self.acknowledged - self.refused

    def begin(self, now: float) -> tuple[str, ...]:
        """Return what to subscribe to first on a new connection, as one request."""
        self.acknowledged = frozenset()
        self._part = None
        symbols = tuple(sorted(self._wanted - self.refused))[: self.symbols_max]
        self._under_way = Request("subscribe", symbols) if symbols else None
        self._sent_at = now
        return symbols

    def end(self) -> None:
        """Note that the connection is gone, and with it everything acknowledged."""
        self.acknowledged = frozenset()
        self._under_way = None

    def next_request(self, now: float) -> Request | None:
        """Return the next message to send, counted as sent; None when there is nothing to do or to wait for."""
        if self._under_way is not None and now - self._sent_at < REPLY_TIMEOUT_S:
            return None
        self._under_way = None if now < self._not_before else self._choose()
        self._sent_at = now
        return self._under_way

    def acknowledge(self, symbols: Iterable[str]) -> None:
        """Take in the server's reply: the entire set it sends us now."""
        self.acknowledged = frozenset(symbols)
        self._under_way = None
        self._fits = max(self._fits, len(self.acknowledged))
        self._narrow()

    def refuse(self, code: int, now: float) -> None:
        """Take in an error instead of a reply; the server kept what it had."""
        request, self._under_way = self._under_way, None
        if request is None or request.action == "unsubscribe":
            self._not_before = now + RETRY_AFTER_S
        elif code == _TOO_MANY:
            self._fits = min(self._fits, len(self.acknowledged))
            self._too_many = len(self.acknowledged) + len(request.symbols)
            self._narrow()
        elif code == _MALFORMED and len(request.symbols) > 1:
            self._part = (len(request.symbols) + 1) // 2
        elif code in {_MALFORMED, NOT_ON_THIS_FEED, _STAR_REFUSED}:
            self.refused.update(request.symbols)
            self._part = None
        else:
            self._not_before = now + RETRY_AFTER_S

    def ask_again(self) -> None:
        """Note that what was asked is to be asked in another way."""
        self._under_way = None

    def _choose(self) -> Request | None:
        surplus = self.acknowledged - self._wanted
        if surplus:
            return Request("unsubscribe", tuple(sorted(surplus)))
        room = None if self.symbols_max is None else max(0, self.symbols_max - len(self.acknowledged))
        symbols = tuple(sorted(self.missing))[:room][: self._part]
        return Request("subscribe", symbols) if symbols else None

    def _narrow(self) -> None:
        """Close in on the largest number of symbols that fits, by halves."""
        if self._too_many is None:
            return
        if self._fits >= self._too_many:  # the plan has grown
            self._too_many = self.symbols_max = None
        else:
            self.symbols_max = max(self._fits, (self._fits + self._too_many) // 2)
