"""Who gets a place on the stream when the plan has too few (pure)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from realtime.domain.asset_class import MarketStream
from realtime.domain.instrument import Instrument, InstrumentId

_KEEPS_ITS_PLACE = Decimal("1.2")
"""A newcomer must be worth this many times as much as whoever leaves for it, so that places do not flutter."""
_CURRENCY = "USD"
_WELL_FORMED = {
    MarketStream.STOCK: re.compile(r"[A-Z]{1,6}(\.[A-Z]{1,4})*"),
    MarketStream.CRYPTO: re.compile(r"[A-Z0-9]{2,10}/USD"),
    MarketStream.OPTION: re.compile(r"[A-Z]{1,6}\d{0,1}\d{6}[CP]\d{8}"),
}


@dataclass(frozen=True, slots=True)
class Allocation:
    """One stream's symbols: on the stream, and left for the poller."""

    streamed: frozenset[str]
    polled: frozenset[str]


def stream_of(instrument: Instrument) -> MarketStream | None:
    """Return the stream that prices an instrument; None for what Alpaca does not quote or cannot read.

    Alpaca quotes in dollars: an instrument in another currency must not get such a price.
    """
    stream = instrument.stream
    if stream is None or instrument.currency != _CURRENCY:
        return None
    return stream if _WELL_FORMED[stream].fullmatch(instrument.symbol) else None


def allocate(
    instruments: Iterable[Instrument],
    symbols_max: int | None,
    values: Mapping[InstrumentId, Decimal],
    streamed_now: frozenset[str],
    watched: Mapping[InstrumentId, Decimal] | None = None,
) -> Allocation:
    """Give the places of one stream to what somebody looks at, then to the rest, each by value.

    Args:
        instruments: Who would like a place.
        symbols_max: Places; None for no limit.
        values: Value held of each over all accounts, signs dropped; unknown counts as nothing.
        streamed_now: Who has a place; kept unless somebody else is worth clearly more.
        watched: Value held of each by those who look at theirs now.
    """
    candidates = list(instruments)
    symbols = frozenset(instrument.symbol for instrument in candidates)
    if symbols_max is None or len(symbols) <= symbols_max:
        return Allocation(symbols, frozenset())

    def claim(instrument: Instrument) -> tuple[bool, Decimal, str]:
        seen = (watched or {}).get(instrument.id)
        value = values.get(instrument.id, Decimal(0)) if seen is None else seen
        held_on = value * _KEEPS_ITS_PLACE if instrument.symbol in streamed_now else value
        return seen is None, -held_on, instrument.symbol

    ranked = [instrument.symbol for instrument in sorted(candidates, key=claim)]
    return Allocation(frozenset(ranked[:symbols_max]), frozenset(ranked[symbols_max:]))


def tighter(limit: int | None, other: int | None) -> int | None:
    """Return the smaller of two limits; None is no limit."""
    return min((each for each in (limit, other) if each is not None), default=None)


def currencies(instruments: Iterable[Instrument]) -> dict[str, Instrument]:
    """Return the currency instruments (CUR:XXX) that need an exchange rate, by currency."""
    return {
        instrument.currency: instrument
        for instrument in instruments
        if instrument.symbol == f"CUR:{instrument.currency}" and instrument.currency != _CURRENCY
    }
