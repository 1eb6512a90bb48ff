"""Channels: their names, their newest state, and who subscribes. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from broadcaster.delta import delta
from broadcaster.encoding import Body, Encoding
from realtime.domain.account import AccountId, UserId

if TYPE_CHECKING:
    from broadcaster.client import Subscription

_NAME_LENGTH_MAX = 128


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
        """The account whose values it shows; None for the user's whole portfolio."""
        return AccountId(self.argument) if self.argument else None


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
_OF_USER = frozenset({ChannelKind.PORTFOLIO, ChannelKind.POSITIONS, ChannelKind.ACCOUNT, ChannelKind.ACCOUNT_POSITIONS})


class State:
    """A channel's data at one moment; never changed. Rows that did not change are those of the state before.

    What clients are sent because of it is encoded once and kept here while it is the newest state.
    """

    __slots__ = ("_bodies", "as_of", "data")

    def __init__(self, as_of: str, data: Mapping[str, Any]) -> None:
        """Keep the data and the market time, RFC 3339, of its valuation."""
        self.as_of = as_of
        self.data = data
        self._bodies: dict[tuple[int, str], tuple[State | None, Body | None]] | None = None

    def snapshot(self, channel: str, encoding: Encoding) -> Body:
        """Return the full state, encoded."""
        bodies = self._bodies = {} if self._bodies is None else self._bodies
        key = (0, encoding.name)
        known = bodies.get(key)
        if known is None or known[1] is None:
            body = encoding.snapshot(channel, self.as_of, self.data)
            bodies[key] = (None, body)
            return body
        return known[1]

    def body_after(self, sent: "State", channel: str, encoding: Encoding) -> Body | None:
        """Return what turns a client's last sent state into this one, encoded; None when they say the same."""
        bodies = self._bodies = {} if self._bodies is None else self._bodies
        key = (id(sent), encoding.name)
        known = bodies.get(key)
        if known is None:
            # The sent state is kept beside its body: its id stays its own as long as the entry lives.
            known = bodies[key] = (sent, self._body_after(sent, channel, encoding))
        return known[1]

    def _body_after(self, sent: "State", channel: str, encoding: Encoding) -> Body | None:
        difference = delta(sent.data, self.data)
        if difference is None:
            return self.snapshot(channel, encoding)
        if not difference.data and not difference.removed:
            return None
        return encoding.delta(channel, self.as_of, difference.data, difference.removed)

    def supersede(self) -> None:
        """Forget the encoded forms: it is the newest state no longer."""
        self._bodies = None


class Channel:
    """One channel of one user, or a public one: newest state and subscriptions."""

    __slots__ = ("idle_since", "name", "state", "subscriptions", "user_id")

    def __init__(self, user_id: UserId, name: ChannelName) -> None:
        """Start without a state; a public channel belongs to whoever opened it first."""
        self.user_id = user_id
        self.name = name
        self.idle_since: float | None = None
        self.state: State | None = None
        self.subscriptions: dict[Subscription, None] = {}

    def show(self, state: State) -> None:
        """Make a state the newest."""
        if self.state is not None:
            self.state.supersede()
        self.state = state


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
