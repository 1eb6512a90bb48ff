"""A part of a subject as it is published: a position, rounded to cents (pure). Within `exact_arithmetic()`."""

from collections.abc import Mapping
from decimal import Decimal

from calculator.change_reasons import NO_REASONS, Session
from calculator.lines import Line
from calculator.measures import cents, percent
from calculator.parts import Held, Part, in_currency
from realtime.domain.account import AccountId
from realtime.domain.instrument import Instrument
from realtime.domain.value import Contribution, Position, PositionChanges, StaleReason

_NAMES = ("day", *(session.name.lower() for session in Session))


def position(
    instrument: Instrument, held: Held, part: Part, institution: str | None, account: AccountId | None
) -> Position:
    """Return a position; in a portfolio (no account) cost and gain are known only when every account's cost is."""
    value, _, cost, gain, change, (regular, extended, overnight, round_the_clock), mark, rate, rate_stale = part
    if not held.fully_costed:
        cost = gain = None
    day_change = None if change is None else cents(change)
    return Position(  # by place: this runs for every position that moves
        instrument.id,
        instrument.symbol,
        instrument.name,
        instrument.asset_class,
        held.quantity,
        instrument.multiplier,
        mark.price,
        mark.time,
        mark.source,
        mark.stale is not None or rate_stale is not None,
        mark.previous_close,
        mark.previous_close_date,
        instrument.currency,
        rate,
        None if value is None else cents(value),
        None if cost is None else cents(cost),
        None if cost is None else held.average_cost,
        None if gain is None else cents(gain),
        None if gain is None or cost is None else percent(gain, abs(cost)),
        day_change,
        None if change is None or value is None else percent(change, abs(value - change)),
        unpriced_reason(part),
        institution,
        account,
        () if account is not None else tuple([_contribution(line, part) for line in held.lines]),
        mark.stale if mark.stale is not None or rate_stale is None else StaleReason.OLD_FX_RATE,
        None if value is None else mark.covered if rate_stale is None else part.covered,
        held.split_pending,
        PositionChanges(
            day_change if regular is change else _cents(regular),
            day_change if extended is change else _cents(extended),
            None if overnight is None else cents(overnight),
            day_change if round_the_clock is change else _cents(round_the_clock),
            mark.extended_since,
        ),
        mark.reasons if value is not None and mark.base is not None and held.trades_known else _reasons(held, part),
        mark.facts,
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
    changes = dict(zip(_NAMES, (part.change, *part.changes), strict=True))
    found = {name: reason for name, reason in reasons.items() if changes[name] is None}
    return found if held.trades_known else {**found, "day": "trades_unknown"}


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else cents(amount)


def _contribution(line: Line, part: Part) -> Contribution:
    value = part.value
    if value is not None and part.mark.price is not None and part.rate is not None:
        value = cents(in_currency(line.units * part.mark.price, part.rate))
    return Contribution(line.account, line.institution, line.quantity, value)
