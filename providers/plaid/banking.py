"""Plaid's bank transactions, by cursor (docs/decisions/0160).

Plaid's amounts are positive when money leaves; ours negative.

Pages are buffered and given on whole: a change at the institution between two pages makes all of them void, and the
reading begins anew from the cursor of the first one.
"""

from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from providers.base import Access, BankChanges, SetAside, UnexpectedAnswer
from providers.plaid import instruments
from providers.plaid.client import PlaidClient
from providers.plaid.documents import BankAnswer, BankTransactionId, Category
from providers.plaid.documents import BankTransaction as Record
from providers.plaid.errors import MovedMeanwhile
from providers.records import salvaged
from realtime.domain.account import ProviderName
from realtime.domain.transaction import BankTransaction
from realtime.errors import RetryLater

_PAGE = 500
_PAGES_MAX = 400
_READINGS_MAX = 4
_NOT_READY = "NOT_READY"
_COMPLETE = "HISTORICAL_UPDATE_COMPLETE"
_NOT_READY_S = 30.0
_FIRST_EXTRACTION_TIMEOUT_S = 150.0
_SPARED = frozenset(
    {
        "name", "merchant_name", "pending", "pending_transaction_id", "personal_finance_category",
        "personal_finance_category.primary", "personal_finance_category.detailed",
    }
)  # fmt: skip
_NO_CATEGORY = Category()


@dataclass
class _Read:
    """What the pages so far come to: each line once, in its newest form."""

    lines: dict[str, BankTransaction] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    odd: list[SetAside] = field(default_factory=list)

    def take(self, page: BankAnswer) -> None:
        """Apply a page: what is added, then what is modified, then what is removed."""
        for record in (*page.added, *page.modified):
            line, oddity = _line(record)
            if oddity is not None:
                self.odd.append(SetAside(None, f"bank transaction: {oddity}", harmless=line is not None))
            if line is not None:
                self.lines[line.id] = line
                self.removed.discard(line.id)
        for record in page.removed:
            gone = salvaged(record, BankTransactionId, ())
            if isinstance(gone, str):
                self.odd.append(SetAside(None, f"removed bank transaction: {gone}"))
            else:
                self.lines.pop(gone.record.transaction_id, None)
                self.removed.add(gone.record.transaction_id)


async def bank_changes(client: PlaidClient, access: Access, body: dict[str, object], cursor: str | None) -> BankChanges:
    """Return what changed since the cursor, or everything; a cursor that Plaid no longer knows counts as none.

    Args:
        client: The SDK.
        access: Of the Item.
        body: The request without cursor and count.
        cursor: Of the last reading; None for the first.

    Raises:
        RetryLater: Plaid has not read the bank yet, or changes came faster than the pages.
        UnexpectedAnswer: The pages have no end.
    """
    try:
        return await _steady(client, access, body, cursor)
    except UnexpectedAnswer as error:
        if cursor is None or error.code != "INVALID_FIELD":
            raise
    return await _steady(client, access, body, None)


async def _steady(client: PlaidClient, access: Access, body: dict[str, object], cursor: str | None) -> BankChanges:
    for _ in range(_READINGS_MAX):
        try:
            return await _all_pages(client, access, body, cursor)
        except MovedMeanwhile as error:
            moved = error
    raise moved


async def _all_pages(client: PlaidClient, access: Access, body: dict[str, object], cursor: str | None) -> BankChanges:
    read, at = _Read(), cursor or ""
    for _ in range(_PAGES_MAX):
        page = await client.post(
            "transactions_sync",
            body | {"cursor": at, "count": _PAGE},
            BankAnswer,
            item=access.connection,
            timeout_s=_FIRST_EXTRACTION_TIMEOUT_S,
        )
        if page.transactions_update_status == _NOT_READY or not page.next_cursor:
            raise RetryLater("Plaid has not read the bank transactions yet", _NOT_READY_S)
        read.take(page)
        at = page.next_cursor
        if not page.has_more:
            return BankChanges(
                lines=tuple(read.lines.values()),
                removed=frozenset(read.removed),
                cursor=at,
                since=cursor,
                complete=page.transactions_update_status == _COMPLETE,
                set_aside=tuple(read.odd),
            )
    raise UnexpectedAnswer(ProviderName.PLAID, "has_more", f"more than {_PAGES_MAX} pages of bank transactions")


def _line(record: msgspec.Raw) -> tuple[BankTransaction | None, str | None]:
    found = salvaged(record, Record, _SPARED)
    if isinstance(found, str):
        return None, found
    line = found.record
    currency = instruments.currency_of(line.iso_currency_code, line.unofficial_currency_code)
    if currency is None:
        return None, f"{line.transaction_id}: no currency"
    category = line.personal_finance_category or _NO_CATEGORY
    pence = instruments.pence(line.iso_currency_code, line.unofficial_currency_code)
    transaction = BankTransaction(
        account=line.account_id,
        id=line.transaction_id,
        pending_id=line.pending_transaction_id,
        amount=-line.amount / pence if line.amount else Decimal(0),
        currency=currency,
        posted_date=line.date,
        name=line.name or line.merchant_name or "",
        merchant=line.merchant_name,
        category=category.primary,
        category_detail=category.detailed,
        pending=line.pending,
    )
    return transaction, None if found.odd is None else f"{line.transaction_id}: {found.odd}"
