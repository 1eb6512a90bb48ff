"""From the streams' threads to the collector's loop: raw frames, woken once for whatever has come."""

import asyncio
import threading
from contextlib import suppress
from typing import NamedTuple

from symbol_collector.conditions import may_set_last_price
from symbol_collector.decode import Raw

MESSAGES_MAX = 5_000
"""What a collector has not looked at within a tenth of a second is better conflated than queued."""
_KEPT_TRADES = 4


class Frame(NamedTuple):
    """What one WebSocket frame held, and the wall clock when it came, nanoseconds since 1970."""

    messages: list[Raw]
    received_ns: int


class Inbox:
    """Frames on their way to the loop.

    Card: bounded to `messages_max` messages; when full it conflates: of each symbol the newest few trades that may
    set a price and the newest quote stay, and every correction and cancel (the oldest of these go last); in order of
    arrival; written by the streams' threads, read by one task; lost on restart, when REST snapshots refill.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, messages_max: int = MESSAGES_MAX) -> None:
        self.conflated_count = 0
        self._loop = loop
        self._messages_max = messages_max
        self._frames: list[Frame] = []
        self._messages_count = 0
        self._ready = asyncio.Event()
        self._woken = False
        self._lock = threading.Lock()

    def put(self, messages: list[Raw], received_ns: int) -> None:
        """Hand over a frame; called in any thread."""
        with self._lock:
            self._frames.append(Frame(messages, received_ns))
            self._messages_count += len(messages)
            if self._messages_count > self._messages_max:
                self._conflate()
            if self._woken:
                return
            self._woken = True
        with suppress(RuntimeError):  # the loop has ended, and with it whoever would read
            self._loop.call_soon_threadsafe(self._ready.set)

    async def take(self) -> list[Frame]:
        """Wait for frames and return all that have come, oldest first."""
        await self._ready.wait()
        self._ready.clear()
        with self._lock:
            frames, self._frames = self._frames, []
            self._messages_count = 0
            self._woken = False
        return frames

    def _conflate(self) -> None:
        before = self._messages_count
        self._frames = conflated(self._frames, self._messages_max // 2)
        self._messages_count = sum(len(frame.messages) for frame in self._frames)
        self.conflated_count += before - self._messages_count


def conflated(frames: list[Frame], messages_max: int) -> list[Frame]:
    """Return at most `messages_max` messages that lead to the same last prices, in their order (pure)."""
    kept_trades: dict[str, int] = {}
    kept: list[Frame] = []
    room = messages_max
    for frame in reversed(frames):
        messages = [raw for raw in reversed(frame.messages) if _is_kept(raw, kept_trades)][:room]
        room -= len(messages)
        if messages:
            kept.append(Frame(messages[::-1], frame.received_ns))
    return kept[::-1]


def _is_kept(raw: object, kept: dict[str, int]) -> bool:
    """Whether a message still matters, given the later ones counted in `kept`."""
    if not isinstance(raw, dict):
        return False
    kind = raw.get("T")
    if kind in {"c", "x"}:
        return True
    symbol = f"{kind}{raw.get('S')}"
    limit = _KEPT_TRADES if kind == "t" else 1
    if kept.get(symbol, 0) >= limit:
        return False
    if kind == "t" and not may_set_last_price(tuple(raw.get("c") or ()), raw.get("z", "")):
        return False
    kept[symbol] = kept.get(symbol, 0) + 1
    return True
