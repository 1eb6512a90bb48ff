"""A user's investment transactions, newest first, by pages. Read as that user."""

from datetime import date
from typing import NamedTuple

from realtime.domain.account import AccountId, UserId
from realtime.store.pool import Pool
from realtime.store.portfolio import ReportedTransaction, open_as

_PAGE = """
select t.provider_transaction_id as id, a.public_id as account_id, i.symbol, t.kind, t.quantity, t.price, t.amount,
    t.currency, t.trade_date, t.description
from investment_transactions t
join accounts a on a.id = t.account_id and a.is_active and (a.duplicate_of is null or a.public_id = $2)
left join instruments i on i.id = t.instrument_id
where t.user_id = $1 and ($2::text is null or a.public_id = $2)
    and ($3::date is null or (t.trade_date, t.provider_transaction_id, a.public_id) < ($3, $4::text, $5::text))
order by t.trade_date desc, t.provider_transaction_id desc, a.public_id desc
limit $6
"""


class TransactionPlace(NamedTuple):
    """Where in the list a transaction stands."""

    trade_date: date
    id: str
    account_id: str

    @classmethod
    def read(cls, trade_date: str, key: str, account_id: str) -> "TransactionPlace":
        """Return a place from its texts.

        Raises:
            ValueError: The date is none.
        """
        return cls(date.fromisoformat(trade_date), key, account_id)


async def transactions_page(
    pool: Pool,
    user_id: UserId,
    limit: int,
    *,
    account_id: AccountId | None = None,
    after: TransactionPlace | None = None,
) -> list[ReportedTransaction]:
    """Return transactions of all active accounts or of one, those that come after a place in the list."""
    place = after or (None, None, None)
    async with open_as(pool, user_id) as connection:
        rows = await connection.fetch(_PAGE, user_id, account_id, *place, limit)
    return [ReportedTransaction(**row) for row in rows]
