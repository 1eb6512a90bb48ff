"""Carries out clients' ops (loop): authenticate, subscribe, unsubscribe, ping."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import assert_never

from broadcaster.channels import Channel
from broadcaster.client import Client, Subscription
from broadcaster.fanout import Fanout
from broadcaster.market import Market
from broadcaster.protocol import (
    Auth,
    Authenticated,
    CloseCode,
    Error,
    ErrorCode,
    Limits,
    Message,
    Op,
    OpRefused,
    Ping,
    Pong,
    Rejected,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Welcome,
)
from broadcaster.retained import RetainedStates
from broadcaster.sources import Sources
from realtime.auth import Tokens, Unauthenticated
from realtime.contract.shapes import instant
from realtime.domain.account import UserId
from realtime.errors import NavstreamError, RetryLater

_RATE_HZ_MIN = 0.01


@dataclass(eq=False)
class Closed(NavstreamError):
    """The client's connection is to be closed.

    Attributes:
        code: Why, for the client's program.
        reason: Why, for a person; at most 123 bytes.
    """

    code: CloseCode
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} [{self.code.value}]"


@dataclass(frozen=True)
class Desk:
    """What ops act on."""

    tokens: Tokens
    limits: Limits
    heartbeat_s: float
    sources: Sources
    fanout: Fanout
    retained: RetainedStates
    market: Market
    clients: dict[UserId, set[Client]] = field(default_factory=dict)

    async def identify(self, token: str) -> tuple[UserId, float]:
        """Return a token's user and expiry (wall time, seconds since 1970).

        Raises:
            Closed: The token is not valid.
            RetryLater: The identity provider's keys cannot be had now.
        """
        try:
            return await self.tokens.identify(token)
        except Unauthenticated as error:
            raise Closed(CloseCode.UNAUTHENTICATED, str(error)) from None

    async def carry_out(self, client: Client, op: Op, now: float) -> None:
        """Do what a client asks and answer.

        Raises:
            OpRefused: The op's arguments are out of bounds; nothing was done.
            Closed: The client may not stay.
            RetryLater: The database does not answer.
        """
        match op:
            case Ping(op_id):
                _answer(client, Pong(op_id))
            case Auth():
                await self._renew(client, op)
            case Subscribe():
                await self._subscribe(client, op, now)
            case Unsubscribe(channels, op_id):
                for name in channels:
                    self._end(client.unsubscribe(name), now)
                _answer(client, Subscribed(op_id, list(client.subscriptions), []))
            case _:
                assert_never(op)

    def join(self, client: Client) -> None:
        """Welcome a client that has just been identified."""
        self.clients.setdefault(client.user_id, set()).add(client)
        _answer(client, Welcome(client.id, client.epoch, self.heartbeat_s, self.market.data, self.limits))

    async def check_access(self, user_id: UserId | None) -> None:
        """Take away the channels of accounts that are not, or no longer, a user's; None checks everybody."""
        for user in [user_id] if user_id is not None else list(self.clients):
            for client in list(self.clients.get(user, ())):
                with suppress(RetryLater):  # nobody loses a channel because a database is away
                    await self._check_access_of(client)

    def leave(self, client: Client, now: float) -> None:
        """Let go of a client that is gone; what it was last sent is kept for its return."""
        for name in list(client.subscriptions):
            self._end(client.unsubscribe(name), now)
        others = self.clients[client.user_id]
        others.discard(client)
        if not others:
            del self.clients[client.user_id]

    async def _check_access_of(self, client: Client) -> None:
        for name, subscription in list(client.subscriptions.items()):
            if not await self.sources.is_allowed(client.user_id, subscription.channel.name):
                client.unsubscribe(name)
                self.retained.forget(subscription)
                _answer(client, Error(None, ErrorCode.FORBIDDEN, f"{name} is no longer yours to see"))

    async def _renew(self, client: Client, op: Auth) -> None:
        user_id, expires_at = await self.identify(op.token)
        if user_id != client.user_id:
            raise Closed(CloseCode.UNAUTHENTICATED, "the new token is another user's")
        client.expires_at = expires_at
        _answer(client, Authenticated(op.id, instant(datetime.fromtimestamp(expires_at, UTC))))

    async def _subscribe(self, client: Client, op: Subscribe, now: float) -> None:
        names = list(dict.fromkeys(op.channels))
        if len(names) + len(client.subscriptions.keys() - names) > self.limits.channels_max:
            raise OpRefused(
                op.id, ErrorCode.TOO_MANY_CHANNELS, f"a client may follow {self.limits.channels_max} channels"
            )
        if op.max_rate_hz is not None and not op.max_rate_hz >= _RATE_HZ_MIN:
            raise OpRefused(op.id, ErrorCode.BAD_REQUEST, f"max_rate_hz must be at least {_RATE_HZ_MIN}")
        # Everything that waits comes first: no message of a channel overtakes the answer.
        opened = [(name, await self.sources.open(client.user_id, name)) for name in names]
        rejected = [Rejected(name, found) for name, found in opened if isinstance(found, ErrorCode)]
        followed = [self._follow(client, op, found, now) for _, found in opened if isinstance(found, Channel)]
        _answer(client, Subscribed(op.id, [row.channel.name.text for row in followed], rejected))
        for subscription in followed:
            self.fanout.offer(subscription)

    def _follow(self, client: Client, op: Subscribe, channel: Channel, now: float) -> Subscription:
        name = channel.name.text
        point = op.resume.get(name) if op.resume else None
        state = None if point is None else self.retained.find(client.user_id, point.epoch, name, point.seq)
        self._end(client.unsubscribe(name), now)
        subscription = client.subscribe(channel, op.max_rate_hz)
        subscription.self_check = op.self_check
        if point is not None and state is not None:
            subscription.resume(point.epoch, point.seq, state)
        self.retained.begin(subscription)
        return subscription

    def _end(self, subscription: Subscription | None, now: float) -> None:
        if subscription is not None:
            self.retained.end(subscription, now)


def _answer(client: Client, message: Message) -> None:
    client.writer.write(client.encoding.frame_of(message))


def new_epoch() -> str:
    """Return an identity that nobody can guess."""
    return token_urlsafe(12)
