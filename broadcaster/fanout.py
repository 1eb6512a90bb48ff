"""Fan-out: every client that has room gets the difference to what it was last sent; the others get it later (loop).

Conflation instead of queues: what waits is *that* a client is behind on a channel, never a message. When the client's
socket has room again, or its rate allows, it is sent the difference to the newest state.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from time import monotonic

from broadcaster.channels import Channel
from broadcaster.client import Client, Subscription

_SLICE_S = 0.004
"""Longest turn before other work (reading, pings, the next batch) gets one."""

_CHECK_EVERY = 32
_SLOT_S = 0.005
"""Grain of the timetable for rates; messages leave up to this much late, never early."""

_LOOP_TIME_GRAIN_S = 0.001


class Fanout:
    """Sends newest states.

    Timetable: bounded by the number of subscriptions. Order: within a channel any; a client's messages on one channel
    are in order. Lost when: never, the newest state always gets out.
    """

    def __init__(self) -> None:
        """Start idle, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._changed: dict[Channel, None] = {}
        self._turns: deque[Iterator[Subscription]] = deque()
        self._is_scheduled = False
        self._timetable: dict[int, list[Subscription]] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self.messages_count = 0

    def changed(self, channels: Iterable[Channel]) -> None:
        """Send the new states of these channels at the loop's next turn; changes until then count as one."""
        self._changed.update(dict.fromkeys(channels))
        self._schedule()

    def offer(self, subscription: Subscription) -> None:
        """Send one client the newest state, now or as soon as it may have it."""
        client = subscription.client
        if not subscription.is_active:
            return
        if not client.writer.has_room:
            client.behind[subscription] = None
            return
        now = self._loop.time()
        if now < subscription.due_at:
            self._postpone(subscription)
            return
        frame = subscription.next_frame()
        if frame is not None:
            subscription.due_at = now + subscription.interval_s
            client.writer.write(frame)
            self.messages_count += 1

    def room(self, client: Client) -> None:
        """Send a client what it is behind on: its socket has room again."""
        while client.behind and client.writer.has_room:
            subscription = next(iter(client.behind))
            del client.behind[subscription]
            self.offer(subscription)

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._is_scheduled = False
        ends = monotonic() + _SLICE_S  # the loop's own time stands still during a turn
        for count, subscription in enumerate(self._due(), start=1):
            self.offer(subscription)
            if count % _CHECK_EVERY == 0 and monotonic() > ends:
                self._schedule()
                return

    def _due(self) -> Iterator[Subscription]:
        """Yield whom to send to; when a turn ends here, the next one goes on here."""
        while self._turns or self._changed:
            if not self._turns:
                channel = next(iter(self._changed))
                del self._changed[channel]
                self._turns.append(iter(list(channel.subscriptions)))
            yield from self._turns[0]
            self._turns.popleft()

    def _postpone(self, subscription: Subscription) -> None:
        if subscription.is_waiting:
            return
        subscription.is_waiting = True
        slot = int(subscription.due_at / _SLOT_S) + 1
        waiting = self._timetable.setdefault(slot, [])
        waiting.append(subscription)
        if len(waiting) == 1:
            self._set_alarm()

    def _set_alarm(self) -> None:
        at = min(self._timetable) * _SLOT_S
        if self._alarm is None or at < self._alarm.when():
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        now = self._loop.time() + _LOOP_TIME_GRAIN_S
        for slot in sorted(slot for slot in self._timetable if slot * _SLOT_S <= now):
            waiting = self._timetable.pop(slot)
            for subscription in waiting:
                subscription.is_waiting = False
            self._turns.append(iter(waiting))
        self._schedule()
        if self._timetable:
            self._set_alarm()
