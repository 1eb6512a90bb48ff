"""From a trade to a client's socket, leg by leg."""

from datetime import UTC, datetime, timedelta

import pytest

from broadcaster.latency import Latency
from broadcaster.protocol import Times
from realtime.clock import MarketClock
from realtime.metrics import LATENCY, REGISTRY
from tests.support.hand_clock import HandClock

WALL = datetime(2026, 11, 21, 2, tzinfo=UTC)
MARKET = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def us(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def taken_s(market: MarketClock, traded: datetime, received: datetime) -> dict[str, float]:
    """Return what each leg took of a message computed 20 ms and sent 50 ms after its intake."""
    computed, sent = received + timedelta(milliseconds=20), received + timedelta(milliseconds=50)

    def sums() -> dict[str, float]:
        return {leg: REGISTRY.get_sample_value(f"broadcaster_{leg}_seconds_sum") or 0.0 for leg in LATENCY}

    before = sums()
    Latency(market).observe(Times(us(traded), us(received), us(computed), 0), us(sent))
    # To a millisecond: other tests' trades are made up and decades old, and such sums lose the microseconds.
    return {leg: round(total - before[leg], 3) for leg, total in sums().items()}


def test_the_legs_add_up() -> None:
    """Ensure exchange, intake, compute and send are told apart."""
    real = MarketClock.real(HandClock(WALL))
    assert taken_s(real, WALL, WALL + timedelta(milliseconds=5)) == {
        "trade_to_intake": 0.005, "intake_to_compute": 0.02, "compute_to_send": 0.03, "trade_to_send": 0.055,
    }  # fmt: skip


@pytest.mark.parametrize(("speed", "trade_to_intake_s"), [(1.0, 0.06), (60.0, 0.001), (1e-6, 0.0)])
def test_a_replayed_trade_is_as_old_as_it_is_on_the_wall(speed: float, trade_to_intake_s: float) -> None:
    """Ensure latencies are wall seconds whatever the market clock shows, and a clock that stands still adds none."""
    market = MarketClock(HandClock(WALL), MARKET, WALL, speed)
    received = WALL + timedelta(milliseconds=60 if speed == 1.0 else 1)
    assert taken_s(market, MARKET, received)["trade_to_intake"] == trade_to_intake_s


def test_a_clock_that_is_ahead_of_ours_makes_no_negative_latency() -> None:
    """Ensure an exchange whose clock is ahead by a second counts as no time at all."""
    real = MarketClock.real(HandClock(WALL))
    taken = taken_s(real, WALL + timedelta(seconds=1), WALL)
    assert (taken["trade_to_intake"], taken["trade_to_send"]) == (0.0, 0.0)


def test_the_last_minute_is_counted_for_each_leg() -> None:
    """Ensure the heartbeat carries every leg, and forgets after a minute."""
    latency = Latency(MarketClock.real(HandClock(WALL)))
    latency.observe(Times(us(WALL), us(WALL), us(WALL), 0), us(WALL))
    assert {leg: sum(counts) for leg, counts in latency.counts().items()} == dict.fromkeys(LATENCY, 1)
    for _ in range(60):
        latency.counts()
    assert {leg: sum(counts) for leg, counts in latency.counts().items()} == dict.fromkeys(LATENCY, 0)
