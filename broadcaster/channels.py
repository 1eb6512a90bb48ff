"""Channels: their names, their newest state, and who subscribes. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from broadcaster.delta import Difference, delta
from broadcaster.encoding import Body, Encoding
from broadcaster.protocol import Times
from navstream.protocol.state_hash import state_hash
from realtime.clock import now_ns
from realtime.domain.account import AccountId, UserId

if TYPE_CHECKING:
    from broadcaster.client import Subscription

_NAME_LENGTH_MAX = 128
_BODIES_MAX = 16
"""How many last sent states the clients of one channel are told apart by; the rest is encoded anew."""


class ChannelKind(StrEnum):
    PORTFOLIO = "portfolio"
    POSITIONS = "positions"
    ACCOUNT = "account"
    ACCOUNT_POSITIONS = "account_positions"
    PRICES = "prices"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class ChannelName:
    """What a client subscribes to.

    Attributes:
        argument: Account id or symbol; empty for the kinds that have none.
    """

    kind: ChannelKind
    argument: str
    text: str

    @property
    def account_id(self) -> AccountId | None:
        """The account whose values it shows; None for the user's whole portfolio, and for public channels."""
        return AccountId(self.argument) if self.kind in _OF_ACCOUNT else None


def parse_channel(text: str) -> ChannelName | None:
    """Return what a channel's name says; None when it is none of ours."""
    head, colon, argument = text.partition(":")
    if bool(colon) != bool(argument) or len(text) > _NAME_LENGTH_MAX:
        return None
    kind = (_WITH_ARGUMENT if argument else _PLAIN).get(head)
    return None if kind is None else ChannelName(kind, argument, text)


_PLAIN = {
    "portfolio": ChannelKind.PORTFOLIO,
    "positions": ChannelKind.POSITIONS,
    "market": ChannelKind.MARKET,
}
_WITH_ARGUMENT = {
    "account": ChannelKind.ACCOUNT,
    "positions": ChannelKind.ACCOUNT_POSITIONS,
    "prices": ChannelKind.PRICES,
}
_OF_ACCOUNT = frozenset({ChannelKind.ACCOUNT, ChannelKind.ACCOUNT_POSITIONS})
_OF_USER = _OF_ACCOUNT | {ChannelKind.PORTFOLIO, ChannelKind.POSITIONS}


class State:
    """A channel's data at one moment; never changed. Rows that did not change are those of the state before.

    What clients are sent because of it is encoded once and kept here while it is the newest state.
    """

    __slots__ = ("_bodies", "_hash", "_last", "_since", "as_of", "data", "times")

    def __init__(
        self, as_of: str, data: Mapping[str, Any], times: Times | None = None, since: "Since | None" = None
    ) -> None:
        """Keep what there is to say.

        Args:
            as_of: Market time, RFC 3339, of the valuation.
            data: As clients have it.
            times: When the price behind it was where.
            since: How it was made of the data before it, where that is known.
        """
        self.as_of = as_of
        self.data = data
        self.times = times
        self._since = since
        self._last: _Encoded | None = None
        self._bodies: list[_Encoded] | None = None
        self._hash: str | None = None

    @property
    def hash(self) -> str:
        """By which a client that holds this state proves it; computed once."""
        if self._hash is None:
            self._hash = state_hash(self.data)
        return self._hash

    def body_after(self, sent: "State | None", channel: "Channel", encoding: Encoding) -> Body | None:
        """Return what turns a client's last sent state into this one, encoded; None when they say the same.

        Without a last sent state that is the full state.
        """
        last = self._last
        if last is not None and last[0] is sent and last[1] is encoding:
            return last[2]
        for known in self._bodies or ():
            if known[0] is sent and known[1] is encoding:
                return known[2]
        body = self._encode(sent, channel.name.text, encoding)
        if last is not None:
            self._bodies = self._bodies or []
            if len(self._bodies) < _BODIES_MAX:
                self._bodies.append(last)
        # The sent state is kept beside its body, so that nothing else can be taken for it.
        self._last = (sent, encoding, body)
        return body

    def supersede(self) -> None:
        """Forget the encoded forms: it is the newest state no longer."""
        self._last = self._bodies = self._since = None

    def _encode(self, sent: "State | None", channel: str, encoding: Encoding) -> Body | None:
        difference = None if sent is None else self._difference(sent.data)
        times = None if self.times is None else self.times.sent_at(now_ns() // 1000)
        if difference is None:
            return encoding.snapshot(channel, self.as_of, self.data, times)
        data, removed = difference
        return encoding.delta(channel, self.as_of, data, removed, times) if data or removed else None

    def _difference(self, sent: Mapping[str, Any]) -> Difference | None:
        since = self._since
        return since.difference if since is not None and since.data is sent else delta(sent, self.data)


class Since(NamedTuple):
    """The data of an earlier state, and what turns it into a later one's."""

    data: Mapping[str, Any]
    difference: Difference


_Encoded = tuple[State | None, Encoding, Body | None]


class Channel:
    """One channel of one user, or a public one: newest state and subscriptions."""

    __slots__ = ("_make", "_state", "idle_since", "name", "subscriptions", "user_id")

    def __init__(self, user_id: UserId, name: ChannelName) -> None:
        """Start without a state; a public channel belongs to whoever opened it first."""
        self.user_id = user_id
        self.name = name
        self.idle_since: float | None = None
        self._state: State | None = None
        self._make: Callable[[], State] | None = None
        self.subscriptions: dict[Subscription, None] = {}

    @property
    def state(self) -> State | None:
        """The newest state; None before the first."""
        if self._make is not None:
            make, self._make = self._make, None
            self.show(make())
        return self._state

    def show(self, state: State) -> None:
        """Make a state the newest."""
        if self._state is not None:
            self._state.supersede()
        self._state = state

    def show_made(self, make: Callable[[], State]) -> None:
        """Let the newest state be made when it is asked for; of several only the last ever is."""
        self._make = make


@dataclass
class Channels:
    """Every channel that somebody follows, or did a moment ago."""

    _channels: dict[tuple[UserId | None, str], Channel] = field(default_factory=dict)

    def find(self, user_id: UserId, name: ChannelName) -> Channel | None:
        """Return the user's channel, or the public one, of that name."""
        return self._channels.get(_key(user_id, name))

    def open(self, user_id: UserId, name: ChannelName) -> Channel:
        """Return the channel, new if need be."""
        return self._channels.setdefault(_key(user_id, name), Channel(user_id, name))

    def close(self, user_id: UserId, name: ChannelName) -> None:
        """Forget a channel."""
        self._channels.pop(_key(user_id, name), None)

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._channels.values()))

    def __len__(self) -> int:
        return len(self._channels)


def _key(user_id: UserId, name: ChannelName) -> tuple[UserId | None, str]:
    return (user_id if name.kind in _OF_USER else None, name.text)
