"""How long the newest price behind a message took to get there, leg by leg; a sample of the messages."""

from datetime import UTC, datetime, timedelta

from broadcaster.protocol import Times
from realtime.clock import MarketClock
from realtime.metrics import LATENCY, Recent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STANDSTILL = 0.01
_LOOKS_KEPT = 60


class Latency:
    """Observes messages as they leave. On a market clock that stands still a trade is as old as its intake."""

    def __init__(self, market: MarketClock) -> None:
        """Begin with a market clock, which tells when, on the wall, a trade was made."""
        self._market_origin_us = (market.market_origin - _EPOCH) // _MICROSECOND
        self._wall_origin_us = (market.wall_origin - _EPOCH) // _MICROSECOND
        self._speed = market.speed
        self._recent = {leg: Recent(histogram, _LOOKS_KEPT) for leg, histogram in LATENCY.items()}

    def observe(self, times: Times, sent_us: int) -> None:
        """Count a message that leaves now, wall clock, microseconds since 1970."""
        traded_us = float(times.received)
        if self._speed > _STANDSTILL:
            traded_us = self._wall_origin_us + (times.traded - self._market_origin_us) / self._speed
        for leg, took_us in (
            ("trade_to_intake", times.received - traded_us),
            ("intake_to_compute", times.computed - times.received),
            ("compute_to_send", sent_us - times.computed),
            ("trade_to_send", sent_us - traded_us),
        ):
            LATENCY[leg].observe(max(0.0, took_us / 1e6))  # clocks of two machines may differ

    def counts(self) -> dict[str, tuple[int, ...]]:
        """Return the last minute's observations by leg and bucket. Call it once a second."""
        return {leg: recent.counts() for leg, recent in self._recent.items()}
