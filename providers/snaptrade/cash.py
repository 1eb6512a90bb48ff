"""SnapTrade's balances → cash (pure): a row a currency, in which money-market sweep funds are counted already."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from providers.base import ProviderHolding, ReportedInstrument, SetAside
from providers.records import decoded
from providers.snaptrade.documents import Balance
from realtime.domain.asset_class import AssetClass
from realtime.domain.symbol import cash_symbol

_INSIDE = Decimal("0.99")
"""A sweep fund is inside cash that is at least so much of it: both are rounded, at different times."""


def cash_of(
    balances: Iterable[msgspec.Raw], sweep: Iterable[ProviderHolding], as_of: datetime | None
) -> tuple[tuple[ProviderHolding, ...], tuple[SetAside, ...]]:
    """Return the cash without the sweep funds that are holdings too, and why some of it cannot be read.

    Args:
        balances: A row for each currency.
        sweep: The holdings that are part of the cash (`cash_equivalent`); one without a value stays cash.
        as_of: When it was read.
    """
    swept: dict[str, Decimal] = {}
    for line in sweep:
        currency = line.instrument.currency
        swept[currency] = swept.get(currency, Decimal(0)) + (line.value or Decimal(0))
    cash: list[ProviderHolding] = []
    odd: list[SetAside] = []
    for record in balances:
        money = _money(record, swept, as_of)
        if isinstance(money, SetAside):
            odd.append(money)
        elif money.quantity:
            cash.append(money)
    return tuple(cash), tuple(odd)


def _money(record: msgspec.Raw, swept: dict[str, Decimal], as_of: datetime | None) -> ProviderHolding | SetAside:
    balance = decoded(record, Balance)
    symbol = _symbol(record)
    if symbol is None:
        return SetAside(None, "cash without a currency" if not isinstance(balance, str) else f"cash: {balance}")
    if isinstance(balance, str) or balance.cash is None:
        return SetAside(symbol, balance if isinstance(balance, str) else "no amount of cash")
    currency = symbol.removeprefix("CUR:")
    inside = swept.get(currency, Decimal(0))
    amount = balance.cash - inside if balance.cash >= inside * _INSIDE else balance.cash
    money = ReportedInstrument(symbol, symbol, AssetClass.CASH, currency, Decimal(1), currency, listed=False)
    return ProviderHolding(money, amount, amount, Decimal(1), as_of, amount)


def _symbol(record: msgspec.Raw) -> str | None:
    """Return the symbol of a row's money, also when its amount cannot be read."""
    try:
        row = msgspec.json.decode(record)
        code = row["currency"]["code"]
    except (msgspec.DecodeError, TypeError, KeyError):
        return None
    return cash_symbol(code) if isinstance(code, str) else None
