"""The registry of alerts: what the monitor looks for (pure). docs/operations.md says what to do about each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from realtime.contract.messages import StreamReport
from realtime.domain.alert import Severity
from realtime.domain.asset_class import ASSET_CLASSES, MarketStream
from realtime.market_hours import MarketSession
from realtime.overview import Overview
from realtime.store.work import Work

_BEHIND_AFTER_S = 5.0
_ROUND_THE_CLOCK = frozenset(row.stream for row in ASSET_CLASSES.values() if row.round_the_clock)
_STALE_AFTER_S = {row.stream: row.stale_after_s for row in ASSET_CLASSES.values() if row.stream is not None}


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is wrong.

    Attributes:
        stages: Those that should run.
        silent_after_s: Wall seconds without data on a stream; of crypto and options at least their class's limit.
        symbol_silent_after_s: How long a single symbol may be silent; so many symbols, so much shorter.
        delayed_s: By how much the plan's stock feed lags, market seconds.
        reconnect_needed_min: Connections that users must repair.
    """

    stages: tuple[str, ...]
    silent_after_s: float = 60.0
    symbol_silent_after_s: float = 1800.0
    delayed_s: float = 0.0
    reconnect_needed_min: int = 1


class Hours(Enum):
    """When a check is made."""

    ALWAYS = "always"
    MARKET = "regular session"
    STREAM = "regular session; crypto always"
    """While the instruments of the stream in question trade."""


class Finding(NamedTuple):
    """Something that is wrong now."""

    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of alert.

    Attributes:
        after_s: How long it must be found before the alert fires, wall seconds.
        find: Returns what is wrong; None when that cannot be known now, and alerts stay as they are.
    """

    name: str
    severity: Severity
    hours: Hours
    after_s: float
    find: Callable[[Overview, Limits], Iterable[Finding] | None]


def _redis_down(seen: Overview, _limits: Limits) -> Iterable[Finding]:
    if seen.live is None:
        yield Finding("", "Redis does not answer: prices and values stand still.")


def _database_down(seen: Overview, _limits: Limits) -> Iterable[Finding]:
    if seen.stored is None:
        yield Finding("", "Postgres does not answer: nothing is synced, and nobody new can sign in.")


def _collector_down(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    if seen.live is None:
        return None
    return [] if seen.live.feed is not None else [Finding("", "No collector holds the market streams.")]


def _stage_down(seen: Overview, limits: Limits) -> Iterable[Finding] | None:
    if seen.live is None:
        return None
    alive = {beat.stage for beat in seen.live.heartbeats}
    wanted = [stage for stage in limits.stages if stage not in {"symbol_collector", "monitor"}]
    return [Finding(stage, f"No process of the stage {stage} is alive.") for stage in wanted if stage not in alive]


def _stage_unwell(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    if seen.live is None or seen.stored is None:
        return None
    unwell = {
        beat.stage: Finding(beat.stage, f"{beat.stage}: {beat.problem}")
        for beat in seen.live.heartbeats
        if not beat.healthy and beat.stage != "symbol_collector"
    }
    return unwell.values()


def _feed_disconnected(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    return _of_streams(seen, _disconnected)


def _disconnected(stream: StreamReport) -> str | None:
    if stream.connected:
        return None
    return f"The {stream.stream} stream is not connected: {stream.refusal or 'it reconnects without success'}."


def _feed_silent(seen: Overview, limits: Limits) -> Iterable[Finding] | None:
    return _of_streams(seen, lambda stream: _silent(stream, seen, limits))


def _silent(stream: StreamReport, seen: Overview, limits: Limits) -> str | None:
    """Say that a connected stream sends nothing; what it did not send before the open does not count."""
    if not stream.connected or not stream.subscribed_count:
        return None
    silent_s = stream.silent_s
    if stream.stream not in _ROUND_THE_CLOCK:
        silent_s = min(silent_s, (seen.market.open_for_s or 0.0) / seen.market.speed)
    if silent_s <= _silent_after_s(stream, limits):
        return None
    return f"The {stream.stream} stream has sent nothing for {stream.silent_s:.0f} s though its market is open."


def _feed_stale(seen: Overview, limits: Limits) -> Iterable[Finding] | None:
    return _of_streams(seen, lambda stream: _stale(stream, seen, limits))


def _stale(stream: StreamReport, seen: Overview, limits: Limits) -> str | None:
    """Say that what a stream sends is old; a silent one is told of as silent."""
    if not stream.connected or stream.price_time is None or _silent(stream, seen, limits):
        return None
    age_s = (seen.market.time - stream.price_time) / timedelta(seconds=1)
    if stream.stream is MarketStream.STOCK:
        age_s -= limits.delayed_s
    if stream.stream not in _ROUND_THE_CLOCK:
        age_s = min(age_s, seen.market.open_for_s or 0.0)
    if age_s <= max(_STALE_AFTER_S[stream.stream], limits.symbol_silent_after_s / max(stream.subscribed_count, 1)):
        return None
    return f"The newest price on the {stream.stream} stream is of {stream.price_time:%H:%M:%S} UTC, {age_s:.0f} s ago."


def _calculator_behind(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    if seen.live is None or seen.live.unread_s is None:
        return None
    if seen.live.unread_s <= _BEHIND_AFTER_S:
        return []
    return [Finding("", f"A calculator has not read the prices of the last {seen.live.unread_s:.0f} s.")]


def _sync_overdue(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    return _of_work(seen, _overdue)


def _overdue(work: Work) -> Iterator[Finding]:
    late = work.overdue
    if late.users_count and late.oldest_at is not None:
        yield Finding(
            "",
            f"{late.users_count} users see holdings that are overdue, in {late.accounts_count} accounts; "
            f"the oldest are of {late.oldest_at:%Y-%m-%d %H:%M} UTC.",
        )


def _sync_failing(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    return _of_work(seen, lambda work: [
        Finding(product, f"No refresh of {product} has succeeded since {since:%Y-%m-%d %H:%M} UTC.")
        for product, since in work.failing
    ])  # fmt: skip


def _keys_refused(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    if seen.stored is None:
        return None
    return [
        Finding(provider, f"{provider} refuses our own keys: nothing is read through it until the settings are right.")
        for provider in seen.stored.work.keys_refused
    ]


def _jobs_dead(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    return _of_work(seen, lambda work: [
        Finding("", f"{work.jobs_dead} refreshes were given up and have not succeeded since.")
    ] if work.jobs_dead else [])  # fmt: skip


def _webhooks_failing(seen: Overview, _limits: Limits) -> Iterable[Finding] | None:
    return _of_work(seen, lambda work: [
        Finding(provider, f"{count} webhooks of {provider} could not be carried out in the last hour.")
        for provider, count in work.webhooks_dead
    ])  # fmt: skip


def _reconnect_needed(seen: Overview, limits: Limits) -> Iterable[Finding] | None:
    return _of_work(seen, lambda work: [
        Finding("", f"{work.reconnect_needed} connections must be repaired by their users.")
    ] if work.reconnect_needed >= limits.reconnect_needed_min else [])  # fmt: skip


CHECKS = (
    Check("redis_down", Severity.CRITICAL, Hours.ALWAYS, 5, _redis_down),
    Check("database_down", Severity.CRITICAL, Hours.ALWAYS, 5, _database_down),
    Check("collector_down", Severity.CRITICAL, Hours.ALWAYS, 15, _collector_down),
    Check("stage_down", Severity.CRITICAL, Hours.ALWAYS, 15, _stage_down),
    Check("stage_unwell", Severity.WARNING, Hours.ALWAYS, 60, _stage_unwell),
    Check("feed_disconnected", Severity.CRITICAL, Hours.STREAM, 30, _feed_disconnected),
    Check("feed_silent", Severity.CRITICAL, Hours.STREAM, 5, _feed_silent),
    Check("feed_stale", Severity.CRITICAL, Hours.STREAM, 5, _feed_stale),
    Check("calculator_behind", Severity.CRITICAL, Hours.ALWAYS, 5, _calculator_behind),
    Check("sync_overdue", Severity.WARNING, Hours.MARKET, 900, _sync_overdue),
    Check("sync_failing", Severity.WARNING, Hours.MARKET, 60, _sync_failing),
    Check("keys_refused", Severity.CRITICAL, Hours.ALWAYS, 0, _keys_refused),
    Check("jobs_dead", Severity.WARNING, Hours.MARKET, 60, _jobs_dead),
    Check("webhooks_failing", Severity.WARNING, Hours.ALWAYS, 60, _webhooks_failing),
    Check("reconnect_needed", Severity.INFO, Hours.MARKET, 60, _reconnect_needed),
)


def findings_of(check: Check, seen: Overview, limits: Limits) -> tuple[Finding, ...] | None:
    """Return what a check finds; None when it cannot know. Outside its hours nothing is wrong."""
    if check.hours is Hours.MARKET and seen.market.session is not MarketSession.REGULAR:
        return ()
    found = check.find(seen, limits)
    return None if found is None else tuple(found)


def _of_streams(seen: Overview, say: Callable[[StreamReport], str | None]) -> Iterable[Finding] | None:
    """Look at the streams whose market is open; without a collector nothing is known of them."""
    if seen.live is None or seen.live.feed is None:
        return None
    is_open = seen.market.session is MarketSession.REGULAR
    streams = [each for each in seen.live.feed.streams if is_open or each.stream in _ROUND_THE_CLOCK]
    return [Finding(each.stream.value, said) for each in streams if (said := say(each)) is not None]


def _of_work(seen: Overview, find: Callable[[Work], Iterable[Finding]]) -> Iterable[Finding] | None:
    return None if seen.stored is None else find(seen.stored.work)


def _silent_after_s(stream: StreamReport, limits: Limits) -> float:
    """Return how long a stream may be silent: the fewer symbols it carries, the longer."""
    thin_s = limits.symbol_silent_after_s / stream.subscribed_count
    if stream.stream is MarketStream.STOCK:
        return max(limits.silent_after_s, thin_s)
    return max(limits.silent_after_s, thin_s, _STALE_AFTER_S[stream.stream])
