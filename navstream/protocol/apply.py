"""State + delta = state, and what a client knows of its channels. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

State = Mapping[str, Any]
"""A channel's data as JSON gives it; never changed in place."""


def apply_delta(state: State, data: Mapping[str, Any], removed: Iterable[str] = ()) -> State:
    """Return the state after a delta; the old one is left alone, and what did not change keeps its identity.

    Objects merge one level deep, anything else is replaced, then the removed keys go.
    """
    new = dict(state)
    for key, value in data.items():
        old = new.get(key)
        new[key] = {**old, **value} if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    for key in removed:
        new.pop(key, None)
    return new


@dataclass(frozen=True, slots=True)
class Replica:
    """One channel as the client knows it.

    Attributes:
        as_of: Market time of the state, RFC 3339.
    """

    epoch: str
    seq: int
    as_of: str
    state: State


@dataclass
class Replicas:
    """Every channel that the client has a state of."""

    by_channel: dict[str, Replica] = field(default_factory=dict)

    def receive(self, message: Mapping[str, Any]) -> Replica | None:
        """Take in a snapshot or delta; return the channel's new state, or None when a message before it is missing."""
        channel = message["channel"]
        old = self.by_channel.get(channel)
        if message["type"] == "snapshot":
            new = Replica(message["epoch"], message["seq"], message["as_of"], message["data"])
        elif old is None or message["seq"] != old.seq + 1:
            return None
        else:
            state = apply_delta(old.state, message["data"], message.get("removed", ()))
            new = Replica(old.epoch, message["seq"], message["as_of"], state)
        self.by_channel[channel] = new
        return new

    def resume_points(self, channels: Iterable[str]) -> dict[str, dict[str, str | int]]:
        """Return what to send as `resume`: where we stand on each of these channels that we know."""
        return {
            channel: {"epoch": known.epoch, "seq": known.seq}
            for channel in channels
            if (known := self.by_channel.get(channel)) is not None
        }

    def forget(self, channel: str) -> None:
        """Drop what is known of a channel."""
        self.by_channel.pop(channel, None)
