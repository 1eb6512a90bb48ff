"""Lines of a statement → accounts and holdings (pure). One odd line is set aside with its reason, the rest is kept."""

import csv
from datetime import datetime
from decimal import Decimal

import msgspec

from providers.base import AccountReport, ProviderHolding, ReportedAccount, ReportedInstrument, SetAside
from providers.records import salvaged
from realtime.domain.asset_class import AssetClass
from realtime.domain.symbol import cash_symbol, equity_symbol


class Line(msgspec.Struct, frozen=True):
    """`account,symbol,quantity,price,cost`; cash is `CUR:USD` and its amount."""

    account: str
    symbol: str
    quantity: Decimal
    price: Decimal | None = None
    cost: Decimal | None = None


def account_reports(text: str, as_of: datetime) -> tuple[tuple[AccountReport, ...], tuple[SetAside, ...]]:
    """Return the accounts of a statement with their holdings, and lines that name no account."""
    holdings: dict[str, list[ProviderHolding]] = {}
    odd: dict[str, list[SetAside]] = {}
    homeless: list[SetAside] = []
    for record in csv.DictReader(text.splitlines()):
        found = salvaged({name: cell for name, cell in record.items() if cell}, Line, {"price", "cost"})
        account = record.get("account")
        if not account:
            homeless.append(SetAside(record.get("symbol"), "a line without an account"))
            continue
        lines, set_aside = holdings.setdefault(account, []), odd.setdefault(account, [])
        if isinstance(found, str):
            set_aside.append(SetAside(record.get("symbol"), found))
            continue
        lines.append(_holding(found.record, as_of))
        if found.odd is not None:
            set_aside.append(SetAside(found.record.symbol, found.odd, harmless=True))
    reports = (
        AccountReport(_account(name, lines), tuple(lines), as_of, tuple(odd[name])) for name, lines in holdings.items()
    )
    return tuple(reports), tuple(homeless)


def _account(name: str, lines: list[ProviderHolding]) -> ReportedAccount:
    known = [line.value for line in lines if line.value is not None]
    total = sum(known, Decimal(0)) if len(known) == len(lines) else None
    return ReportedAccount(name, name, "investments", "investment", None, name[-4:], "USD", total)


def _holding(line: Line, as_of: datetime) -> ProviderHolding:
    money = cash_symbol(line.symbol)
    symbol = money or equity_symbol(line.symbol) or line.symbol
    instrument = ReportedInstrument(
        alias=line.symbol,
        symbol=symbol,
        asset_class=AssetClass.CASH if money else AssetClass.EQUITY,
        currency="USD",
        multiplier=Decimal(1),
        name=symbol,
        listed=money is None,
    )
    price = Decimal(1) if money else line.price
    value = None if price is None else line.quantity * price
    return ProviderHolding(instrument, line.quantity, line.cost, price, as_of, value)
