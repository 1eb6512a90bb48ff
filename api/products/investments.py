"""Lines of investment accounts, whatever their provider (product `investments`)."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, Field

from api.aggregated import Number
from api.products.shapes import Product, TransactionsPage
from realtime.store.jobs import JobKind
from realtime.store.pool import Connection
from realtime.store.product_lines import Wanted, investments_page


class InvestmentTransaction(BaseModel):
    id: str
    account_id: str
    symbol: str | None = Field(description="Null where only money moved.")
    type: str = Field(examples=["buy"])
    quantity: Number | None
    price: Number | None
    amount: Number = Field(description="Change of the account's cash: negative for a purchase.")
    currency: str
    date: date
    description: str


class InvestmentTransactions(TransactionsPage):
    transactions: Sequence[InvestmentTransaction]


async def investment_transactions(connection: Connection, wanted: Wanted) -> InvestmentTransactions:
    """Return a page of the bound user's investment transactions."""
    lines, total_count = await investments_page(connection, wanted)
    return InvestmentTransactions(
        transactions=[
            InvestmentTransaction(
                id=line.id,
                account_id=line.account_id,
                symbol=line.symbol,
                type=line.kind,
                quantity=line.quantity,
                price=line.price,
                amount=line.amount,
                currency=line.currency,
                date=line.trade_date,
                description=line.description,
            )
            for line in lines
        ],
        total_count=total_count,
        limit=wanted.limit,
        offset=wanted.offset,
    )


INVESTMENTS = Product(JobKind.TRANSACTIONS, investment_transactions)
