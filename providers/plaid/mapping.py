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
from providers.plaid.documents import Account, Holding, RecordIds, Security
from providers.records import decoded
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
_PENCE = Decimal(100)
SecurityPool = Mapping[str, Security | str]
"""By id: a security, or why it cannot be read."""


def accounts(records: Iterable[msgspec.Raw]) -> tuple[list[Account], tuple[SetAside, ...]]:
    """Return the accounts that can be read, and why the others cannot."""
    read, odd = [], []
    for record in records:
        account = decoded(record, Account)
        if isinstance(account, str):
            odd.append(SetAside(None, f"account: {account}"))
        else:
            read.append(account)
    return read, tuple(odd)


def reported_account(account: Account) -> ReportedAccount:
    """Return an account; its total is what the institution shows, negative for a debt."""
    balances = account.balances
    owed = _product(account) == "liabilities"
    total = balances.current if balances.current is not None else balances.available
    return ReportedAccount(
        id=account.account_id,
        name=account.name,
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
    pool: dict[str, Security | str] = {}
    for record in records:
        security = decoded(record, Security)
        alias = _ids(record).security_id if isinstance(security, str) else security.security_id
        if isinstance(alias, str):
            pool[alias] = security
    return pool


def account_reports(
    read: Sequence[Account],
    holdings: Iterable[msgspec.Raw],
    pool: SecurityPool,
    institution: str | None,
    as_of: datetime | None,
) -> tuple[AccountReport, ...]:
    """Return a report for each account; a holding that cannot be read is set aside in its account.

    A bank account without holdings is its balance. A holding of which not even the account can be read makes all
    investment accounts unusable this time.
    """
    lines: dict[str, list[ProviderHolding]] = {account.account_id: [] for account in read}
    odd: dict[str, list[SetAside]] = {account.account_id: [] for account in read}
    homeless: str | None = None
    for record in holdings:
        ids = _ids(record)
        if not isinstance(ids.account_id, str):
            homeless = "a holding without an account"
        elif ids.account_id in lines:
            line = _holding(record, pool, institution, as_of)
            if isinstance(line, str):
                odd[ids.account_id].append(
                    SetAside(ids.security_id if isinstance(ids.security_id, str) else None, line)
                )
            elif line.quantity:
                lines[ids.account_id].append(line)
    reports = []
    for account in read:
        held, unread = lines[account.account_id], odd[account.account_id]
        if held or unread or _product(account) == "investments":
            reports.append(AccountReport(reported_account(account), tuple(held), as_of, tuple(unread), homeless))
        else:
            reports.append(cash_report(account, as_of))
    return tuple(reports)


def _holding(
    record: msgspec.Raw,
    pool: SecurityPool,
    institution: str | None,
    as_of: datetime | None,
) -> ProviderHolding | str:
    """Return the holding, or why it cannot be read."""
    holding = decoded(record, Holding)
    if isinstance(holding, str):
        return holding
    security = pool.get(holding.security_id, "its security is missing from the answer")
    if isinstance(security, str):
        return security
    amounts_currency = instruments.currency_of(holding.iso_currency_code, holding.unofficial_currency_code)
    instrument = instruments.instrument(security, amounts_currency, institution)
    if instrument is None:
        return "no currency"
    scale = _PENCE if (holding.unofficial_currency_code or "").upper() == "GBX" else Decimal(1)
    known = amounts_currency == instrument.currency
    price, value, cost = (
        amount / scale if known and amount is not None else None
        for amount in (holding.institution_price, holding.institution_value, holding.cost_basis)
    )
    if instrument.asset_class is AssetClass.CASH:
        return _cash(instrument, holding, price, value, as_of)
    return ProviderHolding(
        instrument=instrument,
        quantity=_quantity(holding, instrument.multiplier),
        cost_basis=_cost_basis(holding, cost),
        price=price,
        price_time=_price_time(holding) or as_of,
        value=value,
    )


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
    try:
        return msgspec.json.decode(record, type=RecordIds)
    except msgspec.ValidationError:
        return RecordIds()
