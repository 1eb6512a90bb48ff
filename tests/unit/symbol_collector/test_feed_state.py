"""How the streams are, for a person."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from realtime.contract.messages import FeedStatus
from realtime.domain.asset_class import MarketStream
from realtime.market_hours import MarketSession
from symbol_collector.feed_state import StreamFacts, feed_state, is_silent, silent_after_s

WELL = StreamFacts(started=True, connected=True, acknowledged_count=3, missing_count=0, refusal=None, silent_s=1.0,
                   silent_after_s=30.0)  # fmt: skip
STOCK, CRYPTO = MarketStream.STOCK, MarketStream.CRYPTO


@pytest.mark.parametrize(("facts", "status", "part"), [
    (WELL, FeedStatus.LIVE, None),
    (replace(WELL, connected=False), FeedStatus.DISCONNECTED, "Stocks: disconnected; reconnecting."),
    (replace(WELL, connected=False, started=False), FeedStatus.STARTING, None),
    (replace(WELL, connected=False, started=False, refusal="no"), FeedStatus.DISCONNECTED, "Stocks: no."),
    (replace(WELL, acknowledged_count=0, missing_count=3), FeedStatus.STARTING, None),
    (replace(WELL, acknowledged_count=0, missing_count=3, refusal="no"), FeedStatus.DISCONNECTED, "Stocks: no."),
    (replace(WELL, missing_count=1, refusal="too many"), FeedStatus.LIVE, "Stocks: too many."),
])  # fmt: skip
def test_one_stream_s_state(facts: StreamFacts, status: FeedStatus, part: str | None) -> None:
    state = feed_state({STOCK: facts}, [], [], None)
    assert (state.status, state.message) == (status, part)


def test_the_worst_stream_decides() -> None:
    """One dead stream is not hidden by two living ones."""
    state = feed_state({STOCK: WELL, CRYPTO: replace(WELL, connected=False)}, [STOCK], [], None)
    assert state.status is FeedStatus.DISCONNECTED
    assert "Crypto" in (state.message or "")


def test_a_silent_stream_is_said() -> None:
    state = feed_state({STOCK: WELL}, [STOCK], [], None)
    assert state.status is FeedStatus.SILENT
    assert "no data though the market is open" in (state.message or "")


def test_with_nothing_held_nothing_is_wrong() -> None:
    state = feed_state({}, [], [], None)
    assert (state.status, state.message, state.subscribed_count) == (FeedStatus.LIVE, None, 0)


def test_counts_notes_and_the_last_trade_are_told() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    state = feed_state({STOCK: WELL, CRYPTO: WELL}, [], ["2 are polled."], at)
    assert (state.subscribed_count, state.message, state.last_trade_time) == (6, "2 are polled.", at)


@pytest.mark.parametrize("session", [MarketSession.PRE, MarketSession.POST, MarketSession.CLOSED])
def test_silence_outside_the_regular_session_is_no_alarm(session: MarketSession) -> None:
    """Coins trade always."""
    assert silent_after_s(STOCK, session, 30.0, 0) is None
    assert silent_after_s(CRYPTO, session, 30.0, 0) == 30.0


def test_every_fruitless_reconnect_doubles_the_patience() -> None:
    """A thinly traded universe does not reconnect for ever."""
    waits = [silent_after_s(STOCK, MarketSession.REGULAR, 30.0, count) for count in (0, 1, 2, 10, 2_000)]
    assert waits == [30, 60, 120, 600, 600]


def test_only_a_subscribed_connection_can_be_silent() -> None:
    quiet = replace(WELL, silent_s=31.0)
    assert is_silent(quiet)
    assert not is_silent(WELL)
    assert not is_silent(replace(quiet, connected=False))
    assert not is_silent(replace(quiet, acknowledged_count=0))
    assert not is_silent(replace(quiet, silent_after_s=None))
