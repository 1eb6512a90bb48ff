"""Every published figure, by its field. Amounts are rounded to cents; unknown is None, never zero."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from realtime.domain.account import AccountId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Delivery, HeldPrice, PriceBand, PriceSource, TradingStatus
from realtime.domain.reconciliation import Reconciliation


class Covered(StrEnum):
    """What kind of mark a position is valued at, best first."""

    LIVE = "live"
    """The market made it in the regular session that is under way; round the clock where there is no session."""
    EXTENDED = "extended"
    """The market made it before the open, after the close or overnight."""
    CLOSE = "close"
    """An official close, or the last price of a regular session that is over."""
    NAV = "nav"
    """A fund's net asset value, as its provider gave it."""
    PROVIDER = "provider"
    """The provider's own price of anything else."""
    STALE = "stale"
    """The market made it, but it or its exchange rate is past its age limit."""


class StaleReason(StrEnum):
    """Why a mark is stale."""

    OLD_PRICE = "old_price"
    HALTED = "halted"
    OLD_FX_RATE = "old_fx_rate"


class Coverage(NamedTuple):
    """Shares, 0 to 1, of the gross market value by kind of mark; they add up to 1.

    Attributes:
        live, extended, close, nav, provider, stale: See `Covered`; all None without market value.
        no_price_count, no_fx_rate_count: Positions without a value, by reason.
        reason: Why the shares are unknown: `no_market_value`.
    """

    live: Decimal | None = None
    extended: Decimal | None = None
    close: Decimal | None = None
    nav: Decimal | None = None
    provider: Decimal | None = None
    stale: Decimal | None = None
    no_price_count: int = 0
    no_fx_rate_count: int = 0
    reason: str | None = "no_market_value"


class SessionChanges(NamedTuple):
    """Change by market session, over the positions of which it is known.

    Each has the date of its baseline, the official close (round the clock: midnight New York) that it is measured
    from; without one the reason why there is none.

    Attributes:
        regular: In the regular session of the current trading day, from the previous close.
        extended: Before the open and after the close, from the newest official close.
        overnight: Between post-market and pre-market, from the newest official close.
        round_the_clock: Of what trades at all hours, from midnight New York; the oldest baseline counts.
    """

    regular: Decimal | None = None
    regular_since: date | None = None
    regular_reason: str | None = None
    extended: Decimal | None = None
    extended_since: date | None = None
    extended_reason: str | None = None
    overnight: Decimal | None = None
    overnight_since: date | None = None
    overnight_reason: str | None = None
    round_the_clock: Decimal | None = None
    round_the_clock_since: date | None = None
    round_the_clock_reason: str | None = None


NO_COVERAGE = Coverage()
NO_SESSION_CHANGES = SessionChanges()


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
        day_change: Change since the previous close over the positions of which it is known, purchases and sales of the
            day at their own prices, dividends of the day included; None when none is known.
        day_change_pct: Percent of `total_value - day_change`, 4 decimals; None when that is not positive.
        live_coverage: Share, 0 to 1, of the gross market value that has a live or extended-hours mark; None
            without market value. It is `coverage.live + coverage.extended`.
        stale_since: Time of the oldest stale mark or stale exchange rate; None when nothing is stale.
        stale_count: Positions with a stale mark.
        unpriced_count: Positions left out of the value because no price or no FX rate is known.
        uncosted_count: Positions (other than cash) without a known cost basis.
        estimated_value: Gross market value marked by a previous close or by the provider's own price.
        positions_count: Positions including cash.
        session: Market session: pre, regular, post or closed.
        holdings_as_of: When the oldest of the holdings was read at its institution.
        day_change_reason: `no_previous_close` when no position's change is known; `trades_unknown` when what was
            bought and sold today is not known, so that it may count as gain; `partial` when positions are left out.
        duplicate_of: Of an account that counts in no total: the one that counts in its place.
        reconciliation: Of an account: its total beside its provider's; None when the provider reports none.
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
    day_change_reason: str | None = None
    coverage: Coverage = NO_COVERAGE
    session_changes: SessionChanges = NO_SESSION_CHANGES
    reconciliation: Reconciliation | None = None
    duplicate_of: AccountId | None = None


@dataclass(slots=True)
class Contribution:
    """One account's part of an instrument's aggregated position. Market value in the user's currency.

    Never changed once made; see `Position`.
    """

    account: AccountId
    institution: str
    quantity: Decimal
    market_value: Decimal | None


class PositionChanges(NamedTuple):
    """A position's change by market session; see `SessionChanges`.

    Attributes:
        extended_since: Date of the close from which the extended and the overnight change are measured.
    """

    regular: Decimal | None = None
    extended: Decimal | None = None
    overnight: Decimal | None = None
    round_the_clock: Decimal | None = None
    extended_since: date | None = None


class Repriced(NamedTuple):
    """What of a position its price moves; fields as there, `contributed` are the contributions' market values."""

    price: Decimal | None
    price_time: datetime | None
    price_source: PriceSource | None
    market_value: Decimal | None
    unrealized_gain: Decimal | None
    unrealized_gain_pct: Decimal | None
    day_change: Decimal | None
    day_change_pct: Decimal | None
    regular: Decimal | None
    extended: Decimal | None
    overnight: Decimal | None
    round_the_clock: Decimal | None
    contributed: tuple[Decimal | None, ...]


class MarketFacts(NamedTuple):
    """What the market says of an instrument besides its price; moves seldom.

    Attributes:
        session_close: Official close of the current trading day; None until it is made.
        dividend: Per unit, went ex today and counts in the day change of what was held before; None when none did.
        held: A newer price that waits for a second source; the position's is the last good one.
        trading_status: As the exchange says; None when no market prices it.
        delivery: How the market's prices of it reach us.
        price_band: Told in the regular session while it matters: the price is near a band, or trading is paused.
    """

    session_close: Decimal | None = None
    session_close_date: date | None = None
    dividend: Decimal | None = None
    held: HeldPrice | None = None
    trading_status: TradingStatus | None = None
    delivery: Delivery | None = None
    price_band: PriceBand | None = None


NO_CHANGES = PositionChanges()
NO_FACTS = MarketFacts()


@dataclass(slots=True)
class Position:
    """A holding with its mark and values; price fields in `currency`, amounts in the account's currency.

    Never changed once made. Not frozen, because a frozen one takes four times as long to make, and one is made for
    every position that moves.

    In a portfolio the amounts are in the user's currency and `contributions` says whose they are; in an
    account `account` and `institution` do.

    Attributes:
        quantity: As the provider reported it, times `split_pending`.
        price: The mark, per unit, in shares of today; None when unpriced.
        fx_rate: Units of the amounts' currency per unit of `currency`; None when unknown.
        unpriced_reason: Why there is no market value: `no_price` or `no_fx_rate`.
        stale_reason: Of a stale position.
        covered: What kind of mark it is; None for cash and when unpriced.
        change_reasons: Why a change is unknown, or not to be relied on, by its name: `day`, `regular`, `extended`,
            `overnight`, `round_the_clock`; nothing of an unpriced position.
        split_pending: New units for each one that the provider still reports, after a split; None when none is.
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
    stale_reason: StaleReason | None = None
    covered: Covered | None = None
    split_pending: Decimal | None = None
    changes: PositionChanges = NO_CHANGES
    change_reasons: Mapping[str, str] = field(default_factory=dict)
    market: MarketFacts = NO_FACTS


def at_price(position: Position, new: Repriced) -> Position:
    """Return a position at another price."""
    return replace(
        position,
        price=new.price,
        price_time=new.price_time,
        price_source=new.price_source,
        market_value=new.market_value,
        unrealized_gain=new.unrealized_gain,
        unrealized_gain_pct=new.unrealized_gain_pct,
        day_change=new.day_change,
        day_change_pct=new.day_change_pct,
        changes=PositionChanges(
            new.regular, new.extended, new.overnight, new.round_the_clock, position.changes.extended_since
        ),
        contributions=tuple(
            Contribution(part.account, part.institution, part.quantity, value)
            for part, value in zip(position.contributions, new.contributed, strict=True)
        ),
    )
