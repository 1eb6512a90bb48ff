"""Prices in, values out: read the feed, mark, value what is watched, publish (loop).

Natural batching: whatever changed while the last values were on their way is valued and published together next.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from time import perf_counter

from redis.exceptions import RedisError

from calculator.fx import Rates
from calculator.loader import Loaded
from calculator.marks import Marks, Moved
from calculator.moment import Moment
from calculator.publisher import Publisher
from calculator.watched import Watched
from realtime.bus.client import Bus
from realtime.bus.direct import Direct
from realtime.bus.prices import READ_MAX, feed_end, read_batches, read_board
from realtime.clock import Clock, MarketClock, now_ns
from realtime.contract import names
from realtime.contract.messages import PriceBatch
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.partition import Partition, partition_of
from realtime.domain.price import Price
from realtime.log import Log
from realtime.store.holdings import UserHoldings

_FEED_WAIT_MS = 1_000
_BEAT_EVERY_S = 1.0
_RETRY_AFTER_S = 0.1
_REFRESH_EVERY_S = 1_200.0
"""Everything watched is published in full so often, before the states in Redis expire."""
_STATES_EVERY_S = 0.5
_POSITIONS_AT_ONCE = 400
"""About how many positions are valued before they are published; the rest is valued next, at newer prices."""
_TIMES_KEPT = 256


_received_ns = attrgetter("received_ns")


@dataclass(slots=True)
class _Pending:
    """What has changed since the last values were taken.

    Card: sets of columns, currencies and users, so bounded by what is held and watched; no order; written by the
    loops, emptied by `_publish`; lost on restart, when everything is published in full.
    """

    moved: Moved = field(default_factory=Moved)
    full: set[UserId] = field(default_factory=set)
    everybody: bool = False
    newest: Price | None = None
    dropped: set[SubjectKey] = field(default_factory=set)


class Engine:
    """Values the watched users of the claimed partitions at every change.

    Attributes:
        problem: What is wrong with Redis, for a person; None when nothing is.
        compute_ms: Newest durations of valuing, without publishing.
        feed_entry: Entry id of the price feed up to which everything was read; None before the first.
        behind_ms: Age of the newest price when its values were published, wall clock; None before the first.
    """

    def __init__(self, bus: Bus, publisher: Publisher, market: MarketClock, clock: Clock, log: Log) -> None:
        self.problem: str | None = "starting"
        self.compute_ms: deque[float] = deque(maxlen=_TIMES_KEPT)
        self.behind_ms: float | None = None
        self.feed_entry: str | None = None
        self._bus = bus
        self._publisher = publisher
        self._market = market
        self._clock = clock
        self._log = log
        self._rates = Rates()
        self._marks = Marks(self._rates, Moment.at(market.now()))
        self._watched = Watched(self._marks)
        self._subject_ids: dict[UserId, frozenset[AccountId | None]] = {}
        self._pending = _Pending()
        self._news = asyncio.Event()
        self._read_board_again = False
        self._board_read = asyncio.Event()

    @property
    def partitions(self) -> frozenset[Partition]:
        return self._publisher.partitions

    @property
    def trading_day(self) -> date:
        return self._marks.moment.trading_day

    @property
    def marks(self) -> Marks:
        return self._marks

    @property
    def watched(self) -> Watched:
        return self._watched

    async def run(self) -> None:
        """Value and publish for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_feed())
            tasks.create_task(self._beat())
            tasks.create_task(self._write_states())
            tasks.create_task(self._publish())

    def take(self, loaded: Loaded) -> None:
        """Take in holdings as loaded; what changed is published in full."""
        self._moved(self._marks.add(loaded.instruments))
        self._moved(self._marks.set_provider_prices(loaded.provider_marks))
        self._moved(self._marks.set_actions(loaded.actions))
        for user in loaded.users:
            if partition_of(user.user_id) in self.partitions:
                self._put(user)
        self._news.set()

    def watch(self, user_id: UserId, subject_ids: frozenset[AccountId | None]) -> None:
        """Value these of a user's accounts, and (None) his portfolio, as soon as his holdings are loaded."""
        self._subject_ids[user_id] = subject_ids
        holdings = self._watched.holdings(user_id)
        if holdings is not None:
            self._put(holdings)
            self._news.set()

    def forget(self, user_ids: Iterable[UserId]) -> None:
        """Value these users no longer; their states leave Redis before they grow old."""
        for user_id in user_ids:
            if partition_of(user_id) in self.partitions:
                self._pending.dropped |= self._subjects(user_id)
            self._subject_ids.pop(user_id, None)
            self._watched.remove_user(user_id)
        self._news.set()

    def publish_again(self, user_ids: Iterable[UserId]) -> None:
        """Publish these users in full."""
        self._pending.full.update(user_ids)
        self._news.set()

    def released(self, partitions: frozenset[Partition]) -> None:
        """Publish nothing more there; another calculator does."""
        self._publisher.leave(partitions)
        for user_id in self._watched.user_ids:
            if partition_of(user_id) in partitions:
                self._subject_ids.pop(user_id, None)
                self._watched.remove_user(user_id)

    def _put(self, user: UserHoldings) -> None:
        before = self._subjects(user.user_id)
        if self._watched.put_user(user, self._subject_ids.get(user.user_id, frozenset())):
            self._pending.full.add(user.user_id)
            after = self._subjects(user.user_id)
            self._pending.dropped = (self._pending.dropped | before) - after

    def _subjects(self, user_id: UserId) -> set[SubjectKey]:
        return {SubjectKey(user_id, subject_id) for subject_id in self._watched.subject_ids(user_id)}

    async def _read_feed(self) -> None:
        direct = Direct(self._bus, names.price_feed())
        while True:
            try:
                position = await feed_end(self._bus)
                self.feed_entry = position.entry_id
                self._read_board_again = False
                board = await read_board(self._bus)
                self._moved(self._marks.take_board(board.values()))
                self.problem = None
                self._board_read.set()
                self._news.set()
                while not self._read_board_again:
                    batches, position = await read_batches(direct, position, _FEED_WAIT_MS)
                    self._observe(batches)
                    self.feed_entry = position.entry_id
                    await asyncio.sleep(0)  # values first, then the next read
                    if len(batches) >= READ_MAX:
                        break
            except (RedisError, OSError) as error:
                await self._wait_for_redis(error)

    def _observe(self, batches: Iterable[PriceBatch]) -> None:
        pending, moment = self._pending, self._marks.moment
        if moment.now < moment.pre_open <= self._market.now():
            self._advance()  # the day's prices are in its own shares from the very first on
        for batch in batches:
            moved = self._marks.observe(batch.prices)
            if moved.columns or moved.currencies:
                self._moved(moved)
                newest = max(batch.prices, key=_received_ns)
                if newest.received_ns > (0 if pending.newest is None else pending.newest.received_ns):
                    pending.newest = newest
                self._news.set()

    def _moved(self, moved: Moved) -> None:
        self._pending.moved.add(moved)
        if moved.restated:
            self._pending.full.update(self._watched.roll(moved.restated))

    async def _beat(self) -> None:
        """Let time pass in the marks, and see whether Redis still has what we published."""
        refreshed_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(_BEAT_EVERY_S)
            self._advance()
            if self._clock.monotonic() - refreshed_at > _REFRESH_EVERY_S:
                refreshed_at = self._clock.monotonic()
                self.publish_again(self._watched.user_ids)
            try:
                lost = await self._publisher.lost()
            except (RedisError, OSError) as error:
                await self._wait_for_redis(error)
                continue
            if lost:
                await self._begin_again()

    def _advance(self) -> None:
        moment = Moment.at(self._market.now())
        before = self._marks.moment
        self._pending.moved.add(self._marks.advance(moment))
        self._pending.everybody |= not moment.same_rules(before)
        if not moment.same_lines(before):
            self._pending.full.update(self._watched.roll())
        self._news.set()

    async def _publish(self) -> None:
        await self._board_read.wait()  # nothing is said to be unpriced before we know
        while True:
            await self._news.wait()
            self._news.clear()
            pending, self._pending = self._pending, _Pending()
            started = perf_counter()
            self._watched.note(pending.moved, pending.full, everybody=pending.everybody)
            updates = self._watched.take_due(_POSITIONS_AT_ONCE)
            if self._watched.is_due:
                self._pending.newest = pending.newest
                self._news.set()
            took_ms = (perf_counter() - started) * 1000
            try:
                await self._publisher.drop(pending.dropped)
                if updates:
                    self.compute_ms.append(took_ms)
                    await self._publisher.publish(updates, pending.newest)
                    if pending.newest is not None:
                        self.behind_ms = (now_ns() - pending.newest.received_ns) / 1e6
            except (RedisError, OSError) as error:
                self._pending.dropped |= pending.dropped
                await self._wait_for_redis(error)
                await self._begin_again()

    async def _write_states(self) -> None:
        while True:
            await self._clock.sleep(_STATES_EVERY_S)
            try:
                await self._publisher.write_states()
            except (RedisError, OSError) as error:
                await self._wait_for_redis(error)
                await self._begin_again()

    async def _begin_again(self) -> None:
        """After an outage or a loss of Redis's data: a new generation, the board anew, everything in full."""
        while True:
            try:
                await self._publisher.begin(self._publisher.partitions)
                break
            except (RedisError, OSError) as error:
                await self._wait_for_redis(error)
        self._log.info("values_reset", partitions_count=len(self._publisher.partitions))
        self._read_board_again = True
        self.publish_again(self._watched.user_ids)

    async def _wait_for_redis(self, error: Exception) -> None:
        if self.problem is None:
            self._log.warning("redis_unreachable", reason=type(error).__name__)
        self.problem = "Redis is unreachable"
        self._read_board_again = True
        await self._clock.sleep(_RETRY_AFTER_S)
