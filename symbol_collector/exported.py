"""What the collector exports to Prometheus, handed over with its report twice a second."""

from realtime import metrics
from realtime.contract.messages import FeedState
from realtime.metrics import Tally


class Exported:
    """The metrics of one term of leading."""

    def __init__(self) -> None:
        self._trades = Tally(metrics.COLLECTOR_TRADES)
        self._prices = Tally(metrics.COLLECTOR_PRICES)
        self._batches = Tally(metrics.COLLECTOR_BATCHES)
        self._conflated = Tally(metrics.COLLECTOR_CONFLATED)

    def report(self, state: FeedState, trades: int, prices: int, batches: int, conflated: int) -> None:
        """Export the streams as they are and the counts of this term so far."""
        metrics.COLLECTOR_LEADING.set(1)
        self._trades.reached(trades)
        self._prices.reached(prices)
        self._batches.reached(batches)
        self._conflated.reached(conflated)
        _clear()
        for each in state.streams:
            stream = each.stream.value
            metrics.COLLECTOR_STREAM_CONNECTED.labels(stream).set(each.connected)
            metrics.COLLECTOR_FEED_AGE.labels(stream).set(each.silent_s)
            metrics.COLLECTOR_SUBSCRIBED.labels(stream).set(each.subscribed_count)
            metrics.COLLECTOR_POLLED.labels(stream).set(each.polled_count)
            if each.symbols_max is not None:
                metrics.COLLECTOR_SYMBOLS_LIMIT.labels(stream).set(each.symbols_max)

    def stand_by(self) -> None:
        """Export nothing of the streams: another collector holds them."""
        metrics.COLLECTOR_LEADING.set(0)
        _clear()


def _clear() -> None:
    for gauge in (
        metrics.COLLECTOR_STREAM_CONNECTED,
        metrics.COLLECTOR_FEED_AGE,
        metrics.COLLECTOR_SUBSCRIBED,
        metrics.COLLECTOR_POLLED,
        metrics.COLLECTOR_SYMBOLS_LIMIT,
    ):
        gauge.clear()
