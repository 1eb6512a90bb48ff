"""An instrument: our canonical priced thing, whatever providers call it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NewType

from realtime.domain.asset_class import ASSET_CLASSES, AssetClass, MarketStream
from realtime.domain.security_id import UNIDENTIFIED, SecurityIds

InstrumentId = NewType("InstrumentId", str)
"""A UUID in its canonical text form."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One security, contract, coin or currency.

    Attributes:
        symbol: Canonical: `BRK.B`, `AAPL280121C00250000`, `BTC/USD`, `CUR:USD`; unique together with `currency`.
        currency: ISO 4217 code in which its price is quoted.
        multiplier: Units per contract: 100 for a US equity option, else 1.
        listed: Traded where our market-data source quotes it; False for Toronto listings, plan-internal funds, bonds.
        ids: Identifiers that providers gave for it.
    """

    id: InstrumentId
    symbol: str
    asset_class: AssetClass
    currency: str
    multiplier: Decimal
    name: str
    listed: bool
    ids: SecurityIds = UNIDENTIFIED

    @property
    def stream(self) -> MarketStream | None:
        """The market-data stream that prices it; None when only its provider does."""
        return ASSET_CLASSES[self.asset_class].stream if self.listed else None
