"""What a collector exports, and what it takes back when it leads no more."""

from realtime.contract.messages import FeedState, FeedStatus, StreamReport
from realtime.domain.asset_class import MarketStream
from realtime.metrics import REGISTRY
from symbol_collector.exported import Exported


def state(*streams: StreamReport) -> FeedState:
    return FeedState(FeedStatus.LIVE, None, 0, None, streams)


def of_stock(name: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"stream": "stock"})


def test_streams_and_counts_are_exported_and_taken_back() -> None:
    """Ensure no process that stands by goes on saying how old the feed is, and its counters keep what they counted."""
    before = REGISTRY.get_sample_value("collector_trades_total") or 0.0
    exported = Exported()
    stock = StreamReport(MarketStream.STOCK, True, 1.5, None, 28, 30, 12, None)
    exported.report(state(stock), trades=100, prices=10, batches=5, conflated=0)
    exported.report(state(stock), trades=150, prices=11, batches=6, conflated=0)
    assert REGISTRY.get_sample_value("collector_trades_total") == before + 150
    assert REGISTRY.get_sample_value("collector_leading") == 1
    shown = ("feed_age_seconds", "subscribed", "symbols_limit", "polled", "stream_connected")
    assert [of_stock(f"collector_{name}") for name in shown] == [1.5, 28, 30, 12, 1]
    exported.stand_by()
    assert REGISTRY.get_sample_value("collector_leading") == 0
    assert [of_stock(f"collector_{name}") for name in shown] == [None] * 5
    assert REGISTRY.get_sample_value("collector_trades_total") == before + 150


def test_a_plan_without_a_limit_exports_none() -> None:
    """Ensure no limit is not shown as a limit of zero."""
    exported = Exported()
    exported.report(state(StreamReport(MarketStream.STOCK, True, 0.0, None, 1, None, 0, None)), 0, 0, 0, 0)
    assert of_stock("collector_symbols_limit") is None
    exported.stand_by()
