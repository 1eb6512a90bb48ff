"""Plaid's records → ours (pure). One odd record is set aside with its reason, the rest is kept."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache

import msgspec

from providers.base import (
    AccountReport,
    Product,
    ProviderHolding,
    ReportedAccount,
    ReportedInstrument,
    SetAside,
)
from providers.plaid import instruments
from providers.plaid.cash import with_cash
from providers.plaid.documents import Account, Holding, Item, ItemAnswer, RecordIds, Security
from providers.records import Salvaged, salvaged
from realtime.domain.asset_class import AssetClass
from realtime.market_hours import NEW_YORK

_PRODUCTS: dict[str, Product] = {
    "investment": "investments",
    "brokerage": "investments",
    "depository": "transactions",
    "credit": "liabilities",
    "loan": "liabilities",
}
_CLOSE = time(16)
_ROUNDING = Decimal("0.01")
_ITEM_SPARED = frozenset(
    {
        "item", "item.institution_id", "item.institution_name", "item.error", "item.products",
        "item.billed_products", "status", "status.investments", "status.transactions",
    }
)  # fmt: skip
_ACCOUNT_SPARED = frozenset(
    {
        "name", "official_name", "mask", "subtype", "balances", "balances.available", "balances.current",
        "balances.margin_loan_amount", "balances.iso_currency_code", "balances.unofficial_currency_code",
    }
)  # fmt: skip
_SECURITY_SPARED = frozenset({"name", "is_cash_equivalent", "type", "fixed_income"})
_HOLDING_SPARED = frozenset(
    {
        "institution_price", "institution_price_as_of", "institution_price_datetime", "institution_value",
        "cost_basis", "iso_currency_code", "unofficial_currency_code",
    }
)  # fmt: skip
SecurityPool = Mapping[str, Salvaged[Security] | str]
"""By id: a security, or why it cannot be read."""


def item(answer: msgspec.Raw) -> tuple[ItemAnswer, tuple[SetAside, ...]]:
    """Return what Plaid says of an Item, and what of it cannot be read."""
    found = salvaged(answer, ItemAnswer, _ITEM_SPARED)
    if isinstance(found, str):
        return ItemAnswer(), (SetAside(None, f"item: {found}", harmless=True),)
    return found.record, () if found.odd is None else (SetAside(None, f"item: {found.odd}", harmless=True),)


def institution_of(record: msgspec.Raw) -> str | None:
    """Return Plaid's id of the institution behind an Item, if it can be read."""
    found = salvaged(record, Item, {"institution_id", "institution_name", "error", "products", "billed_products"})
    return None if isinstance(found, str) else found.record.institution_id


def accounts(records: Iterable[msgspec.Raw]) -> tuple[list[Account], tuple[SetAside, ...]]:
    """Return the accounts that can be read, and why others, or parts of them, cannot."""
    read, odd = [], []
    for record in records:
        found = salvaged(record, Account, _ACCOUNT_SPARED)
        if isinstance(found, str):
            odd.append(SetAside(None, f"account: {found}"))
            continue
        read.append(found.record)
        if found.odd is not None:
            odd.append(SetAside(None, f"account {found.record.account_id}: {found.odd}", harmless=True))
    return read, tuple(odd)


def reported_account(account: Account) -> ReportedAccount:
    """Return an account; its total is what the institution shows, negative for a debt."""
    balances = account.balances
    owed = _product(account) == "liabilities"
    total = balances.current if balances.current is not None else balances.available
    return ReportedAccount(
        id=account.account_id,
        name=account.name or account.official_name or f"Account {account.mask or ''}".strip(),
        product=_product(account),
        account_type=account.type,
        subtype=account.subtype,
        mask=account.mask,
        currency=_currency(account),
        total=-total if owed and total is not None else total,
    )


def cash_report(account: Account, as_of: datetime | None) -> AccountReport:
    """Return a bank account as what it is, its balance in cash; a debt holds nothing."""
    reported = reported_account(account)
    if reported.product == "liabilities":
        return AccountReport(reported, None, as_of)
    if reported.total is None or reported.currency is None:
        return AccountReport(reported, (), as_of, unusable="Plaid does not know the balance")
    money = ProviderHolding(
        instruments.cash(reported.currency), reported.total, reported.total, Decimal(1), as_of, reported.total
    )
    return AccountReport(reported, (money,) if reported.total else (), as_of)


def securities(records: Iterable[msgspec.Raw]) -> SecurityPool:
    """Return the securities by id; for one that cannot be read, why."""
    pool: dict[str, Salvaged[Security] | str] = {}
    for record in records:
        found = salvaged(record, Security, _SECURITY_SPARED)
        alias = _ids(record).security_id if isinstance(found, str) else found.record.security_id
        if alias is not None:
            pool[alias] = found
    return pool


def account_reports(
    read: Sequence[Account],
    holdings: Iterable[msgspec.Raw],
    pool: SecurityPool,
    institution: str | None,
    as_of: datetime | None,
) -> tuple[tuple[AccountReport, ...], tuple[SetAside, ...]]:
    """Return a report for each account, and holdings of accounts that cannot be read or are not listed.

    A holding that cannot be read is set aside in its account; one without a known account, in all accounts that may
    hold it: what they hold of it stays. A bank account without holdings is its balance.
    """
    lines: dict[str, list[ProviderHolding]] = {account.account_id: [] for account in read}
    odd: dict[str, list[SetAside]] = {account.account_id: [] for account in read}
    unlisted: list[SetAside] = []
    for record in holdings:
        found = salvaged(record, Holding, _HOLDING_SPARED)
        ids = _ids(record) if isinstance(found, str) else found.record
        line, oddity = (None, found) if isinstance(found, str) else _holding(found, pool, institution, as_of)
        if ids.account_id in lines:
            if oddity is not None:
                odd[ids.account_id].append(SetAside(ids.security_id, oddity, harmless=line is not None))
            if line is not None and line.quantity:
                lines[ids.account_id].append(line)
            continue
        homeless = SetAside(ids.security_id, oddity or f"a holding of account {ids.account_id}, which is not listed")
        unlisted.append(homeless)
        for owner in _investments(read):
            odd[owner].append(homeless)
    reports = []
    for account in read:
        held, unread = lines[account.account_id], odd[account.account_id]
        if held or unread or _product(account) == "investments":
            owned, worth = with_cash(account.balances, reported_account(account), held)
            reports.append(AccountReport(owned, worth, as_of, tuple(unread)))
        else:
            reports.append(cash_report(account, as_of))
    return tuple(reports), tuple(unlisted)


def _investments(read: Iterable[Account]) -> list[str]:
    return [account.account_id for account in read if _product(account) == "investments"]


def _holding(
    found: Salvaged[Holding],
    pool: SecurityPool,
    institution: str | None,
    as_of: datetime | None,
) -> tuple[ProviderHolding | None, str | None]:
    """Return the holding, and why it or a part of it cannot be read."""
    holding = found.record
    security = pool.get(holding.security_id, "its security is missing from the answer")
    if isinstance(security, str):
        return None, security
    oddity = "; ".join(odd for odd in (found.odd, security.odd) if odd is not None) or None
    amounts_currency = instruments.currency_of(holding.iso_currency_code, holding.unofficial_currency_code)
    instrument = instruments.instrument(security.record, amounts_currency, institution)
    if instrument is None:
        return None, "no currency"
    scale = instruments.pence(holding.iso_currency_code, holding.unofficial_currency_code)
    known = amounts_currency == instrument.currency
    price, value, cost = (
        amount / scale if known and amount is not None else None
        for amount in (holding.institution_price, holding.institution_value, holding.cost_basis)
    )
    if instrument.asset_class is AssetClass.CASH:
        return _cash(instrument, holding, price, value, as_of), oddity
    line = ProviderHolding(
        instrument=instrument,
        quantity=_quantity(holding, instrument.multiplier),
        cost_basis=_cost_basis(holding, cost),
        price=_unit_price(holding.quantity, price, value) if instrument.multiplier == 1 else price,
        price_time=_price_time(holding) or as_of,
        value=value,
    )
    return line, oddity


def _cash(
    instrument: ReportedInstrument,
    holding: Holding,
    price: Decimal | None,
    value: Decimal | None,
    as_of: datetime | None,
) -> ProviderHolding:
    """Return money: an amount at a price of one, whatever the institution calls a unit."""
    amount = holding.quantity if price in (None, 1) or value is None else value
    return ProviderHolding(instrument, amount, amount, Decimal(1), as_of, amount)


def contracts(units: Decimal, price: Decimal | None, value: Decimal | None, multiplier: Decimal) -> Decimal:
    """Return an option's quantity in contracts.

    Plaid's quantity is in units of the underlying, so that value = quantity * price. Where an institution passes
    on contracts, its value shows it: then it is nearer to quantity * price * multiplier.
    """
    if price and value:
        as_units = abs(abs(value) - abs(units * price))
        as_contracts = abs(abs(value) - abs(units * price * multiplier))
        if as_contracts < as_units:
            return units
    return units / multiplier


def _unit_price(quantity: Decimal, price: Decimal | None, value: Decimal | None) -> Decimal | None:
    """Return the price of a unit: bonds are quoted per 100 of face value, and the value shows it."""
    if price is None or not value or not quantity:
        return price
    agrees = abs(abs(quantity * price) - abs(value)) <= _ROUNDING * abs(value)
    return price if agrees else abs(value / quantity)


def _quantity(holding: Holding, multiplier: Decimal) -> Decimal:
    """Return what the user owns: the vested part of a stock plan, contracts of an option."""
    units = holding.quantity if holding.vested_quantity is None else holding.vested_quantity
    if multiplier == 1:
        return units
    return contracts(units, holding.institution_price, holding.institution_value, multiplier)


def _cost_basis(holding: Holding, cost: Decimal | None) -> Decimal | None:
    """Return the total cost, signed like the quantity; None when it covers unvested units too."""
    if holding.vested_quantity not in (None, holding.quantity):
        return None
    return -abs(cost) if cost is not None and holding.quantity < 0 else cost


def _price_time(holding: Holding) -> datetime | None:
    """Return when the price was current; a mere date counts from that day's close in New York."""
    exact = holding.institution_price_datetime
    if exact is not None and (exact.hour or exact.minute):
        return exact if exact.tzinfo else exact.replace(tzinfo=UTC)
    day = holding.institution_price_as_of
    return None if day is None else _close_of(day)


@lru_cache(maxsize=1024)
def _close_of(day: date) -> datetime:
    return datetime.combine(day, _CLOSE, NEW_YORK).astimezone(UTC)


def _product(account: Account) -> Product:
    return _PRODUCTS.get(account.type, "investments")


def _currency(account: Account) -> str | None:
    return instruments.currency_of(account.balances.iso_currency_code, account.balances.unofficial_currency_code)


def _ids(record: msgspec.Raw) -> RecordIds:
    found = salvaged(record, RecordIds, {"account_id", "security_id"})
    return RecordIds() if isinstance(found, str) else found.record
