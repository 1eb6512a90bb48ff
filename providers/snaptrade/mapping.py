"""SnapTrade's records → ours (pure). Cost bases are per share, sweep funds are inside the cash.

One odd record is set aside with its reason, the rest is kept.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from providers.base import AccountReport, Product, ProviderHolding, ReportedAccount, ReportedInstrument, SetAside
from providers.records import decoded
from providers.snaptrade.documents import (
    Account,
    Balance,
    HoldingsStatus,
    Instrument,
    Position,
    PositionsAnswer,
    RecordIds,
)
from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.domain.symbol import (
    US_EXCHANGES,
    bond_symbol,
    cash_symbol,
    crypto_symbol,
    equity_symbol,
    is_fund_ticker,
    is_us_ticker,
    occ_symbol,
    plan_symbol,
)

_CLASSES = {
    "stock": AssetClass.EQUITY,
    "adr": AssetClass.EQUITY,
    "cef": AssetClass.EQUITY,
    "etf": AssetClass.ETF,
    "mutualfund": AssetClass.MUTUAL_FUND,
    "crypto": AssetClass.CRYPTO,
    "bond": AssetClass.BOND,
    "option": AssetClass.OPTION,
}
_EXCHANGE_TRADED = frozenset({AssetClass.EQUITY, AssetClass.ETF, AssetClass.OTHER})
_NOTIONAL = frozenset({"future", "future_option", "cfd"})
_CATEGORIES: dict[str, tuple[str, Product]] = {
    "INVESTMENT": ("investment", "investments"),
    "ANNUITY": ("investment", "investments"),
    "DEPOSIT": ("depository", "transactions"),
    "LOC": ("credit", "liabilities"),
}
_GONE = frozenset({"closed", "archived"})


def accounts(records: Iterable[msgspec.Raw]) -> tuple[list[Account], tuple[SetAside, ...]]:
    """Return the open accounts that can be read, and why others cannot."""
    read, odd = [], []
    for record in records:
        account = decoded(record, Account)
        if isinstance(account, str):
            odd.append(SetAside(None, f"account: {account}"))
        elif account.status not in _GONE:
            read.append(account)
    return read, tuple(odd)


def reported_account(account: Account) -> ReportedAccount:
    total = account.balance.total if account.balance else None
    account_type, product = _CATEGORIES.get(account.account_category or "", ("investment", "investments"))
    digits = "".join(letter for letter in account.number or "" if letter.isdigit())
    return ReportedAccount(
        id=account.id,
        name=account.name or account.institution_name or account.id,
        product=product,
        account_type=account_type,
        subtype=account.raw_type,
        mask=digits[-4:] or None,
        currency=total.currency if total else None,
        total=total.amount if total else None,
    )


def unusable(account: Account) -> str | None:
    """Return why an account's holdings must not be believed: its first sync goes on, or they are withheld."""
    status = account.sync_status.holdings if account.sync_status else None
    if status is not None and status.initial_sync_completed is False:
        return "SnapTrade has not finished the first sync"
    if account.status == "unavailable" or (status is not None and status.holdings_unavailable):
        return "the brokerage does not give out holdings"
    return None


def account_report(account: Account, answer: PositionsAnswer, balances: Iterable[Balance]) -> AccountReport:
    """Return the account with positions and cash; a debt holds nothing."""
    reported = reported_account(account)
    if reported.product == "liabilities":
        return AccountReport(reported, None, None)
    as_of = (answer.data_freshness.as_of if answer.data_freshness else None) or _last_sync(account)
    positions, odd = _positions(answer.results)
    holdings: list[ProviderHolding] = []
    sweep: dict[str, Decimal] = {}
    for position in positions:
        line = _holding(position, as_of)
        if isinstance(line, str):
            odd.append(SetAside(position.instrument.id, line))
        elif position.cash_equivalent and line.value is None:
            continue  # its value is unknown, but the cash that it is part of is not
        elif line.quantity:
            holdings.append(line)
            if position.cash_equivalent and line.value is not None:
                currency = line.instrument.currency
                sweep[currency] = sweep.get(currency, Decimal(0)) + line.value
    for balance in balances:
        money = _cash(balance, sweep, as_of)
        if isinstance(money, SetAside):
            odd.append(money)
        elif money.quantity:
            holdings.append(money)
    return AccountReport(reported, tuple(holdings), as_of, tuple(odd), unusable(account))


def _positions(records: Iterable[msgspec.Raw]) -> tuple[list[Position], list[SetAside]]:
    read, odd = [], []
    for record in records:
        position = decoded(record, Position)
        if isinstance(position, str):
            odd.append(SetAside(_alias(record), position))
        else:
            read.append(position)
    return read, odd


def _holding(position: Position, as_of: datetime | None) -> ProviderHolding | str:
    """Return the holding, or why it cannot be used."""
    if position.instrument.kind in _NOTIONAL:
        return f"a {position.instrument.kind} has a notional value only"
    if position.units is None:
        return "no units"
    instrument = reported_instrument(position.instrument, position.currency)
    if instrument is None:
        return "no currency"
    price, cost = position.price, position.cost_basis
    if (position.currency or instrument.currency) != instrument.currency:
        price = cost = None  # in the account's currency, not the listing's
    units = position.units * instrument.multiplier
    return ProviderHolding(
        instrument=instrument,
        quantity=position.units,
        cost_basis=None if cost is None else cost * units,
        price=price,
        price_time=as_of,
        value=None if price is None else price * units,
    )


def reported_instrument(instrument: Instrument, amounts_currency: str | None) -> ReportedInstrument | None:
    """Return the instrument; None when its currency is unknown."""
    currency = instrument.currency or amounts_currency
    if currency is None:
        return None
    symbol, asset_class = _symbol(instrument, currency)
    on_tape = (instrument.exchange or "").upper() in US_EXCHANGES or (
        instrument.exchange is None and instrument.figi_instrument is not None
    )
    multiplier = ASSET_CLASSES[asset_class].multiplier
    if asset_class is AssetClass.OPTION and instrument.multiplier:
        multiplier = instrument.multiplier
    return ReportedInstrument(
        alias=instrument.id,
        symbol=symbol,
        asset_class=asset_class,
        currency=currency,
        multiplier=multiplier,
        name=instrument.description or symbol,
        listed=currency == "USD"
        and (
            asset_class in {AssetClass.OPTION, AssetClass.CRYPTO}
            or (asset_class in _EXCHANGE_TRADED and on_tape and is_us_ticker(symbol))
        ),
        figi=instrument.figi_instrument.figi_code if instrument.figi_instrument else None,
    )


def _symbol(instrument: Instrument, currency: str) -> tuple[str, AssetClass]:
    asset_class = _CLASSES.get(instrument.kind, AssetClass.OTHER)
    spelled = instrument.symbol.strip().upper()
    own = plan_symbol(spelled, "snaptrade")
    if asset_class is AssetClass.OPTION:
        contract = occ_symbol(spelled)
        return (contract, asset_class) if contract else (own, AssetClass.OTHER)
    if asset_class is AssetClass.CRYPTO:
        return crypto_symbol(spelled, currency) or own, asset_class
    if asset_class is AssetClass.BOND:
        return bond_symbol(cusip=spelled, isin=spelled) or own, asset_class
    if asset_class is AssetClass.MUTUAL_FUND:
        looks_listed = is_us_ticker(spelled) and not is_fund_ticker(spelled)
        return own if looks_listed else spelled, asset_class
    return equity_symbol(instrument.raw_symbol or spelled, instrument.exchange) or own, asset_class


def _cash(balance: Balance, sweep: dict[str, Decimal], as_of: datetime | None) -> ProviderHolding | SetAside:
    """Return the cash of one currency without the sweep funds that are listed as positions."""
    symbol = cash_symbol(balance.currency.code) if balance.currency else None
    if balance.currency is None or symbol is None:
        return SetAside(None, "cash without a currency")
    if balance.cash is None:
        return SetAside(symbol, "no amount of cash")
    currency = symbol.removeprefix("CUR:")
    amount = balance.cash - sweep.get(currency, Decimal(0))
    money = ReportedInstrument(symbol, symbol, AssetClass.CASH, currency, Decimal(1), currency, listed=False)
    return ProviderHolding(money, amount, amount, Decimal(1), as_of, amount)


def _last_sync(account: Account) -> datetime | None:
    """Return when the holdings were last read; SnapTrade writes this time with a space."""
    status: HoldingsStatus | None = account.sync_status.holdings if account.sync_status else None
    try:
        at = datetime.fromisoformat(status.last_successful_sync or "") if status else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _alias(record: msgspec.Raw) -> str | None:
    try:
        ids = msgspec.json.decode(record, type=RecordIds)
    except msgspec.ValidationError:
        return None
    alias = (ids.instrument or {}).get("id")
    return alias if isinstance(alias, str) else None
