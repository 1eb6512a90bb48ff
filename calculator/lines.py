"""Holdings and the day's trades → lines: what an account holds and held at the previous close (pure).

Within `exact_arithmetic()`. Rules: docs/decisions/0032 (splits), 0033 (trades of the day).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from calculator.marks import Marks
from realtime.domain.account import AccountId
from realtime.domain.asset_class import AssetClass
from realtime.domain.holding import AccountHoldings
from realtime.domain.instrument import Instrument
from realtime.domain.transaction import DayTrade, DayTrades

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One account's holding of one instrument.

    Attributes:
        quantity: In units of today: as reported, times `split_pending`.
        units: Quantity times multiplier.
        cost: None when unknown, and for cash.
        opening_units: Units at the previous close: without the day's trades.
        paid: For the day's trades, less what sales brought, in the instrument's currency.
        trades_known: Whether these are all of the day's trades.
        split_pending: New units for each one reported; None when the provider knows of every split.
        is_sold_out: Nothing is held any more; it counts in the changes of the day alone.
    """

    account: AccountId
    institution: str
    quantity: Decimal
    units: Decimal
    cost: Decimal | None
    opening_units: Decimal
    paid: Decimal = _ZERO
    trades_known: bool = True
    split_pending: Decimal | None = None
    is_sold_out: bool = False
    is_cash: bool = False


class _Traded(NamedTuple):
    units: Decimal
    paid: Decimal
    known: bool


def account_lines(account: AccountHoldings, day: DayTrades | None, marks: Marks) -> dict[int, Line]:
    """Return an account's lines by column, those sold out today with a quantity of 0; all instruments have a column.

    Args:
        account: Its holdings.
        day: Its trades; None when nobody asked for them, which counts as none.
        marks: For the instruments, the splits and the trading day.
    """
    moment = marks.moment
    # Holdings from before the day's first trade are what there was at the previous close.
    is_current = account.as_of is None or account.as_of >= moment.pre_open
    if day is None or day.day != moment.trading_day or not is_current:
        trades, known = {}, day is None or not is_current
    else:
        trades, known = _by_column(day.trades, marks), day.known
    lines = {}
    for holding in account.holdings:
        column = marks.column_of[holding.instrument_id]
        instrument = marks.instruments[column]
        ratio = marks.split_since(column, account.as_of)
        quantity = holding.quantity if ratio is None else holding.quantity * ratio
        units = quantity * instrument.multiplier
        if instrument.asset_class is AssetClass.CASH:
            lines[column] = Line(account.account_id, account.institution, quantity, units, None, units, is_cash=True)
            continue
        traded = trades.pop(column, None) or _Traded(_ZERO, _ZERO, True)
        lines[column] = Line(
            account.account_id,
            account.institution,
            quantity,
            units,
            holding.cost_basis,
            units - traded.units,
            traded.paid,
            known and traded.known,
            ratio,
        )
    for column, traded in trades.items():
        lines[column] = Line(
            account.account_id,
            account.institution,
            _ZERO,
            _ZERO,
            None,
            -traded.units,
            traded.paid,
            known and traded.known,
            is_sold_out=True,
        )
    return lines


def _by_column(trades: Iterable[DayTrade], marks: Marks) -> dict[int, _Traded]:
    found: dict[int, _Traded] = {}
    for trade in trades:
        column = marks.column_of[trade.instrument_id]
        instrument = marks.instruments[column]
        if instrument.asset_class is AssetClass.CASH:
            continue
        units, paid, known = found.get(column) or _Traded(_ZERO, _ZERO, True)
        price = _paid(trade, instrument)
        found[column] = _Traded(
            units + (_ZERO if price is None else trade.quantity * instrument.multiplier),
            paid + (_ZERO if price is None else price),
            known and price is not None,
        )
    return found


def _paid(trade: DayTrade, instrument: Instrument) -> Decimal | None:
    """Return what a trade cost at its own price, fees left out; None when neither price nor amount says so."""
    if trade.price is not None and trade.price > 0:
        return trade.quantity * instrument.multiplier * trade.price
    return -trade.amount if trade.amount and trade.currency == instrument.currency else None
