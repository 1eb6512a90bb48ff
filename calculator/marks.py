"""The marks of all instruments, kept up to date as prices, closes, corporate actions and time move (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from calculator.fx import Rates
from calculator.mark import UNPRICED, Mark, ProviderMark, choose_mark, split_ratio
from calculator.moment import Moment
from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import CorporateAction, Split
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import Price, supersedes

_CASH_PREFIX = "CUR:"
_CLASSES = list(AssetClass)
_CLASS_CODE = {asset_class: code for code, asset_class in enumerate(_CLASSES)}
_CAPACITY = 64
Actions = tuple[CorporateAction, ...]
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(slots=True)
class Moved:
    """What changed: columns whose mark is another, currencies whose dollar rate is, columns restated after a split."""

    columns: set[int] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)
    restated: set[int] = field(default_factory=set)

    def add(self, other: "Moved") -> None:
        """Take in what else changed."""
        self.columns |= other.columns
        self.currencies |= other.currencies
        self.restated |= other.restated


class Marks:
    """Marks of all known instruments; each instrument has a place, its column."""

    def __init__(self, rates: Rates, moment: Moment) -> None:
        self.rates = rates
        self.moment = moment
        rates.advance(moment.rates_from)
        self.column_of: dict[InstrumentId, int] = {}
        self.instruments: list[Instrument] = []
        self.marks: list[Mark] = []
        self._prices: dict[InstrumentId, Price] = {}
        self._doubted: set[InstrumentId] = set()
        self._provider: dict[InstrumentId, ProviderMark] = {}
        self._actions: dict[InstrumentId, Actions] = {}
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

    def set_actions(self, actions: Mapping[InstrumentId, Actions]) -> Moved:
        """Take in all splits and dividends of each of these instruments."""
        moved = Moved()
        for instrument_id, news in actions.items():
            price = self._prices.get(instrument_id)
            self._set_actions(instrument_id, _with_split(news, None if price is None else price.split), moved)
        return moved

    def split_since(self, column: int, since: datetime | None) -> Decimal | None:
        """Return the new units for each one held then; None when no split has taken effect since, or `since` is."""
        actions = self._actions.get(self.instruments[column].id)
        return split_ratio(actions, since, self.moment) if actions and since is not None else None

    def advance(self, moment: Moment) -> Moved:
        """Let time pass: marks and rates grow stale, sessions change, the trading day rolls."""
        same_rules = moment.same_rules(self.moment)
        self.moment = moment
        count = len(self.instruments)
        if same_rules:
            floors = np.array([moment.fresh_from(asset_class).timestamp() for asset_class in _CLASSES])
            stale = self._streamed[:count] & (self._time_s[:count] < floors[self._class[:count]])
            candidates = np.flatnonzero(stale != self._stale[:count]).tolist()
        else:
            candidates = list(range(count))
        return Moved({column for column in candidates if self._mark(column)}, self.rates.advance(moment.rates_from))

    def _set_actions(self, instrument_id: InstrumentId, news: Actions, moved: Moved) -> None:
        if self._actions.get(instrument_id, ()) != news:
            self._actions[instrument_id] = news
            self._remark(instrument_id, moved)
            if instrument_id in self.column_of:
                moved.columns.add(self.column_of[instrument_id])
                moved.restated.add(self.column_of[instrument_id])

    def _take(self, price: Price, moved: Moved) -> None:
        self._prices[price.instrument_id] = price
        if price.split is not None:
            known = self._actions.get(price.instrument_id, ())
            self._set_actions(price.instrument_id, _with_split(known, price.split), moved)
        self._doubted.discard(price.instrument_id)
        currency = self._currency_of.get(price.instrument_id)
        if currency is None:
            self._remark(price.instrument_id, moved)
        elif self.rates.set_dollars(currency, price.price, price.time):
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
        self.marks.append(UNPRICED)

    def _describe(self, column: int, moved: Moved) -> None:
        instrument = self.instruments[column]
        self._class[column] = _CLASS_CODE[instrument.asset_class]
        self._streamed[column] = instrument.stream is not None
        if instrument.asset_class is AssetClass.CASH and instrument.symbol.startswith(_CASH_PREFIX):
            currency = instrument.symbol.removeprefix(_CASH_PREFIX)
            self._currency_of[instrument.id] = currency
            price = self._prices.get(instrument.id)
            if price is not None and self.rates.set_dollars(currency, price.price, price.time):
                moved.currencies.add(currency)

    def _mark(self, column: int) -> bool:
        """Choose a column's mark anew; return whether it is another."""
        instrument = self.instruments[column]
        key = instrument.id
        actions = self._actions.get(key, ())
        mark = choose_mark(instrument, self._prices.get(key), self._provider.get(key), actions, self.moment)
        if mark == self.marks[column]:
            return False
        self.marks[column] = mark
        self._time_s[column] = np.inf if mark.time is None else mark.time.timestamp()
        self._stale[column] = mark.stale is not None
        return True


def _with_split(actions: Actions, told: Split | None) -> Actions:
    """Return the actions with the split that came with a price, unless they have one of that day."""
    if told is None or any(isinstance(each, Split) and each.ex_date == told.ex_date for each in actions):
        return actions
    return (*actions, told)


def _doubled(vector: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    return np.concatenate((vector, vector))
