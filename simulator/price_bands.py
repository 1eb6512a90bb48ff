"""Limit-up limit-down bands, republished every half minute of the regular session (pure)."""

from collections.abc import Iterable, Iterator

from simulator.clock import SECOND_NS
from simulator.events import Due, PriceBand
from simulator.price_paths import PricePaths

_EVERY_NS = 30 * SECOND_NS
_WIDTH = 0.05
"""Tier 1 securities above three dollars: five percent around the reference price."""


def price_bands(paths: PricePaths, symbols: Iterable[str], start_ns: int, end_ns: int) -> Iterator[Due]:
    """Yield the bands that are published in a slot."""
    at_ns = -(-start_ns // _EVERY_NS) * _EVERY_NS
    while at_ns < end_ns:
        for symbol in symbols:
            column = paths.columns.get(symbol)
            if column is not None:
                reference = paths.mid(symbol, at_ns)
                up, down = round(reference * (1 + _WIDTH), 2), round(reference * (1 - _WIDTH), 2)
                yield Due(at_ns, PriceBand(symbol, at_ns, up, down, "B", paths.securities[column].tape))
        at_ns += _EVERY_NS
