"""Lets market time pass: events from the sources, over the consolidated tape, to the clients (loop)."""

import asyncio
from collections import deque
from typing import Protocol

from simulator.clock import MarketTime
from simulator.consolidated import ConsolidatedTape
from simulator.events import Event, Trade
from simulator.fan_out import FanOut
from simulator.market import GeneratedMarket
from simulator.plan import Plan
from simulator.recorded import RecordedMarket

RECENT_TRADES = 5_000
_STEP_EVENTS = 1_000
_FAST_STEP_TRADES = 500
_SLEEP_MIN_S, _SLEEP_MAX_S = 0.001, 0.1


class Playback(Protocol):
    """What the control API and REST need of a running market."""

    feed: "Feed"

    @property
    def paused(self) -> bool:
        """Whether nothing is sent."""

    @property
    def finished(self) -> bool:
        """Whether a recording was played to its end."""

    def now_ns(self) -> int:
        """Return market time."""

    def moved_to_ns(self) -> int:
        """Return the market time up to which prices have moved: it stands still in a pause."""

    def pause(self) -> None:
        """Send nothing more for now."""

    def resume(self) -> None:
        """Go on, past a number that `run_until` stopped at."""

    async def run(self) -> None:
        """Let time pass until cancelled."""

    async def run_until(self, trades_count: int) -> None:
        """Play a recording's first trades, and return when every client's socket took them."""


class Feed:
    """Applies and delivers events one by one.

    Attributes:
        trades_sent: Trades of the market so far, whether or not somebody subscribed to them.
        recent: The last trades sent: bounded to 5,000, the oldest forgotten.
    """

    def __init__(self, tape: ConsolidatedTape, fan_out: FanOut, plan: Plan) -> None:
        self.tape = tape
        self._fan_out = fan_out
        self._plan = plan
        self.trades_sent = 0
        self.recent: deque[Trade] = deque(maxlen=RECENT_TRADES)

    def send(self, event: Event) -> None:
        """Take one event into account and queue it for its clients; bars that are due go first."""
        if isinstance(event, Trade):
            self.trades_sent += 1
            self.recent.append(event)
            self.pass_time(event.time_ns)
        self.tape.apply(event)
        if not self._plan.muted:
            self._fan_out.deliver(event)

    def pass_time(self, market_ns: int) -> None:
        """Send the bars that are due by then."""
        if market_ns >= self.tape.next_bars_ns:
            for bar in self.tape.bars_until(market_ns):
                if not self._plan.muted:
                    self._fan_out.deliver(bar)

    def find_trade(self, symbol: str, trade_id: int) -> Trade | None:
        """Return a recent trade by its id."""
        matching = (trade for trade in reversed(self.recent) if trade.id == trade_id and trade.symbol == symbol)
        return next(matching, None)


class TimedPlayback:
    """Market time follows wall time; what falls into a pause did not happen (recorded trades wait)."""

    def __init__(
        self,
        feed: Feed,
        time: MarketTime,
        generated: GeneratedMarket,
        recorded: RecordedMarket | None = None,
    ) -> None:
        self.feed = feed
        self._paused_ns: int | None = None
        self._time = time
        self._generated = generated
        self._recorded = recorded

    @property
    def paused(self) -> bool:
        """Whether nothing is sent."""
        return self._paused_ns is not None

    @property
    def finished(self) -> bool:
        """Whether a recording was played to its end."""
        return self._recorded is not None and self._recorded.finished

    def now_ns(self) -> int:
        """Return market time."""
        return self._time.now_ns()

    def moved_to_ns(self) -> int:
        """Return the market time up to which prices have moved: it stands still in a pause."""
        return self._paused_ns if self._paused_ns is not None else self.now_ns()

    def pause(self) -> None:
        """Send nothing more for now."""
        self._paused_ns = self.moved_to_ns()

    def resume(self) -> None:
        """Go on."""
        self._paused_ns = None

    async def run(self) -> None:
        """Let time pass until cancelled."""
        self._generated.skip_to(self.now_ns())
        while True:
            now_ns = self.now_ns()
            if self.paused:
                self._generated.skip_to(now_ns)
                await asyncio.sleep(_SLEEP_MAX_S)
                continue
            for position, event in enumerate(self._events(now_ns), 1):
                self.feed.send(event)
                if position % _STEP_EVENTS == 0:
                    await asyncio.sleep(0)
            waiting_ns = self._recorded.next_due_ns() if self._recorded is not None else now_ns
            self.feed.pass_time(min(now_ns, waiting_ns))
            await asyncio.sleep(self._wait_s())

    def _events(self, now_ns: int) -> list[Event]:
        recorded = self._recorded.until(now_ns, _STEP_EVENTS) if self._recorded is not None else []
        return self._generated.until(now_ns) + recorded

    def _wait_s(self) -> float:
        due = self._generated.next_due_ns()
        if self._recorded is not None:
            due = min(due, self._recorded.next_due_ns())
        return min(max(self._time.wall_seconds(due - self.now_ns()), _SLEEP_MIN_S), _SLEEP_MAX_S)

    async def run_until(self, trades_count: int) -> None:
        """Refuse: only a recording at full speed stops at a given trade.

        Raises:
            LookupError: Always.
        """
        raise LookupError(f"cannot stop at trade {trades_count}: start with --recording FILE --speed max")


class FastPlayback:
    """A recording as fast as the clients drain it; market time is that of the last trade sent."""

    def __init__(self, feed: Feed, recorded: RecordedMarket, fan_out: FanOut, *, held: bool) -> None:
        self.feed = feed
        self.paused = False
        self._recorded = recorded
        self._fan_out = fan_out
        self._target: int | None = 0 if held else None
        self._now_ns = recorded.next_due_ns() - 1
        self._go_on = asyncio.Event()
        self._stopped = asyncio.Event()

    @property
    def finished(self) -> bool:
        """Whether the recording was played to its end."""
        return self._recorded.finished

    def now_ns(self) -> int:
        """Return market time."""
        return self._now_ns

    def moved_to_ns(self) -> int:
        """Return the same: market time stands still between trades."""
        return self._now_ns

    async def run(self) -> None:
        """Play until cancelled; without a target wait for the first subscription to trades."""
        while True:
            trades = self._recorded.take(0 if self.paused else self._allowed())
            if not trades:
                self._stopped.set()
                self._go_on.clear()
                await self._wait()
                continue
            self._stopped.clear()
            for trade in trades:
                self.feed.send(trade)
            self._now_ns = trades[-1].time_ns
            await self._fan_out.wait_for_room()
            await asyncio.sleep(0)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_SLEEP_MAX_S):
                await self._go_on.wait()
        except TimeoutError:
            return

    def _allowed(self) -> int:
        if self._target is not None:
            return min(self._target - self._recorded.position, _FAST_STEP_TRADES)
        return _FAST_STEP_TRADES if self._fan_out.wanted("trades") else 0

    def pause(self) -> None:
        """Send nothing more for now."""
        self.paused = True

    def resume(self) -> None:
        """Play to the end."""
        self.paused = False
        self._target = None
        self._go_on.set()

    async def run_until(self, trades_count: int) -> None:
        """Play up to and with the recording's trade of that number, and return when the sockets took it."""
        self.paused = False
        self._target = trades_count
        self._go_on.set()
        while self._recorded.position < trades_count and not self._recorded.finished:
            self._stopped.clear()
            await self._stopped.wait()
        await self._fan_out.wait_until_written()
