"""The REST budget."""

from symbol_collector.poller import CALLS_PER_MINUTE, chunks, round_s


def test_few_requests_are_polled_every_five_seconds() -> None:
    assert round_s(1, market_open=True) == 5.0


def test_many_requests_stay_within_the_budget() -> None:
    """However many symbols are polled."""
    for requests_count in (1, 10, 100, 1_000):
        for market_open in (True, False):
            assert requests_count / round_s(requests_count, market_open=market_open) * 60 <= CALLS_PER_MINUTE


def test_a_closed_market_is_polled_once_a_minute() -> None:
    assert round_s(1, market_open=False) == 60.0


def test_symbols_go_in_requests_of_a_bounded_size() -> None:
    symbols = frozenset(f"S{number:03}" for number in range(450))
    parts = chunks(symbols, 200)
    assert [len(part) for part in parts] == [200, 200, 50]
    assert {symbol for part in parts for symbol in part} == symbols
    assert chunks(frozenset(), 200) == []
