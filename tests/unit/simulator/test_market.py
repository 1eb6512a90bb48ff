"""The generated market: deterministic, plausible, and with the trades that a collector must not take for prices."""

import itertools
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from simulator.catalog import SECURITIES
from simulator.clock import SECOND_NS, parse_ns
from simulator.conditions import moves
from simulator.events import Cancel, Correction, Event, PriceBand, Quote, Trade
from simulator.market import GeneratedMarket, slot_ns
from simulator.sessions import Sessions, load_sessions

ORIGIN = parse_ns("2026-11-20T15:00:00Z")


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return load_sessions(ORIGIN)


def _market(sessions: Sessions, seed: int = 7, origin_ns: int = ORIGIN, rate: float = 100.0) -> GeneratedMarket:
    return GeneratedMarket(SECURITIES, sessions, origin_ns, seed, rate=rate)


def _events(sessions: Sessions, start: str, seconds: int, **options: float) -> list[Event]:
    start_ns = parse_ns(start)
    return _market(sessions, origin_ns=start_ns, **options).until(start_ns + seconds * SECOND_NS)  # type: ignore[arg-type]


def _trades(events: list[Event]) -> list[Trade]:
    return [event for event in events if isinstance(event, Trade)]


def test_the_same_seed_gives_the_same_events_however_they_are_asked_for(sessions: Sessions) -> None:
    at_once = _market(sessions).until(ORIGIN + 30 * SECOND_NS)
    market, piecemeal = _market(sessions), []
    for step in range(1, 301):
        piecemeal += market.until(ORIGIN + step * SECOND_NS // 10)
    assert piecemeal == at_once
    assert _market(sessions, seed=8).until(ORIGIN + 30 * SECOND_NS) != at_once


def test_a_market_that_starts_later_the_same_day_sees_the_same_trades(sessions: Sessions) -> None:
    early, late = _market(sessions), _market(sessions)
    early.until(ORIGIN + 20 * SECOND_NS)
    late.skip_to(ORIGIN + 20 * SECOND_NS)
    upcoming = set(_trades(early.until(ORIGIN + 30 * SECOND_NS)))
    assert set(_trades(late.until(ORIGIN + 30 * SECOND_NS))) <= upcoming


def test_most_trades_are_odd_lots_and_a_few_must_not_set_a_price(sessions: Sessions) -> None:
    trades = [trade for trade in _trades(_events(sessions, "2026-11-20T15:00:00Z", 120)) if trade.tape]
    odd_lots = sum("I" in trade.conditions for trade in trades)
    assert odd_lots / len(trades) > 0.5
    assert all(("I" in trade.conditions) == (trade.size < 100) for trade in trades)
    others = [trade for trade in trades if "I" not in trade.conditions and not moves(trade.conditions, trade.tape).last]
    assert 0 < len(others) < len(trades) / 20


def test_corrections_and_cancels_refer_to_trades_sent_before_them(sessions: Sessions) -> None:
    sent: set[tuple[str, int]] = set()
    kinds: Counter[type[Event]] = Counter()
    for event in _events(sessions, "2026-11-20T15:00:00Z", 60, rate=2_000):
        kinds[type(event)] += 1
        match event:
            case Trade():
                sent.add((event.symbol, event.id))
            case Correction(original, corrected):
                assert (original.symbol, original.id) in sent
                assert (corrected.symbol, corrected.time_ns) == (original.symbol, original.time_ns)
            case Cancel(trade):
                assert (trade.symbol, trade.id) in sent
            case _:
                pytest.fail(f"unexpected {event}")
    assert kinds[Correction] > 3
    assert kinds[Cancel] > 3


def test_a_few_trades_arrive_late_and_ids_are_unique(sessions: Sessions) -> None:
    trades = [trade for trade in _trades(_events(sessions, "2026-11-20T15:00:00Z", 60)) if trade.tape in {"B", "C"}]
    backwards = sum(later.time_ns < earlier.time_ns for earlier, later in itertools.pairwise(trades))
    assert 0 < backwards < len(trades) / 50
    assert len({(trade.symbol, trade.id) for trade in trades}) == len(trades)


def test_trades_before_the_open_and_after_the_close_are_marked(sessions: Sessions) -> None:
    pre = [trade for trade in _trades(_events(sessions, "2026-11-20T14:00:00Z", 600)) if trade.tape and trade.symbol]
    stocks = [trade for trade in pre if trade.symbol != "FAKEPACA"]
    assert stocks
    assert all("T" in trade.conditions for trade in stocks)


def test_on_a_weekend_only_what_never_closes_trades(sessions: Sessions) -> None:
    symbols = {trade.symbol for trade in _trades(_events(sessions, "2026-11-21T15:00:00Z", 60))}
    assert symbols == {"BTC/USD", "ETH/USD", "FAKEPACA"}


def test_the_close_has_an_auction_whose_price_is_the_official_close(sessions: Sessions) -> None:
    start_ns = parse_ns("2026-11-20T20:59:58Z")
    market = _market(sessions, origin_ns=start_ns)
    trades = [trade for trade in _trades(market.until(start_ns + 5 * SECOND_NS)) if trade.symbol == "AAPL"]
    [closing] = [trade for trade in trades if "6" in trade.conditions]
    [official] = [trade for trade in trades if "M" in trade.conditions]
    assert closing.price == official.price == market.stock_paths.close("AAPL", sessions.current(start_ns).date)
    assert closing.time_ns > sessions.current(start_ns).close_ns


def test_prices_stay_near_the_path_and_are_whole_cents_on_exchanges(sessions: Sessions) -> None:
    market = _market(sessions)
    for trade in _trades(market.until(ORIGIN + 30 * SECOND_NS)):
        if trade.tape and trade.exchange != "D" and moves(trade.conditions, trade.tape).last:
            assert trade.price == round(trade.price, 2)
            assert trade.price == pytest.approx(market.middle(trade.symbol, trade.time_ns), rel=0.004)


def test_tapes_have_their_own_letter_of_a_regular_sale(sessions: Sessions) -> None:
    for trade in _trades(_events(sessions, "2026-11-20T15:00:00Z", 20)):
        if trade.tape:
            assert trade.conditions[0] == ("@" if trade.tape == "C" else " ")


def test_quotes_come_only_for_the_symbols_asked_for(sessions: Sessions) -> None:
    market = _market(sessions)
    market.quoted = frozenset({"AAPL", "BTC/USD", "AAPL280121C00250000"})
    quotes = [event for event in market.until(ORIGIN + 60 * SECOND_NS) if isinstance(event, Quote)]
    assert {quote.symbol for quote in quotes} == market.quoted
    assert all(quote.bid < quote.ask for quote in quotes)


def test_price_bands_come_every_half_minute_for_the_symbols_asked_for(sessions: Sessions) -> None:
    market = _market(sessions)
    market.banded = frozenset({"AAPL", "BTC/USD"})
    bands = [event for event in market.until(ORIGIN + 60 * SECOND_NS) if isinstance(event, PriceBand)]
    assert [(band.symbol, (band.time_ns - ORIGIN) // SECOND_NS) for band in bands] == [("AAPL", 0), ("AAPL", 30)]
    assert all(band.limit_down < market.middle("AAPL", band.time_ns) < band.limit_up for band in bands)


def test_options_follow_their_underlying(sessions: Sessions) -> None:
    market, option = _market(sessions), "AAPL280121C00250000"
    before = market.middle(option, ORIGIN)
    market.move_to("AAPL", market.middle("AAPL", ORIGIN) * 1.05, ORIGIN)
    assert market.middle(option, ORIGIN) > before * 1.1


def test_a_moved_price_stays_moved(sessions: Sessions) -> None:
    market = _market(sessions)
    market.move_to("IBM", 150.0, ORIGIN)
    assert market.middle("IBM", ORIGIN) == pytest.approx(150.0)
    assert market.middle("IBM", ORIGIN + 600 * SECOND_NS) == pytest.approx(150.0, rel=0.02)


@dataclass
class _Rated:
    rate: float
    speed: float


@pytest.mark.parametrize("rated", [_Rated(100, 1), _Rated(50_000, 1), _Rated(100, 60), _Rated(100, 3600)])
def test_slots_divide_a_minute_and_stay_small(rated: _Rated) -> None:
    span_ns = slot_ns(rated.rate, rated.speed)
    assert 60 * SECOND_NS % span_ns == 0
    assert rated.rate / rated.speed * span_ns / SECOND_NS <= 1_000


def test_the_rate_is_that_of_the_wire_at_any_speed(sessions: Sessions) -> None:
    slow = _market(sessions, origin_ns=parse_ns("2026-11-20T17:00:00Z"))
    fast = GeneratedMarket(SECURITIES, sessions, parse_ns("2026-11-20T17:00:00Z"), 7, rate=100, speed=60)
    noon = parse_ns("2026-11-20T17:00:00Z")
    in_a_minute = len(slow.until(noon + 60 * SECOND_NS))
    in_an_hour = len(fast.until(noon + 3600 * SECOND_NS))
    assert np.isclose(in_a_minute, in_an_hour, rtol=0.2)
