"""The oracle: accounts and portfolios valued in exact decimal arithmetic, one position at a time.

Slow, short and independent of `calculator`: everybody's tests compare published values with it. The rules:

- Mark: see exact_marks.py. Cash is 1 in its own currency. Prices and quantities are in shares of today.
- FX: board price of CUR:XXX in dollars; a cross rate has 16 significant digits; an unknown rate leaves unpriced.
- Change: what a line is worth, with what its sales brought, what its purchases cost and what its dividends gave since
  the previous close, less what it was worth then.
- Amounts are summed exactly, then rounded. A portfolio's amounts are summed over its accounts' positions; its counts
  and changes are over positions aggregated by instrument. One unknown part makes an aggregated cost or change unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from realtime.domain.account import AccountId
from realtime.domain.asset_class import ASSET_CLASSES
from realtime.domain.holding import AccountHoldings
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.money import percent
from realtime.domain.price import Price, PriceBand
from realtime.domain.value import Contribution, Figures, MarketFacts, Position, PositionChanges, StaleReason
from realtime.market_hours import MarketSession
from tests.support.exact_figures import cents, figures_of, total
from tests.support.exact_figures import whole as whole_sum
from tests.support.exact_lines import SESSIONS, Line, lines_of
from tests.support.exact_marks import ZERO, Mark, World, covered, fx_rate, mark_of

__all__ = ["UserValuation", "Valuation", "World", "fx_rate", "mark_of", "value_user"]

UNIT_PRICE = Decimal("0.00000001")
EXACT = Context(prec=150, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Valuation:
    figures: Figures
    positions: dict[InstrumentId, Position]


@dataclass(frozen=True)
class UserValuation:
    portfolio: Valuation
    accounts: dict[AccountId, Valuation]


def value_user(accounts: Sequence[AccountHoldings], currency: str, world: World) -> UserValuation:
    """Return the exact values of a user's accounts, each in its own currency, and of his portfolio in `currency`."""
    with localcontext(EXACT):
        counted = [account for account in accounts if account.duplicate_of is None]
        lines = [line for account in counted for line in lines_of(account, currency, world)]
        return UserValuation(
            portfolio=_valuation(lines, counted, currency, world, None),
            accounts={
                account.account_id: _valuation(
                    lines_of(account, account.currency, world), [account], account.currency, world, account
                )
                for account in accounts
            },
        )


def _valuation(
    lines: list[Line], accounts: Sequence[AccountHoldings], currency: str, world: World, one: AccountHoldings | None
) -> Valuation:
    groups: dict[InstrumentId, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.instrument.id, []).append(line)
    held = {key: group for key, group in groups.items() if not all(line.is_sold_out for line in group)}
    positions = {key: _position(group, one, world) for key, group in held.items()}
    figures = figures_of(lines, list(groups.values()), list(positions.values()), accounts, currency, world, one)
    return Valuation(figures, positions)


def _position(everything: list[Line], of_account: AccountHoldings | None, world: World) -> Position:
    group = [line for line in everything if not line.is_sold_out]
    mark, instrument, rate = group[0].mark, group[0].instrument, group[0].rate
    is_cash = group[0].is_cash
    units = sum((line.units for line in group), ZERO)
    whole = all(line.cost_basis is not None and not is_cash for line in group)
    value = total(line.value for line in group)
    cost, gain = (total(line.cost for line in group), total(line.gain for line in group)) if whole else (None, None)
    change = None if value is None else whole_sum(line.change for line in everything)
    by_session = {
        name: None if value is None else whole_sum(line.changes[name] for line in everything) for name in SESSIONS
    }
    paid = total(line.cost_basis for line in group) if whole else None
    rate_stale_since = group[0].rate_stale_since if rate is not None else None
    stale = mark.stale or (None if rate_stale_since is None else StaleReason.OLD_FX_RATE)
    bell = mark.session_close_date if world.now >= world.day.close else mark.previous_close_date
    extended_since = None if mark.price is None else bell
    return Position(
        instrument=instrument.id,
        symbol=instrument.symbol,
        name=instrument.name,
        asset_class=instrument.asset_class,
        quantity=sum((line.quantity for line in group), ZERO),
        multiplier=instrument.multiplier,
        price=mark.price,
        price_time=mark.time,
        price_source=mark.source,
        stale=stale is not None,
        previous_close=mark.previous_close,
        previous_close_date=mark.previous_close_date,
        currency=instrument.currency,
        fx_rate=rate,
        market_value=cents(value),
        cost_basis=None if rate is None else cents(cost),
        average_cost=None if paid is None or units == 0 or rate is None else (paid / units).quantize(UNIT_PRICE),
        unrealized_gain=cents(gain),
        unrealized_gain_pct=None if gain is None or cost is None else percent(gain, abs(cost)),
        day_change=cents(change),
        day_change_pct=None if change is None or value is None else percent(change, abs(value - change)),
        unpriced_reason="no_price" if mark.price is None else "no_fx_rate" if rate is None else None,
        institution=of_account.institution if of_account else None,
        account=of_account.account_id if of_account else None,
        contributions=() if of_account else _contributions(group),
        stale_reason=stale,
        covered=None if value is None else covered(instrument, mark, rate_stale_since),
        changes=PositionChanges(
            cents(by_session["regular"]),
            cents(by_session["extended"]),
            cents(by_session["overnight"]),
            cents(by_session["round_the_clock"]),
            extended_since,
        ),
        change_reasons={} if value is None or is_cash else _reasons(everything, mark, change, by_session, world),
        split_pending=next((line.split_pending for line in group if line.split_pending is not None), None),
        market=_market_facts(group[0], world),
    )


def _contributions(group: list[Line]) -> tuple[Contribution, ...]:
    return tuple(
        Contribution(line.account.account_id, line.account.institution, line.quantity, cents(line.value))
        for line in sorted(group, key=lambda line: line.account.account_id)
    )


def _band(price: Price, world: World) -> PriceBand | None:
    """Bands are of one regular session, and of its own day."""
    band = price.band
    if band is None or not world.day.open <= world.now < world.day.close:
        return None
    return band if band.time >= world.day.pre_open else None


def _market_facts(line: Line, world: World) -> MarketFacts:
    mark, price = line.mark, line.price
    if price is None or line.is_cash:
        return MarketFacts()
    return MarketFacts(
        mark.session_close, mark.session_close_date, mark.dividend, price.held, price.status, price.delivery,
        price_band=_band(price, world),
    )  # fmt: skip


def _reasons(
    lines: list[Line], mark: Mark, change: Decimal | None, by_session: dict[str, Decimal | None], world: World
) -> dict[str, str]:
    """Return why each unknown change of a priced position is so."""
    reasons = {name: _reason(name, lines[0].instrument, mark, world) for name in SESSIONS if by_session[name] is None}
    if change is None:
        reasons["day"] = "no_previous_close"
    if not all(line.trades_known for line in lines):
        reasons["day"] = "trades_unknown"
    return reasons


def _reason(  # noqa: PLR0911  # a table in words
    name: str, instrument: Instrument, mark: Mark, world: World
) -> str:
    no_previous = mark.previous_close is None
    if ASSET_CLASSES[instrument.asset_class].round_the_clock:
        if name != "round_the_clock":
            return "round_the_clock"
        return "no_previous_close" if no_previous else "no_price_since"
    if name == "round_the_clock":
        return "has_sessions"
    if world.session is MarketSession.REGULAR:
        if name != "regular":
            return "regular_session"
        return "no_previous_close" if no_previous else "no_price_since_open"
    if world.now < world.day.open:
        if name == "regular":
            return "before_open"
        return "no_previous_close" if no_previous else f"no_{name}_price"
    if name == "regular" and no_previous:
        return "no_previous_close"
    return "no_session_close" if mark.session_close is None else f"no_{name}_price"
