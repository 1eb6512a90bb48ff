"""The mark of each instrument: which price values it now, where that comes from, and whether it is stale (pure).

The ladder: the board's price (trade, quote, bar, poll), unless the official close of the session before the current
trading day is newer; without one the newer of that close and the provider's own price. Cash is 1 in its own currency.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from calculator.fx import Rates
from calculator.moment import Moment
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import LIVE_SOURCES, Price, PriceSource, supersedes

_CASH_PREFIX = "CUR:"
_CLASSES = list(AssetClass)
_CLASS_CODE = {asset_class: code for code, asset_class in enumerate(_CLASSES)}
_CAPACITY = 64
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Mark:
    """The price chosen to value an instrument.

    Attributes:
        live: The market itself made it, and it is not stale.
        estimated: A previous close or the provider's own price.
        previous_close: Only when it is the base of the day change.
    """

    price: Decimal | None
    time: datetime | None
    source: PriceSource | None
    stale: bool
    live: bool
    estimated: bool
    previous_close: Decimal | None
    previous_close_date: date | None


@dataclass(frozen=True, slots=True)
class ProviderMark:
    """The newest price that a provider gave for an instrument."""

    price: Decimal
    time: datetime


_UNPRICED = Mark(None, None, None, False, False, False, None, None)
_CASH = Mark(Decimal(1), None, None, False, False, False, None, None)


def choose_mark(instrument: Instrument, price: Price | None, provider: ProviderMark | None, moment: Moment) -> Mark:
    """Return the instrument's mark at a moment."""
    if instrument.asset_class is AssetClass.CASH:
        return _CASH
    close, close_date, close_time = _previous_close(instrument, price, moment)
    valid = close_date is not None and moment.is_previous_close(instrument.asset_class, close_date)
    chosen = _observed(price, close_time if valid else None) or _estimate(close, close_time, provider)
    known, known_date = (close, close_date) if valid else (None, None)
    if chosen is None:
        return Mark(None, None, None, False, False, False, known, known_date)
    time, amount, source = chosen
    stale = instrument.stream is not None and time < moment.fresh_from(instrument.asset_class)
    observed = source in LIVE_SOURCES
    return Mark(amount, time, source, stale, observed and not stale, not observed, known, known_date)


def _previous_close(
    instrument: Instrument, price: Price | None, moment: Moment
) -> tuple[Decimal | None, date | None, datetime | None]:
    if price is None or price.previous_close is None or price.previous_close_date is None:
        return None, None, None
    close_time = moment.close_time(instrument.asset_class, price.previous_close_date)
    return price.previous_close, price.previous_close_date, close_time


_Chosen = tuple[datetime, Decimal, PriceSource]


def _observed(price: Price | None, close_time: datetime | None) -> _Chosen | None:
    if price is None or price.price is None or price.time is None:
        return None
    return None if close_time is not None and price.time < close_time else (price.time, price.price, price.source)


def _estimate(close: Decimal | None, close_time: datetime | None, provider: ProviderMark | None) -> _Chosen | None:
    if close is not None and close_time is not None and (provider is None or provider.time <= close_time):
        return close_time, close, PriceSource.PREVIOUS_CLOSE
    return None if provider is None else (provider.time, provider.price, PriceSource.PROVIDER)


@dataclass(slots=True)
class Moved:
    """What changed: columns whose mark is another, currencies whose dollar rate is."""

    columns: set[int] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)

    def add(self, other: "Moved") -> None:
        """Take in what else changed."""
        self.columns |= other.columns
        self.currencies |= other.currencies


class Marks:
    """Marks of all known instruments; each instrument has a place, its column."""

    def __init__(self, rates: Rates, moment: Moment) -> None:
        self.rates = rates
        self.moment = moment
        self.column_of: dict[InstrumentId, int] = {}
        self.instruments: list[Instrument] = []
        self.marks: list[Mark] = []
        self._prices: dict[InstrumentId, Price] = {}
        self._doubted: set[InstrumentId] = set()
        self._provider: dict[InstrumentId, ProviderMark] = {}
        self._currency_of: dict[InstrumentId, str] = {}
        self._time_s = np.full(_CAPACITY, np.inf)
        self._stale = np.zeros(_CAPACITY, np.bool_)
        self._class = np.zeros(_CAPACITY, np.int8)
        self._streamed = np.zeros(_CAPACITY, np.bool_)

    def add(self, instruments: Iterable[Instrument]) -> Moved:
        """Give each new instrument a column; take over what changed about known ones."""
        moved = Moved()
        for instrument in instruments:
            column = self.column_of.setdefault(instrument.id, len(self.instruments))
            if column == len(self.instruments):
                self._append(instrument)
            elif self.instruments[column] == instrument:
                continue
            self.instruments[column] = instrument
            self._describe(column, moved)
            self._mark(column)
            moved.columns.add(column)
        return moved

    def observe(self, prices: Iterable[Price]) -> Moved:
        """Take in prices from the feed; older ones change nothing."""
        moved = Moved()
        for price in prices:
            old = self._prices.get(price.instrument_id)
            if old is None or supersedes(price, old) or price.instrument_id in self._doubted:
                self._take(price, moved)
        return moved

    def take_board(self, board: Iterable[Price]) -> Moved:
        """Take the board's word, whatever was known before.

        Prices that are not on it (any more) stay, in doubt: the next one from the feed replaces them, older or not.
        """
        moved = Moved()
        self._doubted = set(self._prices)
        for price in board:
            self._take(price, moved)
        return moved

    def set_provider_prices(self, prices: Mapping[InstrumentId, ProviderMark]) -> Moved:
        """Take in the newest provider price of each of these instruments."""
        moved = Moved()
        for instrument_id, provider in prices.items():
            if self._provider.get(instrument_id) != provider:
                self._provider[instrument_id] = provider
                self._remark(instrument_id, moved)
        return moved

    def advance(self, moment: Moment) -> Moved:
        """Let time pass: marks grow stale, sessions change, the trading day rolls."""
        same_rules = moment.same_rules(self.moment)
        self.moment = moment
        count = len(self.instruments)
        if same_rules:
            floors = np.array([moment.fresh_from(asset_class).timestamp() for asset_class in _CLASSES])
            stale = self._streamed[:count] & (self._time_s[:count] < floors[self._class[:count]])
            candidates = np.flatnonzero(stale != self._stale[:count]).tolist()
        else:
            candidates = list(range(count))
        return Moved(columns={column for column in candidates if self._mark(column)})

    def _take(self, price: Price, moved: Moved) -> None:
        self._prices[price.instrument_id] = price
        self._doubted.discard(price.instrument_id)
        currency = self._currency_of.get(price.instrument_id)
        if currency is None:
            self._remark(price.instrument_id, moved)
        elif self.rates.set_dollars(currency, price.price):
            moved.currencies.add(currency)

    def _remark(self, instrument_id: InstrumentId, moved: Moved) -> None:
        column = self.column_of.get(instrument_id)
        if column is not None and self._mark(column):
            moved.columns.add(column)

    def _append(self, instrument: Instrument) -> None:
        if len(self.instruments) == len(self._time_s):
            self._time_s, self._stale = _doubled(self._time_s), _doubled(self._stale)
            self._class, self._streamed = _doubled(self._class), _doubled(self._streamed)
        self._time_s[len(self.instruments)] = np.inf
        self._stale[len(self.instruments)] = False
        self.instruments.append(instrument)
        self.marks.append(_UNPRICED)

    def _describe(self, column: int, moved: Moved) -> None:
        instrument = self.instruments[column]
        self._class[column] = _CLASS_CODE[instrument.asset_class]
        self._streamed[column] = instrument.stream is not None
        if instrument.asset_class is AssetClass.CASH and instrument.symbol.startswith(_CASH_PREFIX):
            currency = instrument.symbol.removeprefix(_CASH_PREFIX)
            self._currency_of[instrument.id] = currency
            if instrument.id in self._prices and self.rates.set_dollars(currency, self._prices[instrument.id].price):
                moved.currencies.add(currency)

    def _mark(self, column: int) -> bool:
        """Choose a column's mark anew; return whether it is another."""
        instrument = self.instruments[column]
        key = instrument.id
        mark = choose_mark(instrument, self._prices.get(key), self._provider.get(key), self.moment)
        if mark == self.marks[column]:
            return False
        self.marks[column] = mark
        self._time_s[column] = np.inf if mark.time is None else mark.time.timestamp()
        self._stale[column] = mark.stale
        return True


def _doubled(vector: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    return np.concatenate((vector, vector))
