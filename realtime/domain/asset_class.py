"""The table of asset classes: everything that depends on an instrument's kind is a column here."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class AssetClass(StrEnum):
    EQUITY = "equity"
    ETF = "etf"
    MUTUAL_FUND = "mutual_fund"
    OPTION = "option"
    CRYPTO = "crypto"
    BOND = "bond"
    CASH = "cash"
    OTHER = "other"


class MarketStream(StrEnum):
    """Which of Alpaca's market-data streams carries an instrument."""

    STOCK = "stock"
    CRYPTO = "crypto"
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class AssetClassRow:
    """What holds for every instrument of a class.

    Attributes:
        multiplier: Units of the underlying per unit of quantity, unless the instrument says otherwise.
        stream: The market-data stream that prices it; None means priced by its provider.
        round_the_clock: Trades on weekends and holidays too.
        stale_after_s: Age from which a mark is stale while the market is open, seconds.
    """

    multiplier: Decimal
    stream: MarketStream | None
    round_the_clock: bool
    stale_after_s: float


_ONE = Decimal(1)

ASSET_CLASSES: dict[AssetClass, AssetClassRow] = {
    AssetClass.EQUITY: AssetClassRow(_ONE, MarketStream.STOCK, round_the_clock=False, stale_after_s=900),
    AssetClass.ETF: AssetClassRow(_ONE, MarketStream.STOCK, round_the_clock=False, stale_after_s=900),
    AssetClass.MUTUAL_FUND: AssetClassRow(_ONE, None, round_the_clock=False, stale_after_s=0),
    AssetClass.OPTION: AssetClassRow(Decimal(100), MarketStream.OPTION, round_the_clock=False, stale_after_s=3600),
    AssetClass.CRYPTO: AssetClassRow(_ONE, MarketStream.CRYPTO, round_the_clock=True, stale_after_s=900),
    AssetClass.BOND: AssetClassRow(_ONE, None, round_the_clock=False, stale_after_s=0),
    AssetClass.CASH: AssetClassRow(_ONE, None, round_the_clock=True, stale_after_s=0),
    AssetClass.OTHER: AssetClassRow(_ONE, None, round_the_clock=False, stale_after_s=0),
}
