"""The value feed, read: sharded Pub/Sub of some partitions, over a connection of its own.

Bounded to: what Redis buffers for a Pub/Sub client (32 MiB by default). When full: Redis drops the connection, which
reads as a loss. Order: as published. Writers: calculators. Readers: one. Lost when: the connection is; every
partition is then `Subscribed` again, and whoever kept states from before must read them again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from realtime.bus.connection import make_cancellable
from realtime.clock import Clock
from realtime.contract import names
from realtime.contract.messages import UnreadBatch, decode
from realtime.domain.partition import PARTITIONS_COUNT, Partition
from realtime.log import Log

_CONNECT_TIMEOUT_S = 2.0
_RECONNECT_AFTER_S = 0.2
_QUIET_BEFORE_PING_S = 2.0
_PARTITIONS = {names.value_feed(Partition(number)).encode(): Partition(number) for number in range(PARTITIONS_COUNT)}


@dataclass(frozen=True, slots=True)
class Subscribed:
    """From here on nothing of a partition is missed; a state read from now on fits the batches that follow."""

    partition: Partition


@dataclass(frozen=True, slots=True)
class Received:
    """The next batch of a partition."""

    partition: Partition
    batch: UnreadBatch


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone; nothing of these partitions arrives until they are subscribed again."""

    partitions: frozenset[Partition]


ValueEvent = Subscribed | Received | Lost


class ValueFeed:
    """One reader's view of the value feed; heals itself."""

    def __init__(self, url: str, clock: Clock, log: Log) -> None:
        self._url = url
        self._clock = clock
        self._log = log
        self._wanted: set[Partition] = set()
        self._any_wanted = asyncio.Event()
        self._live: PubSub | None = None
        self._commands = asyncio.Lock()
        self._heard = True

    async def watch(self, partition: Partition) -> None:
        """Ask for a partition; `Subscribed` follows in the events once it flows."""
        self._wanted.add(partition)
        self._any_wanted.set()
        async with self._commands:
            if self._live is not None and partition in self._wanted:
                with suppress(RedisError, OSError):  # the reader of events meets the same error and connects again
                    await self._live.ssubscribe(names.value_feed(partition))

    async def leave(self, partition: Partition) -> None:
        """Ask for a partition no longer."""
        self._wanted.discard(partition)
        async with self._commands:
            if self._live is not None and partition not in self._wanted:
                with suppress(RedisError, OSError):
                    await self._live.sunsubscribe(names.value_feed(partition))

    async def events(self) -> AsyncIterator[ValueEvent]:
        """Yield what happens on the watched partitions, for ever; an outage is logged once."""
        is_out = False
        while True:
            await self._any_wanted.wait()
            if not self._wanted:
                self._any_wanted.clear()
                continue
            try:
                async with self._connected() as pubsub:
                    async for event in self._events_of(pubsub):
                        is_out = False
                        yield event
            except (RedisError, OSError) as error:
                if not is_out:
                    self._log.warning("redis_unreachable", reason=type(error).__name__)
                is_out = True
            yield Lost(frozenset(self._wanted))
            await self._clock.sleep(_RECONNECT_AFTER_S)

    async def check(self) -> None:
        """Ping when nothing arrives, and drop a connection that does not answer; for ever."""
        while True:
            self._heard = False
            await self._clock.sleep(_QUIET_BEFORE_PING_S)
            if self._heard or self._live is None:
                continue
            with suppress(RedisError, OSError):  # the reader of events meets the same error and connects again
                async with self._commands:
                    live = self._live
                    if live is not None:
                        await live.ping()
                await self._clock.sleep(_QUIET_BEFORE_PING_S)
                await self._drop_if_unheard(live)

    async def _drop_if_unheard(self, pinged: PubSub | None) -> None:
        if pinged is not None and pinged is self._live and not self._heard:
            connection = cast("Connection | None", pinged.connection)
            if connection is not None:
                await connection.disconnect()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[PubSub]:
        # No silent retries: a connection restored behind our back would hide that batches were missed.
        # RESP2: redis-py logs every RESP3 push in full, whether or not anybody reads the log.
        redis = Redis.from_url(
            self._url, protocol=2, socket_connect_timeout=_CONNECT_TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        make_cancellable(redis.connection_pool)
        pubsub = redis.pubsub()
        try:
            async with self._commands:
                for partition in list(self._wanted):  # one by one: a cluster takes no two slots in one command
                    await pubsub.ssubscribe(names.value_feed(partition))
                self._live = pubsub
            yield pubsub
        finally:
            self._live = None
            await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py types it nowhere
            await redis.aclose()

    async def _events_of(self, pubsub: PubSub) -> AsyncIterator[ValueEvent]:
        while True:
            answer = await pubsub.parse_response(block=True)  # listen() costs four times as much
            self._heard = True
            match answer:  # the answer to a ping has two parts, or is a text alone while nothing is subscribed
                case [b"smessage", channel, data]:
                    yield Received(_PARTITIONS[channel], decode(UnreadBatch, data))
                case [b"ssubscribe", channel, _]:
                    yield Subscribed(_PARTITIONS[channel])
                case [b"sunsubscribe", channel, _] if _PARTITIONS.get(channel) in self._wanted:
                    raise RedisConnectionError("the partition has moved to another node")
