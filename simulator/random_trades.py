"""Trades of one short slot of market time, drawn at random around the price paths (pure).

Most are odd lots. A few carry conditions that must not set a price, and a price that shows when one did; a few arrive
late, and a few are corrected or cancelled seconds afterwards.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.clock import SECOND_NS
from simulator.conditions import CTA_TAPES, EXTENDED_HOURS, ODD_LOT, REGULAR, ROUND_LOT
from simulator.events import Cancel, Correction, Due, Quote, Trade
from simulator.price_paths import PricePaths
from simulator.volume_curve import Floats

ODD_LOT_SHARE = 0.62
SWEEP_SHARE = 0.35
OFF_EXCHANGE_SHARE = 0.42
NEVER_SETS_PRICE_SHARE = 0.02
LATE_SHARE = 0.003
WITHDRAWN_SHARE = 0.0006
"""Half of these are corrected, half cancelled."""

CTA_ID_BASE = 52_983_525_000_000
_CORRECTED_ID_STEP = 100_000_000_000
_VENUES = {"A": "NPKZVJY", "B": "PKZVQNB", "C": "QPKZVBJ"}
_NEVER_SETS_PRICE = {"A": "B4ZHVPNC7", "C": "W4ZHVPNC7"}


@dataclass(frozen=True, slots=True)
class Slot:
    """Where and how many: `n` trades at strictly increasing microseconds `at_us` of the minute."""

    minute_ns: int
    at_us: npt.NDArray[np.int64]
    columns: npt.NDArray[np.intp]
    extended_hours: bool


def draw_slot(
    rng: np.random.Generator, start_ns: int, span_ns: int, weights: Floats, mean_count: float, *, extended_hours: bool
) -> Slot:
    """Draw how many trades happen in a slot within one minute, when, and of which columns.

    `weights` are the cumulative shares of the columns; the last is 1.
    """
    span_us = span_ns // 1000
    count = min(int(rng.poisson(mean_count)), span_us // 2)
    minute_ns = start_ns - start_ns % (60 * SECOND_NS)
    offsets = np.sort(rng.integers(0, span_us - count, count)) + np.arange(count)
    columns = np.searchsorted(weights, rng.random(count), side="right").astype(np.intp)
    return Slot(minute_ns, (start_ns - minute_ns) // 1000 + offsets, columns, extended_hours)


def middle_prices(slot: Slot, paths: PricePaths) -> Floats:
    """Return the price path's value at each trade."""
    levels = paths.minute(slot.minute_ns)
    second, rest = np.divmod(slot.at_us, 1_000_000)
    before, after = levels[second, slot.columns], levels[second + 1, slot.columns]
    result: Floats = np.exp(before + (after - before) * (rest / 1e6))
    return result


def half_spreads(prices: Floats, spread_bps: Floats) -> Floats:
    """Return half the spread at each price, at least half a cent."""
    result: Floats = np.maximum(0.005, prices * spread_bps * 5e-5)
    return result


def draw_sizes(rng: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
    """Return trade sizes in shares: mostly odd lots, the rest round lots with a few mixed ones."""
    odd = np.minimum(99, np.ceil(rng.lognormal(2.2, 1.4, count)))
    lots = np.minimum(200, np.ceil(rng.lognormal(0.1, 1.0, count))) * ROUND_LOT
    mixed = lots + np.floor(rng.random(count) * ROUND_LOT) * (rng.random(count) < 0.2)
    sizes = np.where(rng.random(count) < ODD_LOT_SHARE, odd, mixed)
    return sizes.astype(np.int64)


def conditions_of(tape: str, *, sweep: bool, extended_hours: bool, odd_lot: bool) -> tuple[str, ...]:
    """Return the letters of an ordinary trade in the order the tapes send them."""
    return (
        REGULAR[tape],
        *(("F",) if sweep else ()),
        *((EXTENDED_HOURS,) if extended_hours else ()),
        *((ODD_LOT,) if odd_lot else ()),
    )


_CONDITIONS = {
    (tape, sweep, extended, odd): conditions_of(tape, sweep=sweep, extended_hours=extended, odd_lot=odd)
    for tape in "ABC"
    for sweep in (False, True)
    for extended in (False, True)
    for odd in (False, True)
}


def trade_id(tape: str, time_us: int) -> int:
    """Return an id that is unique within a day: by microsecond, in the range its tape uses."""
    of_day = time_us % 86_400_000_000
    return CTA_ID_BASE + of_day if tape in CTA_TAPES else of_day


class StockTrades:
    """Turns slots into trades, and the rare ones into their corrections and cancels."""

    def __init__(self, paths: PricePaths, spread_bps: Floats) -> None:
        self._paths = paths
        self._spread_bps = spread_bps
        self._symbols = [security.symbol for security in paths.securities]
        self._tapes = [security.tape for security in paths.securities]

    def draw(self, rng: np.random.Generator, slot: Slot, quoted: frozenset[str]) -> list[Due]:
        """Return the slot's events in no particular order; quotes only of the symbols in `quoted`."""
        count = len(slot.at_us)
        middles = middle_prices(slot, self._paths)
        halves = half_spreads(middles, self._spread_bps[slot.columns])
        sides = rng.integers(0, 2, count) * 2 - 1
        off_exchange = rng.random(count) < OFF_EXCHANGE_SHARE
        improved = off_exchange & (rng.random(count) < 0.4)
        prices = np.where(
            improved,
            np.round(middles + sides * halves * rng.random(count), 4),
            np.round(middles + sides * halves, 2),
        )
        sizes = draw_sizes(rng, count)
        sweeps = ~off_exchange & (rng.random(count) < SWEEP_SHARE)
        venue, fate = rng.integers(0, 7, count), rng.random(count)
        base_us = slot.minute_ns // 1000
        events: list[Due] = []
        for at, column, price, size, dark, sweep, place, chance in zip(
            (slot.at_us + base_us).tolist(), slot.columns.tolist(), np.maximum(prices, 0.01).tolist(), sizes.tolist(),
            off_exchange.tolist(), sweeps.tolist(), venue.tolist(), fate.tolist(), strict=True,
        ):  # fmt: skip
            symbol, tape = self._symbols[column], self._tapes[column]
            trade = Trade(
                symbol, at * 1000, trade_id(tape, at), price, size, "D" if dark else _VENUES[tape][place],
                _CONDITIONS[tape, sweep, slot.extended_hours, size < ROUND_LOT], tape,
            )  # fmt: skip
            if chance < _RARE_SHARE:
                events += _rare(trade, chance, rng)
            else:
                events.append(Due(trade.time_ns, trade))
        if quoted:
            events += self._quotes(rng, slot, middles, halves, quoted)
        return events

    def _quotes(
        self, rng: np.random.Generator, slot: Slot, middles: Floats, halves: Floats, quoted: frozenset[str]
    ) -> list[Due]:
        sizes = (rng.geometric(0.25, (2, len(middles))) * ROUND_LOT).tolist()
        quotes = []
        for position, (at, column) in enumerate(zip(slot.at_us.tolist(), slot.columns.tolist(), strict=True)):
            symbol = self._symbols[column]
            if symbol in quoted:
                time_ns = slot.minute_ns + at * 1000 - 500
                bid, ask = around(middles[position], halves[position])
                tape, venues = self._tapes[column], _VENUES[self._tapes[column]]
                quote = Quote(
                    symbol, time_ns, bid, sizes[0][position], ask, sizes[1][position], venues[at % 7], venues[at % 5],
                    ("R",), tape,
                )  # fmt: skip
                quotes.append(Due(time_ns, quote))
        return quotes


_RARE_SHARE = NEVER_SETS_PRICE_SHARE + LATE_SHARE + WITHDRAWN_SHARE


def around(middle: float, half: float) -> tuple[float, float]:
    """Return bid and ask in whole cents around a price."""
    bid = max(0.01, np.floor((middle - half) * 100) / 100)
    ask = max(bid + 0.01, np.ceil((middle + half) * 100) / 100)
    return round(float(bid), 2), round(float(ask), 2)


def _rare(trade: Trade, chance: float, rng: np.random.Generator) -> list[Due]:
    """Return what becomes of one trade in forty: `chance` says which fate, `rng` the details."""
    if chance < NEVER_SETS_PRICE_SHARE:
        letters = _NEVER_SETS_PRICE["A" if trade.tape in CTA_TAPES else "C"]
        letter = letters[int(rng.integers(len(letters)))]
        away = 1 + float(rng.normal(0, 0.006))
        odd = trade._replace(price=round(trade.price * away, 4), conditions=(*trade.conditions, letter))
        return [Due(trade.time_ns, odd)]
    if chance < NEVER_SETS_PRICE_SHARE + LATE_SHARE:
        time_ns = trade.time_ns - int(rng.integers(1_000, 3_000_000)) * 1000
        late = trade._replace(time_ns=time_ns, id=trade_id(trade.tape, time_ns // 1000))
        return [Due(trade.time_ns, late)]
    later_ns = trade.time_ns + int(rng.integers(200, 8_000)) * 1_000_000
    if chance < NEVER_SETS_PRICE_SHARE + LATE_SHARE + WITHDRAWN_SHARE / 2:
        price = round(trade.price * (1 + float(rng.normal(0, 0.002))), 2)
        corrected = trade._replace(id=trade.id + _CORRECTED_ID_STEP, price=max(price, 0.01))
        return [Due(trade.time_ns, trade), Due(later_ns, Correction(trade, corrected, later_ns))]
    return [Due(trade.time_ns, trade), Due(later_ns, Cancel(trade, "C", later_ns))]
