"""Every Prometheus metric, declared once. The first word of a name is the stage that exports it.

Stages count in plain integers and hand the counts over in bulk, with their twice-a-second report (`Tally`): nothing
here is touched for each trade or message. docs/metrics.md is written from this file.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus-client types it nowhere
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_LATENCY_BOUNDS_S = (
    0.001, 0.002, 0.003, 0.004, 0.006, 0.008, 0.012, 0.016, 0.024, 0.032, 0.048, 0.064, 0.096, 0.128, 0.192, 0.256,
    0.384, 0.512, 0.768, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 32.0, 64.0,
)  # fmt: skip
_SYNC_BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
COMMON_PREFIXES = ("process_", "stage_", "loop_", "redis_", "log_")
_PREFIXES = {"symbol_collector": "collector_"}


class LatencyHistogram(Collector):
    """A histogram that costs a fifth of a microsecond an observation, and tells percentiles of its newest part.

    Attributes:
        counts: Observations by bucket, from the start; the last bucket has no upper bound.
    """

    def __init__(self, name: str, documentation: str, registry: CollectorRegistry = REGISTRY) -> None:
        self._name = name
        self._documentation = documentation
        self.counts = [0] * (len(_LATENCY_BOUNDS_S) + 1)
        self._sum_s = 0.0
        registry.register(self)

    def observe(self, seconds: float) -> None:
        """Count a latency."""
        self.counts[bisect_left(_LATENCY_BOUNDS_S, seconds)] += 1
        self._sum_s += seconds

    def describe(self) -> Iterator[Metric]:
        """Yield the empty family."""
        yield HistogramMetricFamily(self._name, self._documentation)

    def collect(self) -> Iterator[Metric]:
        """Yield the family with cumulated buckets."""
        total, buckets = 0, []
        for bound, count in zip((*map(str, _LATENCY_BOUNDS_S), "+Inf"), self.counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        yield HistogramMetricFamily(self._name, self._documentation, buckets=buckets, sum_value=self._sum_s)


def percentile_s(counts: Sequence[int], share: float) -> float | None:
    """Return the latency that this share (0..1) of observations did not exceed, seconds; None without observations.

    Interpolated within its bucket; buckets grow by a third to a half, so it is right to within a third.
    """
    left = sum(counts) * share
    if not left:
        return None
    for place, count in enumerate(counts):
        if count and left <= count:
            upper = _LATENCY_BOUNDS_S[min(place, len(_LATENCY_BOUNDS_S) - 1)]
            lower = _LATENCY_BOUNDS_S[place - 1] if place else 0.0
            return lower + (upper - lower) * left / count
        left -= count
    return _LATENCY_BOUNDS_S[-1]


class Recent:
    """The observations of a histogram since some looks ago."""

    def __init__(self, histogram: LatencyHistogram, looks_kept: int) -> None:
        self._histogram = histogram
        self._before = deque([tuple(histogram.counts)], maxlen=looks_kept)

    def counts(self) -> tuple[int, ...]:
        """Look: return the observations, by bucket, since the oldest look that is kept."""
        now = tuple(self._histogram.counts)
        oldest = self._before[0]
        self._before.append(now)
        return tuple(count - before for count, before in zip(now, oldest, strict=True))


class Tally:
    """Brings a counter up to a running count that the stage keeps itself."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._seen = 0

    def reached(self, count: int) -> None:
        """Add what the count grew by; a count that fell began anew."""
        self._counter.inc(count - self._seen if count >= self._seen else count)
        self._seen = count


STAGE_HEALTHY = Gauge("stage_healthy", "1 while the stage does its work, 0 while it says why not.", registry=REGISTRY)
LOOP_LAG = Gauge(
    "loop_lag_seconds", "Longest delay of a timer on the event loop during the last second.", registry=REGISTRY
)
REDIS_ERROR = Counter("redis_error_total", "Attempts to reach Redis that failed and were retried.", registry=REGISTRY)
LOG_EVENT = Counter("log_event_total", "Warnings and errors logged, by event.", ["event"], registry=REGISTRY)

SYNC_LATENCY = Histogram(
    "sync_latency_seconds",
    "Duration of a refresh that was completed, fetch to commit, by product.",
    ["product"],
    buckets=_SYNC_BOUNDS_S,
    registry=REGISTRY,
)
SYNC_ERROR = Counter(
    "sync_error_total",
    "Refreshes that were not completed, by product and outcome (retry_later, reconnect_needed, unsupported, failed).",
    ["product", "outcome"],
    registry=REGISTRY,
)

API_WEBHOOK_RECEIVED = Counter(
    "api_webhook_received_total",
    "Webhooks that came, by provider and what became of them (new, known, refused).",
    ["provider", "outcome"],
    registry=REGISTRY,
)
API_RATE_LIMITED = Counter(
    "api_rate_limited_total",
    "Requests refused with 429, by limit (user, writes, address, sign_in).",
    ["limit"],
    registry=REGISTRY,
)
SYNC_WEBHOOK_PROCESSED = Counter(
    "sync_webhook_processed_total",
    "Webhooks whose meaning was carried out, by provider and outcome (done, retried, dead).",
    ["provider", "outcome"],
    registry=REGISTRY,
)

COLLECTOR_LEADING = Gauge("collector_leading", "1 while this collector holds the streams.", registry=REGISTRY)
COLLECTOR_TRADES = Counter("collector_trades_total", "Trades taken in from the streams.", registry=REGISTRY)
COLLECTOR_PRICES = Counter("collector_prices_total", "Prices written to the board and the feed.", registry=REGISTRY)
COLLECTOR_BATCHES = Counter("collector_batches_total", "Price batches written.", registry=REGISTRY)
COLLECTOR_CONFLATED = Counter(
    "collector_conflated_total", "Messages that newer ones replaced because the inbox was full.", registry=REGISTRY
)
COLLECTOR_STREAM_CONNECTED = Gauge(
    "collector_stream_connected", "1 while a market stream is connected.", ["stream"], registry=REGISTRY
)
COLLECTOR_FEED_AGE = Gauge(
    "collector_feed_age_seconds", "Seconds since a market stream last sent data.", ["stream"], registry=REGISTRY
)
COLLECTOR_SUBSCRIBED = Gauge(
    "collector_subscribed", "Symbols that a market stream carries.", ["stream"], registry=REGISTRY
)
COLLECTOR_SYMBOLS_LIMIT = Gauge(
    "collector_symbols_limit", "Symbols that the plan allows on a stream; absent without a limit.", ["stream"],
    registry=REGISTRY,
)  # fmt: skip
COLLECTOR_POLLED = Gauge(
    "collector_polled", "Symbols that no stream could carry and that are polled.", ["stream"], registry=REGISTRY
)

CALCULATOR_LAG = Gauge(
    "calculator_lag_seconds", "Age, since intake, of the newest price when its values were published.",
    registry=REGISTRY,
)  # fmt: skip
CALCULATOR_COMPUTE = Gauge(
    "calculator_compute_seconds", "Median duration of valuing what one batch touched.", registry=REGISTRY
)
CALCULATOR_BATCHES = Counter("calculator_batches_total", "Value batches published.", registry=REGISTRY)
CALCULATOR_PARTITIONS = Gauge("calculator_partitions", "Partitions that this calculator serves.", registry=REGISTRY)
CALCULATOR_ACCOUNTS = Gauge("calculator_accounts", "Accounts in its book.", registry=REGISTRY)
CALCULATOR_POSITIONS = Gauge("calculator_positions", "Positions in its book.", registry=REGISTRY)
CALCULATOR_WATCHED_USERS = Gauge("calculator_watched_users", "Users that clients watch.", registry=REGISTRY)

LATENCY = {
    leg: LatencyHistogram(f"broadcaster_{leg}_seconds", f"{documentation} A sample of the messages.")
    for leg, documentation in {
        "trade_to_send": "From the newest trade behind a value to the value's message on a client's socket.",
        "trade_to_intake": "Of that: from the exchange's time to the collector.",
        "intake_to_compute": "Of that: from the collector until the calculator had the values.",
        "compute_to_send": "Of that: from the calculator to the socket, the client's own rate limit included.",
    }.items()
}
BROADCASTER_CLIENTS = Gauge("broadcaster_clients", "Authenticated clients.", registry=REGISTRY)
BROADCASTER_USERS = Gauge("broadcaster_users", "Users with clients here.", registry=REGISTRY)
BROADCASTER_CHANNELS = Gauge("broadcaster_channels", "Channels kept current.", registry=REGISTRY)
BROADCASTER_MESSAGES = Counter("broadcaster_messages_total", "Snapshots and deltas sent.", registry=REGISTRY)
BROADCASTER_BYTES = Counter("broadcaster_bytes_total", "Bytes of these.", registry=REGISTRY)

MONITOR_ALERT_FIRING = Gauge(
    "monitor_alert_firing", "Alerts that fire now, by name (docs/operations.md).", ["alert"], registry=REGISTRY
)
MONITOR_NOTICES_WAITING = Gauge(
    "monitor_notices_waiting", "Notices that the operator's webhook has not taken yet.", registry=REGISTRY
)
MONITOR_JOBS = Gauge("monitor_jobs", "Jobs by state (queued, running, dead).", ["state"], registry=REGISTRY)
MONITOR_OVERDUE_USERS = Gauge(
    "monitor_overdue_users", "Users with an account that was not refreshed for too long.", registry=REGISTRY
)
MONITOR_RECONNECT_NEEDED = Gauge(
    "monitor_reconnect_needed", "Connections that their users must repair.", registry=REGISTRY
)
MONITOR_LOOKS = Counter("monitor_looks_total", "Times that the monitor has looked at everything.", registry=REGISTRY)


def prefix_of(stage: str) -> str:
    """Return how the names of a stage's metrics begin."""
    return _PREFIXES.get(stage, f"{stage}_")


class _OfStage(Collector):
    """The metrics of one stage and those that every process has."""

    def __init__(self, stage: str) -> None:
        self._prefixes = (*COMMON_PREFIXES, prefix_of(stage))

    def collect(self) -> Iterator[Metric]:
        return (family for family in REGISTRY.collect() if family.name.startswith(self._prefixes))


def registry_of(stage: str) -> CollectorRegistry:
    """Return what the process of a stage exports."""
    registry = CollectorRegistry()
    registry.register(_OfStage(stage))
    return registry
