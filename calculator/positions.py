"""A part of a subject as it is published: a position, rounded to cents (pure). Within `exact_arithmetic()`."""

from collections.abc import Mapping
from decimal import Decimal

from calculator.change_reasons import NO_REASONS, Session
from calculator.measures import cents, percent
from calculator.parts import Held, Part, in_currency
from realtime.domain.account import AccountId
from realtime.domain.instrument import Instrument
from realtime.domain.value import Contribution, Position, PositionChanges, Repriced, StaleReason

_NAMES = ("day", *(session.name.lower() for session in Session))


def position(
    instrument: Instrument, held: Held, part: Part, institution: str | None, account: AccountId | None
) -> Position:
    """Return a position; in a portfolio (no account) cost and gain are known only when every account's cost is."""
    value, mark, rate_stale = part.value, part.mark, part.rate_stale_since
    cost = part.cost if held.fully_costed else None
    new = repriced(held, part, account)
    contributions = () if account is not None else zip(held.lines, new.contributed, strict=True)
    return Position(
        instrument=instrument.id,
        symbol=instrument.symbol,
        name=instrument.name,
        asset_class=instrument.asset_class,
        quantity=held.quantity,
        multiplier=instrument.multiplier,
        price=new.price,
        price_time=new.price_time,
        price_source=new.price_source,
        stale=mark.stale is not None or rate_stale is not None,
        previous_close=mark.previous_close,
        previous_close_date=mark.previous_close_date,
        currency=instrument.currency,
        fx_rate=part.rate,
        market_value=new.market_value,
        cost_basis=None if cost is None else cents(cost),
        average_cost=None if cost is None else held.average_cost,
        unrealized_gain=new.unrealized_gain,
        unrealized_gain_pct=new.unrealized_gain_pct,
        day_change=new.day_change,
        day_change_pct=new.day_change_pct,
        unpriced_reason=unpriced_reason(part),
        institution=institution,
        account=account,
        contributions=tuple(
            [Contribution(line.account, line.institution, line.quantity, amount) for line, amount in contributions]
        ),
        stale_reason=mark.stale if mark.stale is not None or rate_stale is None else StaleReason.OLD_FX_RATE,
        covered=None if value is None else part.covered,
        split_pending=held.split_pending,
        changes=PositionChanges(new.regular, new.extended, new.overnight, new.round_the_clock, mark.extended_since),
        change_reasons=_reasons(held, part),
        market=mark.facts,
    )


def repriced(held: Held, part: Part, account: AccountId | None) -> Repriced:
    """Return what of a position its price moves."""
    value, _, cost, gain, change, (regular, extended, overnight, round_the_clock), mark, rate, _ = part
    day_change = None if change is None else cents(change)
    if not held.fully_costed:
        cost = gain = None
    market_value = None if value is None else cents(value)
    return Repriced(  # by place: this runs for every position that moves
        mark.price,
        mark.time,
        mark.source,
        market_value,
        None if gain is None else cents(gain),
        None if gain is None or cost is None else percent(gain, abs(cost)),
        day_change,
        None if change is None or value is None else percent(change, abs(value - change)),
        day_change if regular is change else _cents(regular),
        day_change if extended is change else _cents(extended),
        None if overnight is None else cents(overnight),
        day_change if round_the_clock is change else _cents(round_the_clock),
        () if account is not None else _contributed(held, mark.price, rate, market_value),
    )


def unpriced_reason(part: Part) -> str | None:
    """Return why there is no market value."""
    if part.mark.price is None:
        return "no_price"
    return "no_fx_rate" if part.rate is None else None


def _reasons(held: Held, part: Part) -> Mapping[str, str]:
    if part.value is None:
        return NO_REASONS
    reasons = part.mark.reasons
    if part.mark.base is not None and held.trades_known:
        return reasons
    changes = dict(zip(_NAMES, (part.change, *part.changes), strict=True))
    found = {name: reason for name, reason in reasons.items() if changes[name] is None}
    return found if held.trades_known else {**found, "day": "trades_unknown"}


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else cents(amount)


def _contributed(
    held: Held, price: Decimal | None, rate: Decimal | None, market_value: Decimal | None
) -> tuple[Decimal | None, ...]:
    """Return the market value of each line, in the subject's currency."""
    if len(held.lines) == 1:
        return (market_value,)
    if price is None or rate is None:
        return (None,) * len(held.lines)
    return tuple([cents(in_currency(line.units * price, rate)) for line in held.lines])
