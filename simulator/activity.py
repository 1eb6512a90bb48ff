"""The past of an account: deposits, buys, dividends and interest that lead to what it holds (pure).

The past ends at a fixed day, so that ids and dates are the same on every start.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

HISTORY_END = date(2026, 11, 13)
HISTORY_DAYS = 700
_CENT = Decimal("0.01")

Kind = Literal["buy", "sell", "dividend", "interest", "deposit", "withdrawal", "fee"]


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of an account's history.

    Attributes:
        quantity: Signed: bought positive, sold negative; 0 for cash alone.
        amount: Change of cash in `currency`: a deposit or a sale positive, a purchase negative.
        price: Per share (per share of the underlying for options).
    """

    id: str
    day: date
    kind: Kind
    symbol: str | None
    quantity: Decimal
    price: Decimal
    amount: Decimal
    fee: Decimal
    currency: str
    description: str


@dataclass(frozen=True, slots=True)
class PastHolding:
    """What the history must lead to; `cost_basis` is the total, None when unknown."""

    symbol: str
    name: str
    kind: str
    currency: str
    multiplier: Decimal
    quantity: Decimal
    cost_basis: Decimal | None
    price: Decimal


DIVIDEND_KINDS = ("equity", "etf", "mutual_fund")


def history(account_key: str, currency: str, holdings: Iterable[PastHolding], seed: int) -> list[Activity]:
    """Return the account's past, newest first; buys add up to each holding's quantity and cost basis."""
    rng = random.Random(f"history/{seed}/{account_key}")
    lines: list[Activity] = []
    for holding in holdings:
        lines += _openings(account_key, holding, rng)
        if holding.kind in DIVIDEND_KINDS and holding.quantity > 0:
            lines += _dividends(account_key, holding, rng)
    paid = -sum((line.amount for line in lines if line.currency == currency and line.amount < 0), Decimal(0))
    lines += _deposits(account_key, currency, paid, rng)
    return sorted(lines, key=lambda line: (line.day, line.id), reverse=True)


def _openings(account_key: str, holding: PastHolding, rng: random.Random) -> list[Activity]:
    """Return one to three trades; the last one takes what rounding left, so the sums are exact."""
    parts = (
        1
        if holding.quantity == holding.quantity.to_integral_value() and abs(holding.quantity) < 3
        else rng.randint(1, 3)
    )
    cost = holding.cost_basis
    if cost is None:
        cost = holding.quantity * holding.multiplier * holding.price * Decimal(rng.randint(70, 105)) / 100
    cost = cost.quantize(_CENT, ROUND_HALF_EVEN)
    unit = Decimal(1) if holding.quantity == holding.quantity.to_integral_value() else Decimal("0.000001")
    lines = []
    quantity_left, cost_left = holding.quantity, cost
    for part in range(parts):
        last = part == parts - 1
        quantity = quantity_left if last else (holding.quantity / parts).quantize(unit)
        amount = cost_left if last else (cost / parts).quantize(_CENT)
        quantity_left -= quantity
        cost_left -= amount
        price = (amount / (quantity * holding.multiplier)).quantize(Decimal("0.0001"))
        kind: Kind = "buy" if holding.quantity > 0 else "sell"
        lines.append(
            Activity(
                id=f"{account_key}/{holding.symbol}/open/{part}",
                day=_some_day(rng),
                kind=kind,
                symbol=holding.symbol,
                quantity=quantity,
                price=price,
                amount=-amount,
                fee=Decimal(0),
                currency=holding.currency,
                description=f"{'BUY' if kind == 'buy' else 'SELL SHORT'} {holding.name}",
            )
        )
    return lines


def _dividends(account_key: str, holding: PastHolding, rng: random.Random) -> list[Activity]:
    if rng.random() < 0.4:
        return []
    yearly = holding.quantity * holding.price * Decimal(rng.randint(8, 35)) / 1000
    first = HISTORY_END - timedelta(days=rng.randint(5, 90))
    return [
        Activity(
            id=f"{account_key}/{holding.symbol}/dividend/{quarter}",
            day=_weekday(first - timedelta(days=91 * quarter)),
            kind="dividend",
            symbol=holding.symbol,
            quantity=Decimal(0),
            price=Decimal(0),
            amount=(yearly / 4).quantize(_CENT),
            fee=Decimal(0),
            currency=holding.currency,
            description=f"DIVIDEND {holding.name}",
        )
        for quarter in range(4)
    ]


def _deposits(account_key: str, currency: str, paid: Decimal, rng: random.Random) -> list[Activity]:
    """Return monthly deposits that cover what was bought."""
    months = 12
    amount = (paid / months).quantize(_CENT)
    first = HISTORY_END - timedelta(days=rng.randint(0, 27))
    return [
        Activity(
            id=f"{account_key}/deposit/{month}",
            day=_weekday(first - timedelta(days=30 * month)),
            kind="deposit",
            symbol=None,
            quantity=Decimal(0),
            price=Decimal(0),
            amount=amount,
            fee=Decimal(0),
            currency=currency,
            description="ACH DEPOSIT",
        )
        for month in range(months)
        if amount > 0
    ]


def _some_day(rng: random.Random) -> date:
    return _weekday(HISTORY_END - timedelta(days=rng.randint(1, HISTORY_DAYS)))


def _weekday(day: date) -> date:
    """Return the day, or the Friday before it."""
    return day - timedelta(days=max(0, day.weekday() - 4))
