"""A channel's state with types: amounts as Decimals, instants as datetimes. Pure.

Fields as docs/asyncapi.yaml describes them; None is unknown, never zero. Unknown fields of later servers are ignored.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from navstream.protocol.apply import State


class Coverage(msgspec.Struct, frozen=True):
    """Shares of the gross market value by kind of mark; they add up to 1, or all are None."""

    live: Decimal | None
    extended: Decimal | None
    close: Decimal | None
    nav: Decimal | None
    provider: Decimal | None
    stale: Decimal | None
    no_price_count: int
    no_fx_rate_count: int
    reason: str | None


class SessionChanges(msgspec.Struct, frozen=True):
    """Change by market session, each with its baseline's date or the reason why there is none."""

    regular: Decimal | None
    regular_since: date | None
    regular_reason: str | None
    extended: Decimal | None
    extended_since: date | None
    extended_reason: str | None
    overnight: Decimal | None
    overnight_since: date | None
    overnight_reason: str | None
    round_the_clock: Decimal | None
    round_the_clock_since: date | None
    round_the_clock_reason: str | None


class Reconciliation(msgspec.Struct, frozen=True):
    """Our total of an account at its provider's own prices, beside the total that the provider reports."""

    currency: str
    our_total: Decimal | None
    provider_total: Decimal
    drift: Decimal | None
    cause: str | None
    marked: bool
    since: datetime


class Figures(msgspec.Struct, frozen=True):
    """What `portfolio` and `account:ID` say. Amounts in `currency`, percents as 5.25 = 5.25 %.

    Attributes:
        reconciliation: Of an account; None of a portfolio, and before its first comparison.
        duplicate_of: The account that counts in totals in this one's place.
        interrupted: Nobody keeps the values up to date for the moment; they are the last known ones.
    """

    market_value: Decimal | None
    cash: Decimal | None
    total_value: Decimal | None
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
    estimated_value: Decimal | None
    positions_count: int
    currency: str
    session: str
    holdings_as_of: datetime | None
    day_change_reason: str | None
    interrupted: bool
    coverage: Coverage
    session_changes: SessionChanges
    reconciliation: Reconciliation | None = None
    duplicate_of: str | None = None


class HeldPrice(msgspec.Struct, frozen=True):
    """A newer price that waits for a second source; the position's `price` is the last good one."""

    price: Decimal
    time: datetime
    reason: str


class PriceBand(msgspec.Struct, frozen=True):
    """Between which prices the exchanges let an instrument trade; told while it matters.

    Attributes:
        state: `limit_up` or `limit_down` once the price has reached one.
    """

    down: Decimal
    up: Decimal
    state: str | None


class Contribution(msgspec.Struct, frozen=True):
    """One account's part in a position of the portfolio."""

    account: str
    institution: str
    quantity: Decimal
    market_value: Decimal | None


class Position(msgspec.Struct, frozen=True):
    """A row of `positions` or `positions:ID`. Prices in its own currency, amounts in the account's or user's.

    Attributes:
        account: Its account's public id; None in `positions`.
        institution: That account's; None in `positions`.
        contributions: By account, in `positions` only.
        institutions: Of those accounts.
    """

    instrument: str
    symbol: str
    name: str
    asset_class: str
    quantity: Decimal
    multiplier: Decimal
    price: Decimal | None
    price_time: datetime | None
    price_source: str | None
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
    stale_reason: str | None
    covered: str | None
    session_close: Decimal | None
    session_close_date: date | None
    regular_change: Decimal | None
    extended_change: Decimal | None
    overnight_change: Decimal | None
    round_the_clock_change: Decimal | None
    extended_since: date | None
    change_reasons: dict[str, str]
    dividend: Decimal | None
    split_pending: Decimal | None
    held: HeldPrice | None
    trading_status: str | None
    delivery: str | None
    price_band: PriceBand | None
    account: str | None = None
    institution: str | None = None
    contributions: tuple[Contribution, ...] = ()
    institutions: tuple[str, ...] = ()


class Market(msgspec.Struct, frozen=True):
    """What `market` says.

    Attributes:
        speed: Market seconds a second; 1 unless a day is being replayed.
    """

    session: str
    trading_day: date
    is_half_day: bool
    next_open: datetime
    next_close: datetime
    next_session: str
    next_session_at: datetime
    market_time: datetime
    speed: float
    feed: str
    feed_message: str | None


class Price(msgspec.Struct, frozen=True):
    """What `prices:SYMBOL` says."""

    symbol: str
    instrument: str
    price: Decimal | None
    price_time: datetime | None
    price_source: str | None
    previous_close: Decimal | None
    previous_close_date: date | None
    session: str


def figures_of(state: State) -> Figures:
    """Return a state of `portfolio` or `account:ID`, typed."""
    return msgspec.convert(state, Figures)


def positions_of(state: State) -> list[Position]:
    """Return the rows of a state of `positions` or `positions:ID`, typed; in no order."""
    return msgspec.convert(list(state.values()), list[Position])


def market_of(state: State) -> Market:
    """Return a state of `market`, typed."""
    return msgspec.convert(state, Market)


def price_of(state: State) -> Price:
    """Return a state of `prices:SYMBOL`, typed."""
    return msgspec.convert(state, Price)
