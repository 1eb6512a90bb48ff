"""Pages of a user's transactions, newest first. Read as that user."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from realtime.domain.account import AccountId, ProviderName
from realtime.store.pool import Connection
from realtime.store.portfolio import ReportedTransaction

_BANK = """
from bank_transactions b join accounts a on a.id = b.account_id and a.is_active
where a.product = any($1::text[]) and ($2::text is null or a.provider = $2)
    and ($3::date is null or b.posted_date >= $3) and ($4::date is null or b.posted_date <= $4)
"""
_BANK_PAGE = f"""
select b.provider_transaction_id as id, a.public_id as account_id, b.name, b.merchant, b.amount, b.currency,
    b.posted_date, b.category, b.category_detail, b.is_pending as pending {_BANK}
order by b.posted_date desc, b.provider_transaction_id desc limit $5 offset $6
"""  # nothing of a caller's is in it
_BANK_COUNT = f"select count(*) {_BANK}"
_INVESTMENTS = """
from investment_transactions t join accounts a on a.id = t.account_id and a.is_active
left join instruments i on i.id = t.instrument_id
where ($1::text is null or a.provider = $1)
    and ($2::date is null or t.trade_date >= $2) and ($3::date is null or t.trade_date <= $3)
"""
_INVESTMENTS_PAGE = f"""
select t.provider_transaction_id as id, a.public_id as account_id, i.symbol, t.kind, t.quantity, t.price, t.amount,
    t.currency, t.trade_date, t.description {_INVESTMENTS}
order by t.trade_date desc, t.provider_transaction_id desc limit $4 offset $5
"""
_INVESTMENTS_COUNT = f"select count(*) {_INVESTMENTS}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which transactions: of both days and between them; None is unbounded, or any provider."""

    first_date: date | None
    last_date: date | None
    limit: int
    offset: int
    provider: ProviderName | None = None


@dataclass(frozen=True, slots=True)
class ReportedBankTransaction:
    """A line of a bank, card or loan account; `amount` is the change of what is in it, in `currency`."""

    id: str
    account_id: AccountId
    name: str
    merchant: str | None
    amount: Decimal
    currency: str
    posted_date: date
    category: str | None
    category_detail: str | None
    pending: bool


async def bank_page(
    connection: Connection, products: Sequence[str], wanted: Wanted
) -> tuple[list[ReportedBankTransaction], int]:
    """Return one page of the bound user's lines in accounts of these products, and how many there are in all."""
    which = (list(products), wanted.provider, wanted.first_date, wanted.last_date)
    rows = await connection.fetch(_BANK_PAGE, *which, wanted.limit, wanted.offset)
    return [ReportedBankTransaction(**row) for row in rows], await connection.fetchval(_BANK_COUNT, *which)


async def investments_page(connection: Connection, wanted: Wanted) -> tuple[list[ReportedTransaction], int]:
    """Return one page of the bound user's investment transactions, and how many there are in all."""
    which = (wanted.provider, wanted.first_date, wanted.last_date)
    rows = await connection.fetch(_INVESTMENTS_PAGE, *which, wanted.limit, wanted.offset)
    return [ReportedTransaction(**row) for row in rows], await connection.fetchval(_INVESTMENTS_COUNT, *which)
