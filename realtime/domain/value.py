"""Every published figure, by its field. Amounts are rounded to cents; unknown is None, never zero."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from realtime.domain.account import AccountId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import PriceSource


@dataclass(slots=True)
class Figures:
    """What an account, or a user's whole portfolio, is worth.

    Amounts are in `currency`, to the cent. Never changed once made; see `Position`.

    Attributes:
        market_value: Sum of the priced positions other than cash, shorts negative.
        cash: Uninvested money; negative on margin.
        total_value: `market_value + cash`.
        cost_basis: Sum over the positions with known cost; None when none has one.
        unrealized_gain: Market value less cost basis over the positions that have both; None when none has.
        unrealized_gain_pct: Percent of that cost basis, 4 decimals.
        day_change: Change against the previous close over the positions that have one; None when none has.
        day_change_pct: Percent of `total_value - day_change`, 4 decimals; None when that is not positive.
        live_coverage: Share, 0 to 1, of the gross market value that has a live mark that is not stale; None
            without market value.
        stale_since: Time of the oldest stale mark; None when nothing is stale.
        stale_count: Positions with a stale mark.
        unpriced_count: Positions left out of the value because no price or no FX rate is known.
        uncosted_count: Positions (other than cash) without a known cost basis.
        estimated_value: Gross market value marked by a previous close or by the provider's own price.
        positions_count: Positions including cash.
        session: Market session: pre, regular, post or closed.
        holdings_as_of: When the oldest of the holdings was read at its institution.
    """

    market_value: Decimal
    cash: Decimal
    total_value: Decimal
    cost_basis: Decimal | None
    unrealized_gain: Decimal | None
    unrealized_gain_pct: Decimal | None
    day_change: Decimal | None
    day_change_pct: Decimal | None
    live_coverage: Decimal | None
    stale_since: datetime | None
    stale_count: int
    unpriced_count: int
    uncosted_count: int
    estimated_value: Decimal
    positions_count: int
    currency: str
    session: str
    holdings_as_of: datetime | None


@dataclass(slots=True)
class Contribution:
    """One account's part of an instrument's aggregated position. Market value in the user's currency.

    Never changed once made; see `Position`.
    """

    account: AccountId
    institution: str
    quantity: Decimal
    market_value: Decimal | None


@dataclass(slots=True)
class Position:
    """A holding with its mark and values; price fields in `currency`, amounts in the account's currency.

    Never changed once made. Not frozen, because a frozen one takes four times as long to make, and one is made for
    every position that moves.

    In a portfolio the amounts are in the user's currency and `contributions` says whose they are; in an
    account `account` and `institution` do.

    Attributes:
        price: The mark, per unit; None when unpriced.
        fx_rate: Units of the amounts' currency per unit of `currency`; None when unknown.
        unpriced_reason: Why there is no market value: `no_price` or `no_fx_rate`.
    """

    instrument: InstrumentId
    symbol: str
    name: str
    asset_class: AssetClass
    quantity: Decimal
    multiplier: Decimal
    price: Decimal | None
    price_time: datetime | None
    price_source: PriceSource | None
    stale: bool
    previous_close: Decimal | None
    previous_close_date: date | None
    currency: str
    fx_rate: Decimal | None
    market_value: Decimal | None
    cost_basis: Decimal | None
    average_cost: Decimal | None
    unrealized_gain: Decimal | None
    unrealized_gain_pct: Decimal | None
    day_change: Decimal | None
    day_change_pct: Decimal | None
    unpriced_reason: str | None
    institution: str | None = None
    account: AccountId | None = None
    contributions: tuple[Contribution, ...] = ()
