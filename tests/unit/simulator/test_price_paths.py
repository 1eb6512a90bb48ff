"""Price paths: a pure function of seed, anchor and time."""

from datetime import date

import numpy as np
import pytest

from simulator.catalog import SECURITIES
from simulator.clock import MINUTE_NS, parse_ns
from simulator.price_paths import PricePaths
from simulator.sessions import Sessions, load_sessions

_NOW = parse_ns("2026-11-20T15:00:30Z")
_ANCHOR = date(2026, 11, 20)
_STOCKS = [security for security in SECURITIES if security.tape]


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return load_sessions(_NOW)


@pytest.fixture
def paths(sessions: Sessions) -> PricePaths:
    return PricePaths(_STOCKS, sessions, _ANCHOR, 7)


def test_the_close_before_the_anchor_is_the_base_price(paths: PricePaths) -> None:
    assert paths.close("AAPL", date(2026, 11, 19)) == 271.49
    assert paths.close("BRK.B", date(2026, 11, 19)) == 504.04


def test_a_later_start_finds_the_same_prices(sessions: Sessions, paths: PricePaths) -> None:
    thursday = parse_ns("2026-12-03T16:00:00Z")
    for day in ("2026-11-20", "2026-11-24", "2026-11-27"):
        paths.mid("AAPL", parse_ns(f"{day}T16:00:00Z"))
    assert PricePaths(_STOCKS, sessions, _ANCHOR, 7).mid("AAPL", thursday) == paths.mid("AAPL", thursday)


def test_prices_have_no_jumps_within_a_session(paths: PricePaths) -> None:
    levels = np.concatenate([paths.minute(_NOW + step * MINUTE_NS)[:-1] for step in range(30)])
    assert np.abs(np.diff(levels, axis=0)).max() < 0.01


def test_outside_trading_hours_the_last_price_stands(paths: PricePaths) -> None:
    saturday, sunday = parse_ns("2026-11-21T15:00:00Z"), parse_ns("2026-11-22T15:00:00Z")
    friday_end = parse_ns("2026-11-21T00:59:59Z")
    assert paths.mid("SPY", saturday) == paths.mid("SPY", sunday)
    assert paths.mid("SPY", saturday) == pytest.approx(paths.mid("SPY", friday_end), rel=1e-3)


def test_a_day_bar_grows_with_the_day(paths: PricePaths) -> None:
    part, whole = paths.bar("AAPL", _ANCHOR, _NOW), paths.bar("AAPL", _ANCHOR)
    assert part.open == whole.open
    assert part.high <= whole.high
    assert part.low >= whole.low
    assert part.volume < whole.volume
    assert whole.low <= whole.close <= whole.high


def test_stocks_move_together_and_as_much_as_they_should(sessions: Sessions, paths: PricePaths) -> None:
    days = [day.date for day in sessions.days[-520:-270]]
    closes = np.array([[paths.close(symbol, day) for symbol in ("SPY", "AAPL", "JPM", "BND")] for day in days])
    returns = np.diff(np.log(closes), axis=0)
    spy, aapl, jpm, bnd = returns.std(axis=0) * np.sqrt(252)
    assert spy == pytest.approx(0.16, rel=0.3)
    assert aapl == pytest.approx(0.26, rel=0.3)
    assert bnd < 0.1
    correlation = np.corrcoef(returns.T)
    assert correlation[0, 1] > 0.4
    assert correlation[0, 2] > 0.4
    assert jpm > spy
