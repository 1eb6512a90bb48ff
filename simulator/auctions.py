"""The opening and closing auctions: one print per listed security, and the listing exchange's official price."""

import math
from collections.abc import Iterator

from simulator.conditions import REGULAR
from simulator.events import Due, Trade
from simulator.price_paths import PricePaths
from simulator.random_trades import trade_id
from simulator.sessions import TradingDay

_PRIMARY = {"A": "N", "B": "P", "C": "Q"}
_PRINT_DELAY_US = 50_000
_BETWEEN_PRINTS_US = 1_000
_OPENING_VOLUME_SHARE, _CLOSING_VOLUME_SHARE = 0.01, 0.08


def auction_prints(paths: PricePaths, day: TradingDay, start_ns: int, end_ns: int) -> Iterator[Due]:
    """Yield the auction prints of a slot: O and official Q after the open, 6 and official M after the close.

    The closing print is the day's official close, which is tomorrow's previous close.
    """
    if start_ns <= day.open_ns < end_ns:
        yield from _prints(paths, day, day.open_ns, "O", "Q")
    if start_ns <= day.close_ns < end_ns:
        yield from _prints(paths, day, day.close_ns, "6", "M")


def _prints(paths: PricePaths, day: TradingDay, at_ns: int, letter: str, official: str) -> Iterator[Due]:
    share = _OPENING_VOLUME_SHARE if letter == "O" else _CLOSING_VOLUME_SHARE
    for column, security in enumerate(paths.securities):
        at_us = at_ns // 1000 + _PRINT_DELAY_US + 2 * column * _BETWEEN_PRINTS_US
        price = paths.close(security.symbol, day.date) if letter == "6" else paths.bar(security.symbol, day.date).open
        size = max(100, math.floor(security.daily_volume * share))
        tape = security.tape
        for conditions, print_us in (
            ((REGULAR[tape], letter), at_us),
            ((REGULAR[tape], official), at_us + _BETWEEN_PRINTS_US),
        ):
            venue, time_ns = _PRIMARY[tape], print_us * 1000
            trade = Trade(security.symbol, time_ns, trade_id(tape, print_us), price, size, venue, conditions, tape)
            yield Due(trade.time_ns, trade)
