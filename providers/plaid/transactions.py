"""Plaid's investment transactions → ours (pure). Plaid's amounts are positive when cash leaves; ours negative."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from providers.base import ProviderTransaction, SetAside, TransactionsReport
from providers.plaid import instruments
from providers.plaid.documents import Transaction
from providers.plaid.mapping import SecurityPool, contracts
from providers.records import salvaged
from realtime.domain.transaction import TransactionKind

_BY_SUBTYPE = {
    "contribution": TransactionKind.DEPOSIT,
    "deposit": TransactionKind.DEPOSIT,
    "withdrawal": TransactionKind.WITHDRAWAL,
    "dividend": TransactionKind.DIVIDEND,
    "qualified dividend": TransactionKind.DIVIDEND,
    "non-qualified dividend": TransactionKind.DIVIDEND,
    "interest": TransactionKind.INTEREST,
    "interest receivable": TransactionKind.INTEREST,
    "tax": TransactionKind.TAX,
    "tax withheld": TransactionKind.TAX,
    "non-resident tax": TransactionKind.TAX,
    "split": TransactionKind.SPLIT,
}
_SPARED = frozenset({"name", "price", "fees"})
_BY_TYPE = {
    "buy": TransactionKind.BUY,
    "sell": TransactionKind.SELL,
    "fee": TransactionKind.FEE,
    "transfer": TransactionKind.TRANSFER,
}


def transactions_report(
    records: Iterable[msgspec.Raw], pool: SecurityPool, institution: str | None
) -> TransactionsReport:
    """Return the transactions that can be read, and why the others cannot."""
    read, odd = [], []
    for record in records:
        line = _transaction(record, pool, institution)
        if isinstance(line, str):
            odd.append(SetAside(None, f"transaction: {line}"))
            continue
        transaction, oddity = line
        read.append(transaction)
        if oddity is not None:
            odd.append(SetAside(None, f"transaction {transaction.id}: {oddity}", harmless=True))
    return TransactionsReport(tuple(read), tuple(odd))


def _transaction(
    record: msgspec.Raw, pool: SecurityPool, institution: str | None
) -> tuple[ProviderTransaction, str | None] | str:
    """Return the transaction and what was left out of it; or why it cannot be read."""
    found = salvaged(record, Transaction, _SPARED)
    if isinstance(found, str):
        return found
    line = found.record
    currency = instruments.currency_of(line.iso_currency_code, line.unofficial_currency_code)
    if currency is None:
        return f"{line.investment_transaction_id}: no currency"
    security = None if line.security_id is None else pool.get(line.security_id)
    if isinstance(security, str):
        return security
    instrument = None if security is None else instruments.instrument(security.record, currency, institution)
    kind = _kind(line)
    pence = instruments.pence(line.iso_currency_code, line.unofficial_currency_code)
    multiplier = Decimal(1) if instrument is None else instrument.multiplier
    transaction = ProviderTransaction(
        account=line.account_id,
        id=line.investment_transaction_id,
        instrument=instrument,
        kind=kind,
        quantity=_quantity(line, kind, multiplier),
        price=line.price / pence if line.price else None,
        amount=-line.amount / pence,
        fees=None if line.fees is None else line.fees / pence,
        currency=currency,
        trade_date=line.date,
        settlement_date=None,
        description=line.name or line.subtype or line.type,
    )
    return transaction, found.odd


def _kind(line: Transaction) -> TransactionKind:
    """Return the kind: buys and sells by type, cash by subtype (contributions may be bought units)."""
    if line.type in {"buy", "sell"}:
        return _BY_TYPE[line.type]
    known = _BY_SUBTYPE.get(line.subtype or "")
    return known or _BY_TYPE.get(line.type, TransactionKind.OTHER)


def _quantity(line: Transaction, kind: TransactionKind, multiplier: Decimal) -> Decimal | None:
    """Return signed units or contracts; the sign follows the kind, for institutions often have it wrong."""
    if line.quantity is None or not line.quantity:
        return None
    quantity = line.quantity
    if multiplier != 1:
        quantity = contracts(quantity, line.price, line.amount, multiplier)
    if kind is TransactionKind.BUY:
        return abs(quantity)
    return -abs(quantity) if kind is TransactionKind.SELL else quantity
