"""Asking REST for many symbols at once."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import BadRequest
from symbol_collector.closes import fetch_apart


@given(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
async def test_malformed_symbols_cost_no_other(good: set[int], bad: set[int]) -> None:
    """Alpaca refuses a whole batch for one of them."""

    async def fetch(symbols: Sequence[str]) -> Mapping[str, str]:
        if any(symbol.startswith("bad") for symbol in symbols):
            raise BadRequest("invalid_symbols", "refused")
        return {symbol: symbol for symbol in symbols}

    names = [f"good{number}" for number in good]
    asked = sorted([*names, *(f"bad{number}" for number in bad)], key=lambda name: name[::-1])
    assert set(await fetch_apart(fetch, asked)) == set(names)
