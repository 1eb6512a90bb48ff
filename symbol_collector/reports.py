"""What the collector says of each stream to the operator (pure but for the clock)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from realtime.clock import Clock
from realtime.contract.messages import StreamReport
from realtime.domain.asset_class import MarketStream
from realtime.domain.instrument import Instrument, InstrumentId
from symbol_collector.allocation import Allocation, stream_of
from symbol_collector.feed_state import StreamFacts

_LOOK_EVERY_S = 5.0
"""How often all prices are searched for the newest; a few milliseconds for ten thousand."""


class Reports:
    """Makes the reports; remembers the newest price's time between looks."""

    def __init__(self, newest_time: Callable[[Iterable[InstrumentId]], datetime | None], clock: Clock) -> None:
        self._newest_time = newest_time
        self._clock = clock
        self._looked_at: float | None = None
        self._price_times: dict[MarketStream, datetime | None] = {}

    def of(
        self,
        facts: Mapping[MarketStream, StreamFacts],
        held: Mapping[InstrumentId, Instrument],
        allocations: Mapping[MarketStream, Allocation],
        limit: Callable[[MarketStream], int | None],
    ) -> list[StreamReport]:
        """Return a report for each stream that is open."""
        now = self._clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= _LOOK_EVERY_S:
            self._looked_at = now
            self._price_times = {
                stream: self._newest_time(each.id for each in held.values() if stream_of(each) is stream)
                for stream in facts
            }
        return [
            StreamReport(
                stream=stream,
                connected=each.connected,
                silent_s=round(each.quiet_s, 1),
                price_time=self._price_times.get(stream),
                subscribed_count=each.acknowledged_count,
                symbols_max=limit(stream),
                polled_count=len(allocations[stream].polled) if stream in allocations else 0,
                refusal=each.refusal,
            )
            for stream, each in facts.items()
        ]
