"""One client: who it is, what it follows, what it was last sent. Pure; it writes through the `Writer` it is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from broadcaster.channels import Channel, State
from broadcaster.encoding import Encoding
from broadcaster.protocol import Limits
from realtime.domain.account import UserId

STATES_KEPT = 2
"""How many of the states that a client was last sent are kept for a resume."""

_OPS_PER_S = 20.0
_OPS_BURST = 200.0


class Writer(Protocol):
    """The client's end of the wire."""

    has_room: bool
    """Whether what was written before is on its way."""

    write: Callable[[bytes], None]
    """Writes a whole frame, without waiting."""


class Client:
    """An authenticated client."""

    __slots__ = (
        "behind", "encoding", "epoch", "expires_at", "id", "limits", "seq_floor", "subscriptions", "user_id", "writer",
    )  # fmt: skip

    def __init__(
        self, client_id: str, epoch: str, user_id: UserId, encoding: Encoding, writer: Writer, limits: Limits
    ) -> None:
        """Start without subscriptions.

        Args:
            client_id: Public; in the welcome and in logs.
            epoch: Numbers of this connection's messages; unguessable.
            user_id: The token's.
            encoding: As negotiated.
            writer: Where frames go.
            limits: As told in the welcome.
        """
        self.id = client_id
        self.epoch = epoch
        self.user_id = user_id
        self.encoding = encoding
        self.writer = writer
        self.limits = limits
        self.expires_at = 0.0
        self.subscriptions: dict[str, Subscription] = {}
        self.behind: dict[Subscription, None] = {}
        self.seq_floor = 0

    def subscribe(self, channel: Channel, max_rate_hz: float | None) -> "Subscription":
        """Follow a channel from its next message on, which is a snapshot."""
        name = channel.name.text
        self.unsubscribe(name)
        rate = self.limits.max_rate_hz if max_rate_hz is None else min(max_rate_hz, self.limits.max_rate_hz)
        subscription = Subscription(self, channel, 1.0 / rate)
        self.subscriptions[name] = subscription
        channel.subscriptions[subscription] = None
        channel.idle_since = None
        return subscription

    def unsubscribe(self, name: str) -> "Subscription | None":
        """Follow a channel no longer. Numbers that were used stay used."""
        subscription = self.subscriptions.pop(name, None)
        if subscription is not None:
            self.seq_floor = max(self.seq_floor, subscription.seq)
            self.behind.pop(subscription, None)
            subscription.channel.subscriptions.pop(subscription, None)
            subscription.is_active = False
        return subscription


class Subscription:
    """One client on one channel.

    Attributes:
        epoch: Identity of the numbering; an earlier connection's after a resume.
        seq: Number of the message sent last.
        states: What the client was sent, newest last: the state at `seq`, before it at `seq - 1`, …
        interval_s: Shortest time between two messages.
        due_at: When the next message may leave, loop time.
        is_waiting: It stands on the fan-out's timetable.
        owes_answer: A resume is answered even when nothing changed.
        self_check: The client wants to be told the hash of what it should have.
    """

    __slots__ = (
        "channel", "client", "due_at", "encoding", "epoch", "interval_s", "is_active", "is_waiting", "owes_answer",
        "self_check", "seq", "states", "writer",
    )  # fmt: skip

    def __init__(self, client: Client, channel: Channel, interval_s: float) -> None:
        """Start with nothing sent."""
        self.client = client
        self.writer = client.writer
        self.encoding = client.encoding
        self.channel = channel
        self.epoch = client.epoch
        self.seq = client.seq_floor
        self.states: list[State] = []
        self.interval_s = interval_s
        self.due_at = 0.0
        self.is_active = True
        self.is_waiting = False
        self.owes_answer = False
        self.self_check = False

    def resume(self, epoch: str, seq: int, state: State) -> None:
        """Go on from a message that the client has."""
        self.epoch = epoch
        self.seq = seq
        self.states = [state]
        self.owes_answer = True

    def next_frame(self) -> bytes | None:
        """Return what brings the client to the newest state, as if sent; None when it is there or none is known."""
        states = self.states
        state = self.channel.state
        if state is None or (states and states[-1] is state and not self.owes_answer):
            return None
        body = state.body_after(states[-1] if states else None, self.channel, self.encoding)
        if body is None:
            if not self.owes_answer:
                states[-1] = state
                return None
            body = self.encoding.delta(self.channel.name.text, state.as_of, {}, ())
        self.owes_answer = False
        self.seq = seq = self.seq + 1
        states.append(state)
        if len(states) > STATES_KEPT:
            del states[0]
        return self.encoding.frame(body, self.epoch, seq)

    def state_at(self, seq: int) -> State | None:
        """Return the state that message `seq` left the client with; None when it is not kept."""
        back = self.seq - seq
        return self.states[-1 - back] if 0 <= back < len(self.states) else None


@dataclass
class OpBudget:
    """How many more ops a client may send now: 20 a second, 200 at once."""

    left: float = _OPS_BURST
    counted_at: float = 0.0

    def spend(self, now: float) -> bool:
        """Count one op; return whether it was within the budget."""
        self.left = min(_OPS_BURST, self.left + (now - self.counted_at) * _OPS_PER_S)
        self.counted_at = now
        self.left -= 1
        return self.left >= 0
