"""What Plaid's balances say of an account's cash beyond its holdings (pure).

Cash is a holding at Plaid, and counts once. Two things may stand in the balances alone: a margin loan, and cash of
institutions that do not list it. The second is believed only when two figures agree on it, since what a half-finished
answer lacks looks the same (docs/decisions/0111).
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from providers.base import ProviderHolding, ReportedAccount
from providers.plaid import instruments
from providers.plaid.documents import Balances
from realtime.domain.asset_class import AssetClass

_AGREEMENT = Decimal("0.01")
"""Share of the cash by which two figures of it may differ."""


def with_cash(
    balances: Balances, account: ReportedAccount, held: Sequence[ProviderHolding]
) -> tuple[ReportedAccount, tuple[ProviderHolding, ...]]:
    """Return an investment account, its total net of a loan, and its holdings with the cash that is none of them."""
    currency = account.currency
    if currency is None:
        return account, tuple(held)
    loan = _loan(balances, currency, held)
    worth = _worth(held, currency)
    if worth is None:
        return account, (*held, *_money(currency, -loan))
    total = account.total
    gross = loan and total is not None and abs(worth - total) < abs(worth - loan - total)
    net = replace(account, total=total - loan) if gross and total is not None else account
    return net, (*held, *_money(currency, _unlisted(balances, worth, held) - loan))


def _loan(balances: Balances, currency: str, held: Sequence[ProviderHolding]) -> Decimal:
    """Return a margin loan that no holding shows; where one does, it is negative cash."""
    loan = balances.margin_loan_amount or Decimal(0)
    shown = any(line.quantity < 0 for line in held if _is_cash(line) and line.instrument.currency == currency)
    return Decimal(0) if shown or loan < 0 else loan


def _unlisted(balances: Balances, worth: Decimal, held: Sequence[ProviderHolding]) -> Decimal:
    """Return cash that is in the balances and not among the holdings; 0 unless `available` is what is missing."""
    available, current = balances.available, balances.current
    if current is None or not available or available < 0 or any(_is_cash(line) for line in held):
        return Decimal(0)
    missing = current - worth
    return available if abs(missing - available) <= max(_AGREEMENT * available, _AGREEMENT) else Decimal(0)


def _worth(held: Sequence[ProviderHolding], currency: str) -> Decimal | None:
    """Return what the holdings are worth; None when a value is unknown or in another currency."""
    worth = Decimal(0)
    for line in held:
        if line.value is None or line.instrument.currency != currency:
            return None
        worth += line.value
    return worth


def _money(currency: str, amount: Decimal) -> tuple[ProviderHolding, ...]:
    if not amount:
        return ()
    return (ProviderHolding(instruments.cash(currency), amount, amount, Decimal(1), None, amount),)


def _is_cash(line: ProviderHolding) -> bool:
    return line.instrument.asset_class is AssetClass.CASH
