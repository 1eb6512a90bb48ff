"""A user's investment transactions, by pages."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.aggregated import AggregatedTransaction, transaction_shown
from api.caller import Caller
from api.paging import Cursor, Limit, cursor_of, place_of
from api.parts import PartsOf
from api.problems import NotFound
from realtime.domain.account import AccountId
from realtime.store.portfolio import linked_accounts
from realtime.store.transaction_pages import TransactionPlace, transactions_page

router = APIRouter(tags=["portfolio"])


class Transactions(BaseModel):
    transactions: list[AggregatedTransaction] = Field(description="Newest first.")
    next_cursor: str | None = Field(description="Of the next page; null on the last one.")


@router.get("/api/portfolio/transactions")
async def transactions(
    user_id: Caller,
    parts: PartsOf,
    account_id: Annotated[str | None, Query(max_length=100, description="Only this account's.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Transactions:
    """Return the user's investment transactions, newest first."""
    after = place_of(cursor, TransactionPlace.read)
    wanted = None if account_id is None else AccountId(account_id)
    if wanted is not None and wanted not in {account.id for account in await linked_accounts(parts.pool, user_id)}:
        raise NotFound("unknown_account", f"you have no account {account_id}")
    found = await transactions_page(parts.pool, user_id, limit + 1, account_id=wanted, after=after)
    page = found[:limit]
    more = len(found) > limit
    return Transactions(
        transactions=[transaction_shown(each) for each in page],
        next_cursor=cursor_of(page[-1].trade_date, page[-1].id, page[-1].account_id) if more else None,
    )
