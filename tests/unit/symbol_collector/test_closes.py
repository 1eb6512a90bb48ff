"""Requests that one malformed symbol would fail as a whole."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import BadRequest, RetryLater
from symbol_collector.closes import fetch_apart


class Rest:
    """Refuses a request that holds a malformed symbol, as Alpaca does; keeps count."""

    def __init__(self, malformed: set[str]) -> None:
        self.malformed = malformed
        self.calls_count = 0

    async def fetch(self, symbols: Sequence[str]) -> dict[str, int]:
        self.calls_count += 1
        if self.malformed.intersection(symbols):
            raise BadRequest("invalid_symbols", "no")
        return {symbol: len(symbol) for symbol in symbols if symbol != "UNKNOWN"}


async def test_one_request_suffices_for_good_symbols() -> None:
    rest = Rest(set())
    assert await fetch_apart(rest.fetch, ["A", "BB", "UNKNOWN"]) == {"A": 1, "BB": 2}
    assert rest.calls_count == 1


async def test_a_malformed_symbol_costs_a_few_requests_and_nobody_else_s_answer() -> None:
    rest = Rest({"BRK-B"})
    symbols = [f"S{number}" for number in range(199)] + ["BRK-B"]
    assert set(await fetch_apart(rest.fetch, symbols)) == set(symbols) - {"BRK-B"}
    assert rest.calls_count <= 17


async def test_nothing_is_not_asked_for() -> None:
    rest = Rest(set())
    assert await fetch_apart(rest.fetch, []) == {}
    assert rest.calls_count == 0


async def test_an_outage_is_not_taken_for_a_malformed_symbol() -> None:
    async def fetch(symbols: Sequence[str]) -> dict[str, int]:
        raise RetryLater("down")

    with pytest.raises(RetryLater):
        await fetch_apart(fetch, ["A", "B"])


@given(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
async def test_malformed_symbols_cost_no_other_wherever_they_stand(good: set[int], bad: set[int]) -> None:
    names, malformed = {f"good{number}" for number in good}, {f"bad{number}" for number in bad}
    asked = sorted(names | malformed, key=lambda name: name[::-1])
    assert set(await fetch_apart(Rest(malformed).fetch, asked)) == names
