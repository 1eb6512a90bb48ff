"""What a company does to its shares."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from realtime.domain.instrument import InstrumentId


@dataclass(frozen=True, slots=True)
class Split:
    """From the open of `ex_date` on one old share is `ratio` new ones: 4 for 4:1, 0.1 for a 1:10 reverse split."""

    instrument_id: InstrumentId
    ex_date: date
    ratio: Decimal


@dataclass(frozen=True, slots=True)
class CashDividend:
    """From the open of `ex_date` on the price is without `amount` a share, in the instrument's currency."""

    instrument_id: InstrumentId
    ex_date: date
    amount: Decimal


CorporateAction = Split | CashDividend
