"""How the market-data streams are, in one word and one sentence (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from realtime.contract.messages import FeedState, FeedStatus, StreamReport
from realtime.domain.asset_class import MarketStream
from realtime.market_hours import MarketSession

_DOUBLINGS_MAX = 32
NAMES = {MarketStream.STOCK: "Stocks", MarketStream.CRYPTO: "Crypto", MarketStream.OPTION: "Options"}


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """One stream, as far as its state matters to a person.

    Attributes:
        started: It has been connected at least once.
        refusal: What the server said no to, and why.
        silent_s: Seconds without data on this connection; `silent_after_s` is the limit now, None while silence is no
            alarm.
        quiet_s: Seconds without data, over all connections.
    """

    started: bool
    connected: bool
    acknowledged_count: int
    missing_count: int
    refusal: str | None
    silent_s: float
    silent_after_s: float | None
    quiet_s: float = 0.0


def silent_after_s(
    stream: MarketStream, session: MarketSession, limit_s: float, recycled_count: int, limit_max_s: float = 600.0
) -> float | None:
    """Return how long a stream may be silent; None when the market sleeps.

    Doubled by every reconnect that brought no data, so that a thinly traded universe does not reconnect for ever.
    """
    if stream is not MarketStream.CRYPTO and session is not MarketSession.REGULAR:
        return None
    return min(limit_s * 2.0 ** min(recycled_count, _DOUBLINGS_MAX), max(limit_s, limit_max_s))


def is_silent(facts: StreamFacts) -> bool:
    """Whether a connected stream with subscriptions sends nothing though the market is open."""
    return (
        facts.connected
        and facts.acknowledged_count > 0
        and facts.silent_after_s is not None
        and facts.silent_s > facts.silent_after_s
    )


def feed_state(
    streams: Mapping[MarketStream, StreamFacts],
    silent: Iterable[MarketStream],
    notes: Iterable[str],
    last_trade_time: datetime | None,
    reports: Iterable[StreamReport] = (),
) -> FeedState:
    """Return the worst state of any stream; its sentences first, then notes on what is not alarming.

    `silent` are the streams that were found silent and have not sent anything since.
    """
    sentences: list[str] = []
    statuses = {FeedStatus.LIVE}
    for stream, facts in streams.items():
        name = NAMES[stream]
        if facts.refusal is not None:
            sentences.append(f"{name}: {facts.refusal}.")
        if not facts.connected:
            statuses.add(FeedStatus.DISCONNECTED if facts.started or facts.refusal else FeedStatus.STARTING)
            if facts.refusal is None and facts.started:
                sentences.append(f"{name}: disconnected; reconnecting.")
        elif facts.acknowledged_count == 0 and facts.missing_count > 0:
            statuses.add(FeedStatus.DISCONNECTED if facts.refusal else FeedStatus.STARTING)
        elif stream in silent:
            statuses.add(FeedStatus.SILENT)
            sentences.append(f"{name}: no data though the market is open; reconnecting.")
    worst = next(
        status
        for status in (FeedStatus.DISCONNECTED, FeedStatus.SILENT, FeedStatus.STARTING, FeedStatus.LIVE)
        if status in statuses
    )
    sentences += notes
    return FeedState(
        status=worst,
        message=" ".join(sentences) or None,
        subscribed_count=sum(facts.acknowledged_count for facts in streams.values()),
        last_trade_time=last_trade_time,
        streams=tuple(reports),
    )
