"""One term of leading: what is held → subscriptions → last prices → board and feed (loop)."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from redis.exceptions import RedisError

from realtime.bus.client import Bus
from realtime.bus.prices import read_board, write_feed_state
from realtime.clock import Clock, MarketClock, now_ns
from realtime.contract.messages import FeedState, FeedStatus
from realtime.domain.asset_class import MarketStream
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import Delivery, Price
from realtime.log import Log
from realtime.market_hours import market_hours_around
from realtime.process import Health
from realtime.store.pool import Pool
from symbol_collector.allocation import Allocation, allocate, currencies, stream_of, tighter
from symbol_collector.announcements import Announcements
from symbol_collector.cancelling import end_if_cancelled
from symbol_collector.closes import Closes
from symbol_collector.decode import to_time
from symbol_collector.exported import Exported
from symbol_collector.feed_state import NAMES, feed_state
from symbol_collector.inbox import Inbox
from symbol_collector.last_prices import LastPrices
from symbol_collector.market_data import MarketData
from symbol_collector.poller import Poller
from symbol_collector.reports import Reports
from symbol_collector.streams import StreamAddress, Streams
from symbol_collector.universe import Universe, change
from symbol_collector.viewers import Viewers
from symbol_collector.writer import PriceWriter

_MESSAGES_AT_ONCE = 2_000
_STATE_EVERY_S = 0.5
_ALLOCATE_EVERY_S = 30.0
_RETRY_AFTER_S = 0.5
_NOTHING = Allocation(frozenset(), frozenset())


class Collector:
    """Everything a leading collector does; a new one for each term."""

    def __init__(
        self,
        address: StreamAddress,
        data: MarketData,
        *,
        bus: Bus,
        pool: Pool,
        database_url: str,
        symbols_max: int | None,
        silent_after_s: float,
        market: MarketClock,
        clock: Clock,
        log: Log,
        health: Health,
    ) -> None:
        self._bus = bus
        self._symbols_max = symbols_max
        self._market = market
        self._clock = clock
        self._health = health
        self._prices = LastPrices()
        self._inbox = Inbox(asyncio.get_running_loop())
        self._writer = PriceWriter(bus, self._prices.take_changed, clock, log)
        self._closes = Closes(data, self._prices, self._offer, market, clock, log)
        self._poller = Poller(data, self._prices, self._offer, market, clock, log)
        self._announcements = Announcements(data, pool, self._prices, self._offer, market, clock, log)
        self._viewers = Viewers(bus, self._on_newcomers, clock)
        self._universe = Universe(pool, database_url, self._on_held, clock, log)
        self._streams = Streams(
            address,
            self._inbox,
            on_subscribed=lambda stream, symbols: self._closes.request(stream, symbols, after_gap=True),
            on_gap=self._prices.doubt,
            on_limit=lambda: self._allocation_due.set(),  # noqa: PLW0108  # made below
            silent_after_s=silent_after_s,
            clock=clock,
            log=log,
        )
        self._held: dict[InstrumentId, Instrument] | None = None
        self._board: Mapping[InstrumentId, Price] = {}
        self._allocations: dict[MarketStream, Allocation] = {}
        self._allocation_due = asyncio.Event()
        self._exported = Exported()

    async def run(self) -> None:
        """Collect until cancelled; the streams are closed when it returns."""
        self._board = await self._read_board()
        end_if_cancelled()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._universe.run())
                tasks.create_task(self._viewers.run())
                tasks.create_task(self._allocate())
                tasks.create_task(self._take_in())
                tasks.create_task(self._writer.run())
                tasks.create_task(self._closes.run())
                tasks.create_task(self._announcements.run(self._stocks))
                tasks.create_task(self._closes.roll(self._symbols))
                tasks.create_task(self._poller.poll(self._polled))
                tasks.create_task(self._poller.poll_rates(self._currencies))
                tasks.create_task(self._say_state())
        finally:
            self._exported.stand_by()
            await self._streams.stop()
            with suppress(RedisError):
                stopped = FeedState(FeedStatus.DISCONNECTED, "The collector was stopped.", 0, self._last_trade_time())
                await write_feed_state(self._bus, stopped)

    async def _read_board(self) -> Mapping[InstrumentId, Price]:
        while True:
            end_if_cancelled()
            try:
                return await read_board(self._bus)
            except RedisError:
                self._health.problem = "Redis is unreachable"
                await self._clock.sleep(_RETRY_AFTER_S)

    def _on_held(self, held: list[Instrument]) -> None:
        rates = {instrument.id for instrument in currencies(held).values()}
        priced = [each for each in held if stream_of(each) is not None or each.id in rates]
        difference = change(self._held or {}, priced)
        if self._held is None:  # what was sold while nobody led is still on the board
            known = {each.id for each in priced}
            self._writer.know({key: price for key, price in self._board.items() if key in known})
            self._writer.remove(self._board.keys() - known)
        left = [each.id for each in difference.left]
        self._prices.drop(left)
        self._writer.remove(left)
        self._prices.hold(difference.joined, self._board, self._market.now())
        self._board = {}
        self._held = {each.id: each for each in priced}
        for each in difference.joined:
            stream = stream_of(each)
            if stream is not None:
                self._closes.request(stream, [each.symbol])
        self._announcements.request(each.symbol for each in difference.joined if stream_of(each) is MarketStream.STOCK)
        if not difference.is_empty:
            self._allocation_due.set()

    async def _allocate(self) -> None:
        """Give out the places on the streams whenever holdings or limits change, and now and then by who looks."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ALLOCATE_EVERY_S):
                    await self._allocation_due.wait()
            self._allocation_due.clear()
            values: Mapping[InstrumentId, Decimal] | None = None
            watched: Mapping[InstrumentId, Decimal] = {}
            for stream in MarketStream:
                candidates = [each for each in (self._held or {}).values() if stream_of(each) is stream]
                limit = self._limit(stream)
                if values is None and limit is not None and len(candidates) > limit:
                    values = await self._universe.values()
                    watched = await self._universe.values(await self._viewers.user_ids())
                streamed_now = self._allocations.get(stream, _NOTHING).streamed
                self._allocations[stream] = allocation = allocate(
                    candidates, limit, values or {}, streamed_now, watched
                )
                self._streams.want(stream, allocation.streamed)
                self._prices.set_delivery(allocation.streamed, Delivery.STREAM)
                self._prices.set_delivery(allocation.polled, Delivery.POLL)
            self._offer()

    def _on_newcomers(self) -> None:
        if any(allocation.polled for allocation in self._allocations.values()):
            self._allocation_due.set()

    async def _take_in(self) -> None:
        while True:
            taken = 0
            for frame in await self._inbox.take():
                self._prices.take_raw(frame.messages, frame.received_ns)
                taken += len(frame.messages)
                if taken >= _MESSAGES_AT_ONCE:
                    taken = 0
                    self._offer()
                    await asyncio.sleep(0)
            self._offer()

    def _limit(self, stream: MarketStream) -> int | None:
        configured = self._symbols_max if stream is MarketStream.STOCK else None
        return tighter(configured, self._streams.symbols_max(stream))

    def _offer(self) -> None:
        self._writer.wake()

    async def _say_state(self) -> None:
        written_before, at = 0, self._clock.monotonic()
        reports = Reports(self._writer.newest_time, self._clock)
        while True:
            end_if_cancelled()
            await self._clock.sleep(_STATE_EVERY_S)
            now = self._market.now()
            session = market_hours_around(now).session(now)
            self._streams.watch(session)
            self._ask_for_unknown()
            facts = self._streams.facts(session)
            streams = reports.of(facts, self._held or {}, self._allocations, self._limit)
            state = feed_state(facts, self._streams.silent, self._notes(), self._last_trade_time(), streams)
            with suppress(RedisError):
                await write_feed_state(self._bus, state)
            elapsed_s = self._clock.monotonic() - at
            rate = (self._writer.prices_count - written_before) / elapsed_s
            written_before, at = self._writer.prices_count, self._clock.monotonic()
            self._say_health(state, rate)

    def _say_health(self, state: FeedState, prices_per_s: float) -> None:
        broken = self._writer.problem or self._universe.problem
        if broken is None and state.status is not FeedStatus.LIVE:
            broken = state.message or f"streams are {state.status}"
        self._health.problem = broken if self._held is not None else broken or "reading holdings"
        self._exported.report(
            state, self._prices.trades_count, self._writer.prices_count, self._writer.batches_count,
            self._inbox.conflated_count,
        )  # fmt: skip
        self._health.facts.update(
            role="leading",
            feed=str(state.status),
            trades=self._prices.trades_count,
            batches=self._writer.batches_count,
            subscribed=state.subscribed_count,
            polled=sum(len(allocation.polled) for allocation in self._allocations.values()),
            prices_per_s=round(prices_per_s, 1),
            conflated=self._inbox.conflated_count,
            message=state.message,
        )

    def _ask_for_unknown(self) -> None:
        self._prices.release_due(now_ns())
        self._offer()
        suspects = self._prices.take_suspects()
        self._announcements.request(suspects & self._stocks().keys())
        unknown = self._prices.take_unknown() | suspects
        if unknown:
            for stream, symbols in self._symbols().items():
                self._closes.request(stream, unknown & symbols)

    def _notes(self) -> list[str]:
        notes = [
            problem
            for problem in (self._closes.problem, self._poller.problem, self._announcements.problem)
            if problem is not None
        ]
        for stream, allocation in self._allocations.items():
            if allocation.polled:
                count, limit = len(allocation.polled), len(allocation.streamed)
                notes.append(f"{NAMES[stream]}: the plan allows {limit} symbols on the stream, {count} are polled.")
        return notes

    def _symbols(self) -> dict[MarketStream, frozenset[str]]:
        return {stream: each.streamed | each.polled for stream, each in self._allocations.items()}

    def _stocks(self) -> dict[str, InstrumentId]:
        stocks = [each for each in (self._held or {}).values() if stream_of(each) is MarketStream.STOCK]
        return {each.symbol: each.id for each in stocks}

    def _polled(self) -> dict[MarketStream, frozenset[str]]:
        now = self._market.now()
        return {
            stream: each.polled | self._prices.quiet(each.streamed, now) for stream, each in self._allocations.items()
        }

    def _currencies(self) -> dict[str, str]:
        found = currencies((self._held or {}).values())
        return {currency: instrument.symbol for currency, instrument in found.items()}

    def _last_trade_time(self) -> datetime | None:
        return to_time(self._prices.last_trade_ns) if self._prices.last_trade_ns else None
