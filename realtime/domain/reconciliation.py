"""Our total of an account at its provider's own prices, beside the total that the provider reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from realtime.domain.asset_class import AssetClass


class DriftCause(StrEnum):
    """What a drift likely comes from."""

    MISSING_FX = "missing_fx"
    """An exchange rate is unknown here, or the provider adds currencies up without converting them."""
    PSEUDO_TICKER = "pseudo_ticker"
    """A line under a code of the institution's own: it has no price, or it is no holding at all."""
    NO_PRICE = "no_price"
    """The provider gives no price for a holding."""
    CASH_EQUIVALENTS = "cash_equivalents"
    """Money-market funds count as holdings and as cash."""
    MARGIN = "margin"
    """A margin loan is in one of the two totals and not in the other."""
    CASH_TWICE = "cash_twice"
    """One of the two totals counts the cash once more than the other."""
    OPTION_MULTIPLIER = "option_multiplier"
    """An option is priced by contract here and by unit there, or the other way round."""
    SPLIT = "split"
    """Quantity and price of a holding are from different sides of a split."""
    TRADE_TODAY = "trade_today"
    """A purchase or sale is booked in the holdings and not yet in the cash, or the other way round."""
    UNKNOWN = "unknown"


class Reconciliation(NamedTuple):
    """What the newest comparison found; amounts in `currency`, to the cent.

    Attributes:
        our_total: Holdings at the prices that the provider gave with them; None when an exchange rate is unknown.
        provider_total: What the provider says that the account is worth.
        drift: `our_total - provider_total`.
        cause: Why, most likely; None when the totals agree.
        marked: The drift is above the threshold (`NAVSTREAM_SYNC_DRIFT_MAX_PCT`).
        since: When a comparison found this first.
    """

    currency: str
    our_total: Decimal | None
    provider_total: Decimal
    drift: Decimal | None
    cause: DriftCause | None
    marked: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """A stored holding at its provider's own price; money has the price one.

    Attributes:
        price: Per unit, of the underlying for options; None when the provider gave none.
        splits: Ratios of its splits of the last days: 4 for 4:1.
    """

    symbol: str
    asset_class: AssetClass
    currency: str
    multiplier: Decimal
    quantity: Decimal
    price: Decimal | None
    splits: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Reported:
    """What a provider says of an account, as it is stored.

    Attributes:
        total: The provider's own, in `currency`.
        rates: Units of `currency` per unit of each currency whose rate is known.
        dealt: What purchases (negative) and sales of the last days changed the cash by, in `currency`.
    """

    currency: str
    total: Decimal
    lines: tuple[ReportedLine, ...]
    rates: Mapping[str, Decimal]
    dealt: tuple[Decimal, ...] = ()
