"""What the stages count reaches Prometheus, in bulk."""

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from realtime.metrics import LatencyHistogram, Recent, Tally, percentile_s, registry_of


def histogram() -> LatencyHistogram:
    return LatencyHistogram("test_seconds", "Of a test.", CollectorRegistry())


def test_a_tally_follows_a_running_count_and_its_restart() -> None:
    """Ensure a counter rises by what a stage's own count rose, also when that one began anew."""
    registry = CollectorRegistry()
    tally = Tally(Counter("test_total", "Of a test.", registry=registry))
    for count in (3, 3, 10, 2):
        tally.reached(count)
    assert registry.get_sample_value("test_total") == 12


def test_buckets_are_cumulated_as_prometheus_wants_them() -> None:
    """Ensure each bucket counts all that is not slower, and the last one everything."""
    registry = CollectorRegistry()
    latency = LatencyHistogram("test_seconds", "Of a test.", registry)
    for seconds in (0.0005, 0.001, 0.0011, 500.0):
        latency.observe(seconds)
    assert registry.get_sample_value("test_seconds_bucket", {"le": "0.001"}) == 2
    assert registry.get_sample_value("test_seconds_bucket", {"le": "0.002"}) == 3
    assert registry.get_sample_value("test_seconds_bucket", {"le": "+Inf"}) == 4
    assert registry.get_sample_value("test_seconds_count") == 4
    assert registry.get_sample_value("test_seconds_sum") == pytest.approx(500.0026)


@pytest.mark.parametrize(("share", "expected_s"), [(0.5, 0.050), (0.99, 0.099)])
def test_percentiles_are_right_to_within_a_third(share: float, expected_s: float) -> None:
    """Ensure the percentiles of 1, 2, … 100 ms are near what they are."""
    latency = histogram()
    for milliseconds in range(1, 101):
        latency.observe(milliseconds / 1000)
    assert percentile_s(latency.counts, share) == pytest.approx(expected_s, rel=0.34)


def test_no_observation_has_no_percentile() -> None:
    """Ensure unknown is None and not 0."""
    assert percentile_s(histogram().counts, 0.5) is None


def test_recent_counts_forget_what_is_old() -> None:
    """Ensure percentiles are those of the last looks alone."""
    latency = histogram()
    recent = Recent(latency, looks_kept=2)
    latency.observe(0.001)
    assert sum(recent.counts()) == 1
    latency.observe(0.001)
    assert sum(recent.counts()) == 2
    assert sum(recent.counts()) == 1
    assert sum(recent.counts()) == 0


def test_a_stage_exports_its_own_metrics_alone() -> None:
    """Ensure no process says 0 of what another one counts."""
    text = generate_latest(registry_of("symbol_collector")).decode()
    assert "collector_trades_total" in text
    assert "process_resident_memory_bytes" in text
    assert "broadcaster_clients" not in text
