"""Lines of bank accounts (product `transactions`), and of cards and loans (`liabilities`)."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from pydantic import BaseModel, Field

from api.aggregated import Number
from api.products.shapes import Product, TransactionsPage
from realtime.store.jobs import JobKind
from realtime.store.pool import Connection
from realtime.store.product_lines import ReportedBankTransaction, Wanted, bank_page


class BankTransaction(BaseModel):
    id: str
    account_id: str
    name: str
    amount: Number = Field(description="Negative: money spent. The opposite of Plaid's sign.", examples=[-12.5])
    currency: str
    date: date
    category: list[str] = Field(description="Broad to narrow, in the provider's words.", examples=[["FOOD_AND_DRINK"]])
    merchant_name: str | None
    pending: bool


class BankTransactions(TransactionsPage):
    transactions: Sequence[BankTransaction]


async def bank_transactions(connection: Connection, wanted: Wanted, *, products: Sequence[str]) -> BankTransactions:
    """Return a page of the bound user's lines in accounts of these products."""
    lines, total_count = await bank_page(connection, products, wanted)
    return BankTransactions(
        transactions=[_shape(line) for line in lines],
        total_count=total_count,
        limit=wanted.limit,
        offset=wanted.offset,
    )


def _shape(line: ReportedBankTransaction) -> BankTransaction:
    return BankTransaction(
        id=line.id,
        account_id=line.account_id,
        name=line.name,
        amount=line.amount,
        currency=line.currency,
        date=line.posted_date,
        category=[word for word in (line.category, line.category_detail) if word is not None],
        merchant_name=line.merchant,
        pending=line.pending,
    )


TRANSACTIONS = Product(JobKind.BANK_TRANSACTIONS, partial(bank_transactions, products=("transactions",)))
LIABILITIES = Product(JobKind.BANK_TRANSACTIONS, partial(bank_transactions, products=("liabilities",)))
