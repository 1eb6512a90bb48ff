"""SnapTrade's activities → transactions (pure). Amounts already are the change of cash."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from providers.base import ProviderTransaction, ReportedInstrument, SetAside
from providers.records import salvaged
from providers.snaptrade.documents import Activity, Figi, Instrument, UniversalSymbol
from providers.snaptrade.mapping import reported_instrument
from realtime.domain.transaction import TransactionKind

_KINDS = {
    "BUY": TransactionKind.BUY,
    "REI": TransactionKind.BUY,
    "SELL": TransactionKind.SELL,
    "DIVIDEND": TransactionKind.DIVIDEND,
    "SUBSTITUTE_DIVIDEND": TransactionKind.DIVIDEND,
    "STOCK_DIVIDEND": TransactionKind.DIVIDEND,
    "INTEREST": TransactionKind.INTEREST,
    "CONTRIBUTION": TransactionKind.DEPOSIT,
    "WITHDRAWAL": TransactionKind.WITHDRAWAL,
    "FEE": TransactionKind.FEE,
    "TAX": TransactionKind.TAX,
    "SPLIT": TransactionKind.SPLIT,
    "REVERSE_SPLIT": TransactionKind.SPLIT,
    "TRANSFER": TransactionKind.TRANSFER,
    "EXTERNAL_ASSET_TRANSFER_IN": TransactionKind.TRANSFER,
    "EXTERNAL_ASSET_TRANSFER_OUT": TransactionKind.TRANSFER,
    "INTERNAL_CASH_TRANSFER_IN": TransactionKind.TRANSFER,
    "INTERNAL_CASH_TRANSFER_OUT": TransactionKind.TRANSFER,
    "INTERNAL_ASSET_TRANSFER_IN": TransactionKind.TRANSFER,
    "INTERNAL_ASSET_TRANSFER_OUT": TransactionKind.TRANSFER,
}
_SYMBOL_KINDS = {"et": "etf", "oef": "mutualfund", "cef": "cef", "crypto": "crypto", "bnd": "bond", "ad": "adr"}
_SPARED = frozenset({"price", "fee", "description", "settlement_date"})
_MINI_MULTIPLIER = Decimal(10)


def transactions(account: str, records: Iterable[msgspec.Raw]) -> tuple[list[ProviderTransaction], list[SetAside]]:
    """Return the activities that can be read, and why the others cannot."""
    read, odd = [], []
    for record in records:
        found = salvaged(record, Activity, _SPARED)
        line = found if isinstance(found, str) else _transaction(account, found.record)
        if isinstance(line, str):
            odd.append(SetAside(None, f"activity: {line}"))
            continue
        read.append(line)
        if not isinstance(found, str) and found.odd is not None:
            odd.append(SetAside(None, f"activity {line.id}: {found.odd}", harmless=True))
    return read, odd


def _transaction(account: str, line: Activity) -> ProviderTransaction | str:
    """Return the transaction, or why the activity is none."""
    if line.currency is None or line.trade_date is None or line.amount is None:
        return f"{line.id}: no currency, date or amount"
    return ProviderTransaction(
        account=account,
        id=line.id,
        instrument=_instrument(line),
        kind=_KINDS.get(line.type, TransactionKind.OTHER),
        quantity=line.units or None,
        price=line.price or None,
        amount=line.amount,
        fees=line.fee,
        currency=line.currency.code,
        trade_date=line.trade_date.date(),
        settlement_date=line.settlement_date.date() if line.settlement_date else None,
        description=line.description or line.type,
    )


def _instrument(line: Activity) -> ReportedInstrument | None:
    currency = line.currency.code if line.currency else None
    if line.option_symbol is not None:
        multiplier = _MINI_MULTIPLIER if line.option_symbol.is_mini_option else None
        option = Instrument("option", line.option_symbol.ticker, line.option_symbol.id, multiplier=multiplier)
        return reported_instrument(option, currency)
    return None if line.symbol is None else reported_instrument(_unified(line.symbol), currency)


def _unified(symbol: UniversalSymbol) -> Instrument:
    """Return an activity's symbol in the shape of a position's instrument."""
    exchange = symbol.exchange
    return Instrument(
        kind=_SYMBOL_KINDS.get((symbol.type.code or "") if symbol.type else "", "stock"),
        id=symbol.id,
        symbol=symbol.symbol,
        raw_symbol=symbol.raw_symbol,
        description=symbol.description,
        currency=symbol.currency.code if symbol.currency else None,
        exchange=(exchange.mic_code or exchange.code) if exchange else None,
        figi_instrument=Figi(symbol.figi_code) if symbol.figi_code else None,
    )
