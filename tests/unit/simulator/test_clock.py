"""Market time as a mapping of wall time."""

import pytest

from simulator.clock import MarketTime, market_time, parse_ns, rfc3339

_ORIGIN = parse_ns("2013-10-08T13:30:00Z")


def test_market_time_runs_at_its_speed_from_its_origin() -> None:
    mapping = MarketTime(_ORIGIN, 1_000, speed=60)
    assert mapping.at(1_000) == _ORIGIN
    assert rfc3339(mapping.at(1_000 + 1_000_000_000)) == "2013-10-08T13:31:00Z"
    assert mapping.wall_seconds(60_000_000_000) == 1


def test_the_service_and_the_simulator_read_the_same_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVSTREAM_MARKET_ORIGIN", "2013-10-08T13:30:00+00:00")
    monkeypatch.setenv("NAVSTREAM_WALL_ORIGIN", "2026-11-20T12:00:00.5Z")
    monkeypatch.setenv("NAVSTREAM_MARKET_SPEED", "30")
    assert market_time() == MarketTime(_ORIGIN, parse_ns("2026-11-20T12:00:00.5Z"), 30)
    assert market_time(speed=2).speed == 2


def test_without_a_mapping_market_time_is_wall_time() -> None:
    mapping = market_time()
    in_an_hour = mapping.wall_origin_ns + 3600 * 1_000_000_000
    assert mapping.at(in_an_hour) == in_an_hour
    assert market_time(unset_origin_ns=_ORIGIN).market_origin_ns == _ORIGIN


def test_a_time_without_a_zone_or_a_speed_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        parse_ns("2026-11-20T12:00:00")
    with pytest.raises(ValueError, match="above zero"):
        market_time(speed=0)


def test_times_are_spelled_with_as_many_decimals_as_needed() -> None:
    assert rfc3339(_ORIGIN + 120_000_000) == "2013-10-08T13:30:00.12Z"
    assert rfc3339(_ORIGIN + 1) == "2013-10-08T13:30:00.000000001Z"
