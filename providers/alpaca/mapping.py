"""Alpaca's records → ours (pure). One odd record is set aside with its reason, the rest is kept."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec

from providers.alpaca.documents import Activity, Position, RecordIds, TradeAccount
from providers.base import (
    AccountReport,
    ProviderHolding,
    ProviderTransaction,
    ReportedAccount,
    ReportedInstrument,
    SetAside,
    TransactionsReport,
)
from providers.multiplier import multiplier_of
from providers.records import salvaged
from realtime.domain.asset_class import AssetClass
from realtime.domain.symbol import (
    US_EXCHANGES,
    cash_symbol,
    crypto_symbol,
    equity_symbol,
    is_us_ticker,
    occ_symbol,
    plan_symbol,
)
from realtime.domain.transaction import TransactionKind

_CLASSES = {"us_equity": AssetClass.EQUITY, "us_option": AssetClass.OPTION, "crypto": AssetClass.CRYPTO}
_QUOTES = ("USD", "USDT", "USDC", "BTC")
_NOTIONAL = "crypto_perp"
_ACCOUNT_SPARED = frozenset({"account_number", "currency", "cash", "equity", "multiplier"})
_POSITION_SPARED = frozenset({"asset_id", "cost_basis", "current_price", "market_value"})
_KINDS = {
    "CSD": TransactionKind.DEPOSIT,
    "CSW": TransactionKind.WITHDRAWAL,
    "INT": TransactionKind.INTEREST,
    "FEE": TransactionKind.FEE,
    "CFEE": TransactionKind.FEE,
    "SPLIT": TransactionKind.SPLIT,
    "ACATC": TransactionKind.TRANSFER,
    "ACATS": TransactionKind.TRANSFER,
    "JNLC": TransactionKind.TRANSFER,
    "JNLS": TransactionKind.TRANSFER,
    "DIVNRA": TransactionKind.TAX,
    "DIVWH": TransactionKind.TAX,
}


def trade_account(record: object, connection: str) -> tuple[TradeAccount, str | None]:
    """Return the account, and what of it cannot be read; an account without an id has its connection's."""
    with_id = {**record} if isinstance(record, dict) else {}
    if not isinstance(with_id.get("id"), str):
        with_id["id"] = connection
    found = salvaged(with_id, TradeAccount, _ACCOUNT_SPARED)
    return (TradeAccount(connection), found) if isinstance(found, str) else (found.record, found.odd)


def reported_account(account: TradeAccount) -> ReportedAccount:
    digits = (account.account_number or "")[-4:]
    return ReportedAccount(
        id=account.id,
        name=f"Alpaca {digits}".strip(),
        product="investments",
        account_type="investment",
        subtype="margin" if account.multiplier is not None and account.multiplier > 1 else "cash",
        mask=digits or None,
        currency=account.currency,
        total=account.equity,
    )


def account_report(
    account: TradeAccount, positions: Iterable[object], as_of: datetime, odd_account: str | None = None
) -> AccountReport:
    """Return the account with its positions and its cash."""
    holdings: list[ProviderHolding] = []
    odd: list[SetAside] = []
    if odd_account is not None:
        odd.append(SetAside(None, f"account: {odd_account}", harmless=True))
    symbol = cash_symbol(account.currency or "")
    if symbol is None or account.currency is None:
        reason = f"its currency is unknown: {account.currency}"
        return AccountReport(reported_account(account), (), as_of, tuple(odd), unusable=reason)
    for record in positions:
        line, oddity = _holding(record, account.currency, as_of)
        if oddity is not None:
            odd.append(SetAside(_alias(record), oddity, harmless=line is not None))
        if line is not None and line.quantity:
            holdings.append(line)
    if account.cash is None:
        odd.append(SetAside(symbol, "no amount of cash"))
    elif account.cash:
        money = ReportedInstrument(
            symbol, symbol, AssetClass.CASH, account.currency, Decimal(1), account.currency, listed=False
        )
        holdings.append(ProviderHolding(money, account.cash, account.cash, Decimal(1), as_of, account.cash))
    return AccountReport(reported_account(account), tuple(holdings), as_of, tuple(odd))


def _holding(record: object, currency: str, as_of: datetime) -> tuple[ProviderHolding | None, str | None]:
    """Return the holding, and why it or a part of it cannot be read."""
    found = salvaged(record, Position, _POSITION_SPARED)
    if isinstance(found, str):
        return None, found
    position = found.record
    if position.asset_class == _NOTIONAL:
        return None, "a perpetual future has a notional value only"
    short = position.side == "short"
    quantity = -abs(position.qty) if short else position.qty
    cost = position.cost_basis
    value = position.market_value
    line = ProviderHolding(
        instrument=_instrument(position, currency),
        quantity=quantity,
        cost_basis=-abs(cost) if cost is not None and quantity < 0 else cost,
        price=position.current_price,
        price_time=None if position.current_price is None else as_of,
        value=-abs(value) if value is not None and quantity < 0 else value,
    )
    return line, found.odd


def _instrument(position: Position, currency: str) -> ReportedInstrument:
    symbol, asset_class, listed = classified(position.symbol, position.asset_class, position.exchange)
    return ReportedInstrument(
        alias=position.asset_id or f"symbol:{symbol}",
        symbol=symbol,
        asset_class=asset_class,
        currency=currency,
        multiplier=multiplier_of(symbol, asset_class),
        name=symbol,
        listed=listed,
    )


def classified(spelled: str, kind: str | None, exchange: str | None) -> tuple[str, AssetClass, bool]:
    """Return symbol, class and whether market data covers it; the form decides where Alpaca names no known class."""
    asset_class = _CLASSES.get(kind or "")
    contract = occ_symbol(spelled)
    if contract is not None and asset_class in {None, AssetClass.OPTION}:
        return contract, AssetClass.OPTION, True
    if asset_class is AssetClass.CRYPTO or (asset_class is None and exchange == "CRYPTO"):
        pair = crypto_symbol(spelled)
        if pair is not None:
            return pair, AssetClass.CRYPTO, True
    symbol = equity_symbol(spelled)
    if symbol is not None and (asset_class is AssetClass.EQUITY or exchange in US_EXCHANGES):
        return symbol, AssetClass.EQUITY, exchange in US_EXCHANGES and is_us_ticker(symbol)
    return plan_symbol(spelled, "alpaca"), AssetClass.OTHER, False


def transactions_report(account: TradeAccount, records: Iterable[object]) -> TransactionsReport:
    """Return the activities that can be read, and why the others cannot."""
    read: list[ProviderTransaction] = []
    odd: list[SetAside] = []
    for record in records:
        found = salvaged(record, Activity, {"description"})
        line = found if isinstance(found, str) else _transaction(account, found.record)
        if isinstance(line, str):
            odd.append(SetAside(None, f"activity: {line}"))
            continue
        read.append(line)
        if not isinstance(found, str) and found.odd is not None:
            odd.append(SetAside(None, f"activity {line.id}: {found.odd}", harmless=True))
    return TransactionsReport(tuple(read), tuple(odd))


def _transaction(account: TradeAccount, line: Activity) -> ProviderTransaction | str:
    """Return the transaction, or why the activity is none."""
    if account.currency is None:
        return f"{line.id}: the account's currency is unknown"
    instrument = _dealt_in(line, account.currency)
    quantity = line.qty
    amount = line.net_amount
    day = line.date or (line.transaction_time.date() if line.transaction_time else None)
    kind = _kind(line)
    if line.activity_type == "FILL":
        if quantity is None or line.price is None or instrument is None:
            return f"{line.id}: a fill without symbol, quantity or price"
        quantity = abs(quantity) if kind is TransactionKind.BUY else -abs(quantity)
        amount = -quantity * line.price * instrument.multiplier
    if amount is None or day is None:
        return f"{line.id}: no amount or date"
    return ProviderTransaction(
        account=account.id,
        id=line.id,
        instrument=instrument,
        kind=kind,
        quantity=quantity or None,
        price=line.price,
        amount=amount,
        fees=None,
        currency=account.currency,
        trade_date=day,
        settlement_date=None,
        description=line.description or f"{line.activity_type} {line.symbol or ''}".strip(),
    )


def _kind(line: Activity) -> TransactionKind:
    if line.activity_type == "FILL":
        return TransactionKind.BUY if line.side == "buy" else TransactionKind.SELL
    if line.activity_type in _KINDS:
        return _KINDS[line.activity_type]
    return TransactionKind.DIVIDEND if line.activity_type.startswith("DIV") else TransactionKind.OTHER


def _dealt_in(line: Activity, currency: str) -> ReportedInstrument | None:
    """Return the instrument of an activity, which names no class: contracts and pairs are known by their form."""
    if not line.symbol:
        return None
    kind = None if occ_symbol(line.symbol) else "crypto" if _is_pair(line.symbol) else "us_equity"
    symbol, asset_class, listed = classified(line.symbol, kind, None)
    multiplier = multiplier_of(symbol, asset_class)
    return ReportedInstrument(f"activity:{symbol}", symbol, asset_class, currency, multiplier, symbol, listed)


def _is_pair(symbol: str) -> bool:
    """Whether a symbol is a coin's pair: `BTC/USD`, or `BTCUSD`, which is too long for a share."""
    return "/" in symbol or (symbol.endswith(_QUOTES) and not is_us_ticker(symbol))


def percent_of_history(values: Iterable[Decimal | None]) -> Decimal | None:
    """Return the last known return of a history of fractions, in percent."""
    known = [value for value in values if value is not None]
    try:
        return known[-1] * 100 if known else None
    except InvalidOperation:
        return None


def _alias(record: object) -> str | None:
    try:
        return msgspec.convert(record, RecordIds).asset_id
    except msgspec.ValidationError:
        return None
