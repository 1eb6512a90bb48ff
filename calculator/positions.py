"""A part of a subject as it is published: a position, rounded to cents (pure). Within `exact_arithmetic()`."""

from calculator.measures import cents, percent
from calculator.parts import Held, Line, Part, in_currency
from realtime.domain.account import AccountId
from realtime.domain.instrument import Instrument
from realtime.domain.value import Contribution, Position


def position(
    instrument: Instrument, held: Held, part: Part, institution: str | None, account: AccountId | None
) -> Position:
    """Return a position; in a portfolio (no account) cost and gain are known only when every account's cost is."""
    value, _, cost, gain, change, mark, rate = part
    if not held.fully_costed:
        cost = gain = None
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
        mark.stale,
        mark.previous_close,
        mark.previous_close_date,
        instrument.currency,
        rate,
        None if value is None else cents(value),
        None if cost is None else cents(cost),
        None if cost is None else held.average_cost,
        None if gain is None else cents(gain),
        None if gain is None or cost is None else percent(gain, abs(cost)),
        None if change is None else cents(change),
        None if change is None or value is None else percent(change, abs(value - change)),
        unpriced_reason(part),
        institution,
        account,
        () if account is not None else tuple([_contribution(line, part) for line in held.lines]),
    )


def unpriced_reason(part: Part) -> str | None:
    """Return why there is no market value."""
    if part.mark.price is None:
        return "no_price"
    return "no_fx_rate" if part.rate is None else None


def _contribution(line: Line, part: Part) -> Contribution:
    value = part.value
    if value is not None and part.mark.price is not None and part.rate is not None:
        value = cents(in_currency(line.units * part.mark.price, part.rate))
    return Contribution(line.account, line.institution, line.quantity, value)
