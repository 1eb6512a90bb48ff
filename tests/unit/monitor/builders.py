"""Overviews for tests: all is well, but for what a test says."""

from datetime import UTC, datetime

from realtime.clock import MarketClock
from realtime.contract.messages import FeedState, FeedStatus, Heartbeat, StreamReport
from realtime.domain.asset_class import MarketStream
from realtime.overview import Live, Overview, Stored, market_moment
from realtime.store.work import Overdue, Work
from realtime.up import STAGES
from tests.support.hand_clock import HandClock

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
"""A Friday, an hour after the open."""

WELL = Work(Overdue(0, 0, None), NOW, 0, 0, 0, 0, ())


def stream(kind: MarketStream = MarketStream.STOCK, **changes: object) -> StreamReport:
    report = StreamReport(kind, True, 0.2, NOW, 100, None, 0, None)
    return StreamReport(**{**{name: getattr(report, name) for name in report.__struct_fields__}, **changes})


def beat(stage: str, problem: str | None = None) -> Heartbeat:
    return Heartbeat(stage, f"{stage}:1", 1, NOW, NOW, problem is None, problem, {})


def overview(
    *streams: StreamReport,
    at: datetime = NOW,
    beats: tuple[Heartbeat, ...] | None = None,
    unread_s: float | None = 0.0,
    work: Work = WELL,
) -> Overview:
    """Return what a look shows at a market time; streams' prices are as new as they are at `NOW`, then as they say."""
    clock = HandClock(at)
    feed = FeedState(FeedStatus.LIVE, None, 100, NOW, streams)
    beats = tuple(beat(stage) for stage in STAGES) if beats is None else beats
    return Overview(at, market_moment(MarketClock(clock, at, at)), Live(beats, feed, unread_s), Stored(work, ()))
