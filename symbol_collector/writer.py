"""Changed prices → board and feed, by natural batching: what arrived meanwhile is the next batch (loop)."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from redis.exceptions import RedisError

from realtime.bus.client import Bus
from realtime.bus.direct import Direct
from realtime.bus.prices import board_identity, remove_prices, write_batch
from realtime.clock import Clock, now_ns
from realtime.contract import names
from realtime.contract.messages import PriceBatch
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource
from realtime.log import Log
from symbol_collector.cancelling import end_if_cancelled

_OF_STREAMS = frozenset({PriceSource.TRADE, PriceSource.QUOTE})
_BATCH_MAX = 500
_PAUSE_A_PRICE_S = 20e-6
"""After a big batch newer prices get time to take the place of those that wait; a small one pauses for nothing."""
_PAUSE_FROM = 100
_RETRY_AFTER_S = 0.2
_CHECK_EVERY_S = 2.0


class PriceWriter:
    """Prices on their way to Redis.

    Card: one price per held instrument, the newest at the time it is written, so never full; the longest waiting
    first; `source` is asked for changed prices, at most so many, when it is their turn; while Redis is away prices
    wait and conflate; lost on restart, but the board and the REST refill stand in.

    Attributes:
        prices_count: Prices written.
        batches_count: Batches written.
        problem: What is wrong with Redis, for a person; None when nothing is.
    """

    def __init__(self, bus: Bus, source: Callable[[int], list[Price]], clock: Clock, log: Log) -> None:
        self.prices_count = 0
        self.batches_count = 0
        self.problem: str | None = None
        self._bus = bus
        self._direct = Direct(bus, names.price_feed())
        self._source = source
        self._clock = clock
        self._log = log
        self._board: dict[InstrumentId, Price] = {}
        self._pending: dict[InstrumentId, Price] = {}
        self._removed: set[InstrumentId] = set()
        self._ready = asyncio.Event()
        self._run_id: str | None = None

    def know(self, board: Mapping[InstrumentId, Price]) -> None:
        """Take over what an earlier collector left on the board."""
        self._board.update(board)

    def newest_time(self, instrument_ids: Iterable[InstrumentId]) -> datetime | None:
        """Return the market time of the newest trade or quote that set a price of one of these; None without any."""
        prices = (self._board.get(instrument_id) for instrument_id in instrument_ids)
        return max((each.time for each in prices if each and each.time and each.source in _OF_STREAMS), default=None)

    def offer(self, prices: Iterable[Price]) -> None:
        """Hand over changed prices; they replace what is still waiting."""
        for price in prices:
            self._pending[price.instrument_id] = price
            self._board[price.instrument_id] = price
            self._removed.discard(price.instrument_id)
        if self._pending:
            self._ready.set()

    def wake(self) -> None:
        """Say that the source has changed prices."""
        self._ready.set()

    def remove(self, instrument_ids: Iterable[InstrumentId]) -> None:
        """Take instruments off the board; they get no price any more."""
        for instrument_id in instrument_ids:
            self._pending.pop(instrument_id, None)
            self._board.pop(instrument_id, None)
            self._removed.add(instrument_id)
        if self._removed:
            self._ready.set()

    async def run(self) -> None:
        """Write for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write())
            tasks.create_task(self._watch_board())

    async def _write(self) -> None:
        while True:
            end_if_cancelled()
            await self._ready.wait()
            self._ready.clear()
            self.offer(self._source(max(0, _BATCH_MAX - len(self._pending))))
            batch, removed = self._take()
            try:
                if batch:
                    await write_batch(self._direct, PriceBatch(tuple(batch.values()), now_ns()))
                await remove_prices(self._bus, list(removed))
            except RedisError as error:
                self._put_back(batch, removed)
                self._say_unreachable(error)
                await self._clock.sleep(_RETRY_AFTER_S)
                continue
            if self.problem is not None:  # what Redis lost meanwhile, or wrote without telling us, is written again
                self.problem = None
                self.offer(list(self._board.values()))
            self.batches_count += bool(batch)
            self.prices_count += len(batch)
            if len(batch) >= _PAUSE_FROM:
                await self._clock.sleep(len(batch) * _PAUSE_A_PRICE_S)

    async def _watch_board(self) -> None:
        while True:
            end_if_cancelled()
            await self._clock.sleep(_CHECK_EVERY_S)
            try:
                run_id, length = await board_identity(self._bus)
            except RedisError as error:
                self._say_unreachable(error)
                self._ready.set()
                continue
            restarted = self._run_id is not None and run_id != self._run_id
            if restarted or length < len(self._board) - len(self._pending):
                self.offer(list(self._board.values()))
            self._run_id = run_id

    def _take(self) -> tuple[dict[InstrumentId, Price], set[InstrumentId]]:
        removed, self._removed = self._removed, set()
        batch = dict(list(self._pending.items())[:_BATCH_MAX])
        for instrument_id in batch:
            del self._pending[instrument_id]
        if self._pending or len(batch) >= _BATCH_MAX:
            self._ready.set()
        return batch, removed

    def _put_back(self, batch: dict[InstrumentId, Price], removed: set[InstrumentId]) -> None:
        self._removed |= removed - self._board.keys()
        self._pending = {**{key: price for key, price in batch.items() if key in self._board}, **self._pending}
        self._ready.set()

    def _say_unreachable(self, error: RedisError) -> None:
        if self.problem is None:
            self._log.warning("redis_unreachable", reason=type(error).__name__)
        self.problem = "Redis is unreachable: prices wait"
