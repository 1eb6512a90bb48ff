"""Fan-out: every client that has room gets the difference to what it was last sent; the others get it later (loop).

Conflation instead of queues: what waits is *that* a client is behind on a channel, never a message. When the client's
socket has room again, or its rate allows, it is sent the difference to the newest state.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from time import monotonic

from broadcaster.channels import Channel
from broadcaster.client import Client, Subscription
from broadcaster.latency import Latency
from realtime.clock import now_ns

_SLICE_S = 0.004
"""Longest turn before other work (reading, pings, the next batch) gets one."""

_CHECK_EVERY = 32
_SLOT_S = 0.005
"""Grain of the timetable for rates; messages leave up to this much late, never early."""

_LOOP_TIME_GRAIN_S = 0.001


class Fanout:
    """Sends newest states.

    Queue: bounded to one turn's changes and what an earlier turn left of its own; a channel that changes meanwhile is
    queued again, and finds nothing to do when it was served before. Timetable: each subscription at most once.
    Order: a client's messages on one channel are in order. Lost when: never, the newest state always gets out.
    """

    def __init__(self, latency: Latency | None = None) -> None:
        """Start idle, on the running loop; messages that a price caused are observed by `latency`."""
        self._loop = asyncio.get_running_loop()
        self._changed: dict[Channel, None] = {}
        self._queue: deque[Subscription] = deque()
        self._is_scheduled = False
        self._timetable: dict[int, list[Subscription]] = {}
        self._alarm: asyncio.Handle | None = None
        self._alarm_at = 0.0
        self._latency = latency
        self.messages_count = 0
        self.bytes_count = 0

    def changed(self, channels: Iterable[Channel]) -> None:
        """Send the new states of these channels at the loop's next turn; changes until then count as one."""
        for channel in channels:
            self._changed[channel] = None
        self._schedule()

    def offer(self, subscription: Subscription) -> None:
        """Send one client the newest state, now or as soon as it may have it."""
        self._send((subscription,), self._loop.time())

    def room(self, client: Client) -> None:
        """Send a client what it is behind on: its socket has room again."""
        while client.behind and client.writer.has_room:
            subscription = next(iter(client.behind))
            del client.behind[subscription]
            self.offer(subscription)

    def _send(self, subscriptions: Iterable[Subscription], now: float) -> Subscription | None:
        """Send to those that may be sent to; return the last one that was."""
        messages_count = bytes_count = 0
        sent: Subscription | None = None
        for subscription in subscriptions:
            if not subscription.is_active:
                continue
            writer = subscription.writer
            if not writer.has_room:
                subscription.client.behind[subscription] = None
            elif now < subscription.due_at:
                self._postpone(subscription)
            else:
                frame = subscription.next_frame()
                if frame is not None:
                    subscription.due_at = now + subscription.interval_s
                    writer.write(frame)
                    sent = subscription
                    messages_count += 1
                    bytes_count += len(frame)
        self.messages_count += messages_count
        self.bytes_count += bytes_count
        return sent

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._is_scheduled = False
        queue, now = self._queue, self._loop.time()
        for channel in self._changed:
            queue.extend(channel.subscriptions)
        self._changed.clear()
        ends = monotonic() + _SLICE_S  # the loop's own time stands still during a turn
        while queue:
            sent = self._send([queue.popleft() for _ in range(min(_CHECK_EVERY, len(queue)))], now)
            if sent is not None:
                self._observe(sent)
            if queue and monotonic() > ends:
                self._schedule()
                return

    def _observe(self, sent: Subscription) -> None:
        """Observe one message for up to 32 of a slice; a snapshot on subscription is as old as its last trade."""
        times = sent.states[-1].times
        if times is not None and self._latency is not None:
            self._latency.observe(times, now_ns() // 1000)

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
        if self._alarm is None or at < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm, self._alarm_at = self._loop.call_at(at, self._ring), at

    def _ring(self) -> None:
        self._alarm = None
        now = self._loop.time() + _LOOP_TIME_GRAIN_S
        for slot in sorted(slot for slot in self._timetable if slot * _SLOT_S <= now):
            for subscription in self._timetable.pop(slot):
                subscription.is_waiting = False
                self._queue.append(subscription)
        self._schedule()
        if self._timetable:
            self._set_alarm()
