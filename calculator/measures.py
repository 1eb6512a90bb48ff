"""The figures of `realtime/domain/value.py`, a function each, from a subject's exact sums (pure).

Rounded once, at the end, within `exact_arithmetic()`; unknown is None, and there is no minus zero.
"""

from datetime import date, datetime
from decimal import Decimal

from calculator.moment import Moment
from calculator.totals import Totals
from realtime.domain.holding import AccountHoldings
from realtime.domain.money import CENT, PCT
from realtime.domain.value import Coverage, Covered, Figures, SessionChanges
from realtime.market_hours import MarketSession

_ZERO_CENTS = Decimal("0.00")
_ZERO_PCT = Decimal("0.0000")
_WHOLE = Decimal("1.0000")
_Row = tuple[Decimal | None, date | None, str | None]
_UNOPENED: _Row = (None, None, "before_open")
_IN_SESSION: _Row = (None, None, "regular_session")
_NO_REGULAR: _Row = (None, None, "no_regular_price")
_NO_EXTENDED: _Row = (None, None, "no_extended_price")
_NO_OVERNIGHT: _Row = (None, None, "no_overnight_price")
_NO_ROUND_THE_CLOCK: _Row = (None, None, "no_round_the_clock_price")
_ONLY_REGULAR = (*_IN_SESSION, *_IN_SESSION, *_NO_ROUND_THE_CLOCK)
_ALL_LIVE = Coverage(_WHOLE, _ZERO_PCT, _ZERO_PCT, _ZERO_PCT, _ZERO_PCT, _ZERO_PCT, 0, 0, None)


def cents(amount: Decimal) -> Decimal:
    """Round to cents, half to even."""
    return amount.quantize(CENT) or _ZERO_CENTS


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return `part` in percent of `whole` to 4 decimals; None when `whole` is not positive."""
    return (part * 100 / whole).quantize(PCT) or _ZERO_PCT if whole > 0 else None


def market_value(totals: Totals) -> Decimal:
    """Sum of the priced positions other than cash."""
    return cents(totals.market_value)


def cash(totals: Totals) -> Decimal:
    """Sum of the cash whose rate is known."""
    return cents(totals.cash)


def total_value(totals: Totals) -> Decimal:
    """Market value and cash, added before they are rounded."""
    return cents(totals.market_value + totals.cash)


def cost_basis(totals: Totals) -> Decimal | None:
    """Sum over the holdings with known cost."""
    return cents(totals.cost) if totals.cost_count else None


def unrealized_gain(totals: Totals) -> Decimal | None:
    """Value less cost over the holdings that have both."""
    return cents(totals.gain) if totals.gain_count else None


def unrealized_gain_pct(totals: Totals) -> Decimal | None:
    """Percent of the cost of the holdings that have both value and cost."""
    return percent(totals.gain, totals.gain_cost) if totals.gain_count else None


def day_change(totals: Totals) -> Decimal | None:
    """Change since the previous close over the parts of which it is known, the day's trades at their own prices."""
    return cents(totals.change) if totals.change_count else None


def day_change_pct(totals: Totals) -> Decimal | None:
    """Percent of the total value less the day change."""
    if not totals.change_count:
        return None
    return percent(totals.change, totals.market_value + totals.cash - totals.change)


def live_coverage(coverage: Coverage) -> Decimal | None:
    """Share of the gross market value that has a live or extended-hours mark."""
    return None if coverage.live is None or coverage.extended is None else coverage.live + coverage.extended


def coverage(totals: Totals) -> Coverage:
    """Shares of the gross market value by kind of mark.

    Each is the difference of the rounded running shares, best kind first, so that they add up to 1.
    """
    gross, covered = totals.gross, totals.covered
    counts = (totals.no_price_count, totals.no_fx_rate_count)
    if not gross:
        return Coverage(None, None, None, None, None, None, *counts)
    if covered[Covered.LIVE] == gross:
        return (
            _ALL_LIVE if counts == (0, 0) else _ALL_LIVE._replace(no_price_count=counts[0], no_fx_rate_count=counts[1])
        )
    shares = []
    running, before = Decimal(0), _ZERO_PCT
    for value in covered.values():  # in the order of Covered
        if value:
            running += value
            share = _WHOLE if running == gross else (running / gross).quantize(PCT)
            shares.append(share - before)
            before = share
        else:
            shares.append(_ZERO_PCT)
    live, extended, close, nav, provider, stale = shares
    return Coverage(live, extended, close, nav, provider, stale, *counts, None)


def day_change_reason(totals: Totals) -> str | None:
    """Why the day change is unknown or not to be relied on."""
    if not totals.change_count:
        return "no_previous_close"
    if totals.trades_unknown_count:
        return "trades_unknown"
    return "partial" if totals.change_count < totals.changeable_count else None


def session_changes(totals: Totals, moment: Moment) -> SessionChanges:
    """Change by market session, each with the date of its baseline or the reason why there is none."""
    in_session = moment.session is MarketSession.REGULAR
    newest = moment.trading_day if moment.is_after_close else moment.previous_session
    has_opened = moment.is_after_close or in_session
    counts, changes = totals.session_counts, totals.session_changes
    if in_session and counts[0] and not counts[3]:
        return SessionChanges(cents(changes[0]), moment.previous_session, None, *_ONLY_REGULAR)
    regular: _Row = _UNOPENED if not has_opened else _NO_REGULAR
    if counts[0]:
        regular = cents(changes[0]), moment.previous_session, None
    extended: _Row = _IN_SESSION if in_session else _NO_EXTENDED
    if counts[1]:
        extended = cents(changes[1]), newest, None
    overnight: _Row = _IN_SESSION if in_session else _NO_OVERNIGHT
    if counts[2]:
        overnight = cents(changes[2]), newest, None
    round_the_clock: _Row = _NO_ROUND_THE_CLOCK
    if counts[3]:
        round_the_clock = cents(changes[3]), min(totals.midnights.values(), default=None), None
    return SessionChanges(*regular, *extended, *overnight, *round_the_clock)


def stale_since(totals: Totals) -> datetime | None:
    """Time of the oldest stale mark or exchange rate."""
    return min(totals.stale_times.values(), default=None)


def stale_count(totals: Totals) -> int:
    """Positions with a stale mark or exchange rate."""
    return len(totals.stale_times)


def unpriced_count(totals: Totals) -> int:
    """Positions without a price or an FX rate."""
    return totals.no_price_count + totals.no_fx_rate_count


def uncosted_count(totals: Totals) -> int:
    """Positions other than cash without a known cost basis, or with one that is known in part."""
    return totals.uncosted_count


def estimated_value(totals: Totals) -> Decimal:
    """Gross market value marked by a previous close or by the provider's own price."""
    return cents(totals.estimated)


def positions_count(totals: Totals) -> int:
    """Positions including cash."""
    return totals.parts_count


def figures(
    totals: Totals,
    currency: str,
    moment: Moment,
    holdings_as_of: datetime | None,
    account: AccountHoldings | None = None,
) -> Figures:
    """Return all of them, with what is known of the account as a whole (None for a portfolio)."""
    by_mark = coverage(totals)
    return Figures(
        market_value(totals),
        cash(totals),
        total_value(totals),
        cost_basis(totals),
        unrealized_gain(totals),
        unrealized_gain_pct(totals),
        day_change(totals),
        day_change_pct(totals),
        live_coverage(by_mark),
        stale_since(totals),
        stale_count(totals),
        unpriced_count(totals),
        uncosted_count(totals),
        estimated_value(totals),
        positions_count(totals),
        currency,
        moment.session.value,
        holdings_as_of,
        day_change_reason(totals),
        by_mark,
        session_changes(totals, moment),
        None if account is None else account.reconciliation,
        None if account is None else account.duplicate_of,
    )
