"""The oracle's lines: one holding in one currency, with what was traded of it today, unrounded."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from realtime.domain.asset_class import AssetClass
from realtime.domain.holding import AccountHoldings
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import Price
from realtime.market_hours import MarketSession
from tests.support.exact_marks import (
    ZERO,
    Mark,
    World,
    first_trade_of,
    fx_rate,
    fx_stale_since,
    mark_of,
    split_ratio,
)

SESSIONS = ("regular", "extended", "overnight", "round_the_clock")


@dataclass(frozen=True)
class Line:
    """One holding in one currency, unrounded; an amount is None when it is unknown.

    Attributes:
        bought: Units bought today less those sold, and `paid` for them.
        is_sold_out: Traded today, and not held any more.
        hours: Of the regular session of the current trading day: before, open or after.
    """

    account: AccountHoldings
    instrument: Instrument
    mark: Mark
    rate: Decimal | None
    rate_stale_since: datetime | None
    quantity: Decimal
    cost_basis: Decimal | None
    split_pending: Decimal | None
    bought: Decimal
    paid: Decimal
    trades_known: bool
    is_sold_out: bool
    hours: str
    price: Price | None

    @property
    def units(self) -> Decimal:
        return self.quantity * self.instrument.multiplier

    @property
    def is_cash(self) -> bool:
        return self.instrument.asset_class is AssetClass.CASH

    @property
    def value(self) -> Decimal | None:
        if self.mark.price is None or self.rate is None:
            return None
        return self.units * self.mark.price * self.rate

    @property
    def cost(self) -> Decimal | None:
        if self.cost_basis is None or self.rate is None or self.is_cash:
            return None
        return self.cost_basis * self.rate

    @property
    def gain(self) -> Decimal | None:
        return None if self.value is None or self.cost is None else self.value - self.cost

    @property
    def change(self) -> Decimal | None:
        return self.change_until(ZERO if self.is_sold_out else self.mark.price)

    def change_until(self, price: Decimal | None) -> Decimal | None:
        """Return the change from the previous close to a price: what there is and came in, less what there was."""
        held_before = self.units - self.bought
        if price is None or self.rate is None or self.is_cash or (held_before and self.mark.previous_close is None):
            return None
        dividends = held_before * (self.mark.dividend or ZERO)
        before = held_before * (self.mark.previous_close or ZERO)
        if self.mark.previous_close is None:
            dividends = ZERO
        return (self.units * price - self.paid + dividends - before) * self.rate

    @property
    def changes(self) -> dict[str, Decimal | None]:
        """The change by market session."""
        mark = self.mark
        found: dict[str, Decimal | None] = dict.fromkeys(SESSIONS)
        if mark.price is None or self.rate is None or self.is_cash:
            return found
        if mark.made_in == "round_the_clock":
            found["round_the_clock"] = self.change
        elif self.hours == "before" and mark.made_in is not None:
            found[mark.made_in] = self.change
        elif self.hours == "open" and mark.made_in == "regular":
            found["regular"] = self.change
        elif self.hours == "after" and mark.session_close is not None:
            found["regular"] = self.change_until(mark.session_close)
            if mark.made_in is not None:
                found[mark.made_in] = self.units * (mark.price - mark.session_close) * self.rate
        return found


def lines_of(account: AccountHoldings, currency: str, world: World) -> list[Line]:
    trades, known = _trades(account, world)
    held = {holding.instrument_id: holding for holding in account.holdings}
    lines = []
    for key in (*held, *(key for key in trades if key not in held)):
        instrument = world.instruments[key]
        is_cash = instrument.asset_class is AssetClass.CASH
        holding = held.get(key)
        ratio = None if holding is None or account.as_of is None else split_ratio(instrument, account.as_of, world)
        bought, paid, told = (ZERO, ZERO, True) if is_cash else trades.get(key, (ZERO, ZERO, True))
        lines.append(
            Line(
                account=account,
                instrument=instrument,
                mark=mark_of(instrument, world),
                rate=fx_rate(instrument.currency, currency, world),
                rate_stale_since=fx_stale_since(instrument.currency, currency, world),
                quantity=ZERO if holding is None else holding.quantity * (1 if ratio is None else ratio),
                cost_basis=None if holding is None else holding.cost_basis,
                split_pending=None if is_cash else ratio,
                bought=bought,
                paid=paid,
                trades_known=is_cash or (known and told),
                is_sold_out=holding is None,
                hours="open"
                if world.session is MarketSession.REGULAR
                else "before"
                if world.now < world.day.open
                else "after",
                price=world.prices.get(key),
            )
        )
    return lines


def _trades(account: AccountHoldings, world: World) -> tuple[dict[InstrumentId, tuple[Decimal, Decimal, bool]], bool]:
    """Return units bought, what was paid, and whether that is known, by instrument; and whether these are all trades.

    Holdings from before the day's first trade have none of the day's trades in them.
    """
    told = world.trades.get(account.account_id)
    if told is None or (account.as_of is not None and account.as_of < first_trade_of(world.day.date)):
        return {}, True
    if told.day != world.day.date:
        return {}, False
    found: dict[InstrumentId, tuple[Decimal, Decimal, bool]] = {}
    for trade in told.trades:
        instrument = world.instruments[trade.instrument_id]
        if instrument.asset_class is AssetClass.CASH:
            continue
        units, paid, known = found.get(trade.instrument_id, (ZERO, ZERO, True))
        if trade.price is not None and trade.price > 0:
            units += trade.quantity * instrument.multiplier
            paid += trade.quantity * instrument.multiplier * trade.price
        elif trade.amount != 0 and trade.currency == instrument.currency:
            units += trade.quantity * instrument.multiplier
            paid -= trade.amount
        else:
            known = False
        found[trade.instrument_id] = (units, paid, known)
    return found, told.known
