"""Rate limits: at most so many calls in any minute, and never while a provider told us to wait.

The documents state limits per minute, by client and by connection. A window remembers when its last calls went out,
so no 60 seconds ever hold more than the limit.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from realtime.clock import Clock
from realtime.errors import RetryLater

_MINUTE_S = 60.0
_UNTOLD_WAIT_S = 60.0
_WINDOWS_MAX = 10_000
_DAY_S = 86_400.0


@dataclass(eq=False)
class RateLimited(RetryLater):
    """The provider refused a call for its rate.

    Attributes:
        everyone: All connections must wait, not only the one that called.
    """

    everyone: bool = True


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit that a call counts against: `per_minute` calls under this key."""

    key: str
    per_minute: int


class Window:
    """The last calls under one key.

    Bounded to: the limit's count, older ones leave. Writers and readers: the event loop alone.
    """

    def __init__(self, per_minute: int) -> None:
        self.sent_s: deque[float] = deque(maxlen=per_minute)
        self.held_until_s = 0.0

    def wait_s(self, now_s: float) -> float:
        """Return how long the next call must wait, seconds; 0 when it may go."""
        full_s = self.sent_s[0] + _MINUTE_S - now_s if len(self.sent_s) == self.sent_s.maxlen else 0.0
        return max(full_s, self.held_until_s - now_s, 0.0)

    def count(self, now_s: float) -> None:
        """Count a call that goes out now."""
        self.sent_s.append(now_s)

    def idle(self, now_s: float) -> bool:
        return self.held_until_s <= now_s and (not self.sent_s or self.sent_s[-1] <= now_s - _MINUTE_S)


class Limits:
    """The windows of one provider."""

    def __init__(self, clock: Clock, *, wait_max_s: float = 30.0) -> None:
        self.clock = clock
        self._wait_max_s = wait_max_s
        self._windows: dict[str, Window] = {}

    async def admit(self, budgets: Iterable[Budget]) -> None:
        """Wait until a call may go out under all of these budgets, and count it.

        Raises:
            RetryLater: It would have to wait longer than `wait_max_s`.
        """
        windows = [self._window(budget) for budget in budgets]
        while True:
            now_s = self.clock.monotonic()
            wait_s = max((window.wait_s(now_s) for window in windows), default=0.0)
            if wait_s <= 0:
                break
            if wait_s > self._wait_max_s:
                raise RetryLater("the provider's rate limit is used up", wait_s)
            await self.clock.sleep(wait_s)
        for window in windows:
            window.count(now_s)

    def refused(self, budgets: Sequence[Budget], refusal: RateLimited) -> None:
        """Hold back what a refusal is about: the first budget (the client's) or the last (the connection's)."""
        if budgets:
            self.hold(budgets[0 if refusal.everyone else -1], refusal.after_s or _UNTOLD_WAIT_S)

    def hold(self, budget: Budget, for_s: float) -> None:
        """Let no call out under this budget for so many seconds."""
        window = self._window(budget)
        window.held_until_s = max(window.held_until_s, self.clock.monotonic() + for_s)

    def observe(self, budget: Budget, headers: Mapping[str, str]) -> None:
        """Take the provider's own word from an answer's headers.

        See `told_wait_s`.
        """
        told_s = told_wait_s(headers)
        if told_s is not None and told_s > 0:
            self.hold(budget, told_s)

    def _window(self, budget: Budget) -> Window:
        window = self._windows.get(budget.key)
        if window is None:
            if len(self._windows) >= _WINDOWS_MAX:
                now_s = self.clock.monotonic()
                self._windows = {key: kept for key, kept in self._windows.items() if not kept.idle(now_s)}
            window = self._windows[budget.key] = Window(budget.per_minute)
        return window


def told_wait_s(headers: Mapping[str, str]) -> float | None:
    """Return how long the headers say to wait, seconds; None when they do not say.

    `Retry-After` in seconds, or `X-RateLimit-Remaining` 0 with `X-RateLimit-Reset`: seconds (SnapTrade), or the Unix
    time of the reset (Alpaca), which counts from the `Date` of the answer. More than a day is not believed.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    told_s = _number(lowered.get("retry-after"))
    if told_s is None and _number(lowered.get("x-ratelimit-remaining")) == 0:
        told_s = _number(lowered.get("x-ratelimit-reset"))
        if told_s is not None and told_s > _DAY_S:
            told_s = _since(lowered.get("date"), told_s)
    return told_s if told_s is not None and 0 <= told_s <= _DAY_S else None


def _since(date: str | None, moment_s: float) -> float | None:
    try:
        return max(moment_s - parsedate_to_datetime(date or "").timestamp(), 0.0)
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
