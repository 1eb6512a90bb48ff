"""The user's whole portfolio: read it, or have it refreshed from its providers."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.aggregated import AggregatedPortfolio, aggregated
from api.caller import Caller
from api.flags import needs
from api.live_values import live_values
from api.parts import PartsOf
from api.problems import NotFound
from api.refreshing import request_refresh
from realtime.domain.account import AccountId
from realtime.domain.flag import Flag
from realtime.store.portfolio import connections_of, linked_accounts, newest_transactions, open_as

router = APIRouter(tags=["portfolio"])
_TRANSACTIONS_COUNT = 50


class RefreshRequest(BaseModel):
    account_id: str | None = Field(default=None, max_length=100, description="One account; default: all of them.")


class RefreshAnswer(BaseModel):
    message: str


@router.get("/api/portfolio/aggregated", dependencies=[Depends(needs(Flag.MULTI_ACCOUNT_ANALYTICS))])
async def aggregated_portfolio(user_id: Caller, parts: PartsOf) -> AggregatedPortfolio:
    """Return holdings by instrument over all accounts, with live values."""
    accounts = await linked_accounts(parts.pool, user_id)
    transactions = await newest_transactions(parts.pool, user_id, _TRANSACTIONS_COUNT)
    values = await live_values(parts, user_id, [account.id for account in accounts])
    return aggregated(values.portfolio, values.accounts, accounts, transactions, live=values.live)


@router.post("/api/portfolio/refresh", status_code=202)
async def refresh(user_id: Caller, parts: PartsOf, body: RefreshRequest | None = None) -> RefreshAnswer:
    """Ask for a refresh of the user's connections now. Asking again before it ran changes nothing."""
    account_id = None if body is None or body.account_id is None else AccountId(body.account_id)
    async with open_as(parts.pool, user_id) as connection:
        connection_ids = await connections_of(connection, account_id)
        if account_id is not None and not connection_ids:
            raise NotFound("unknown_account", f"you have no account {account_id}")
        for connection_id in connection_ids:
            await request_refresh(connection, connection_id, user_id)
    match len(connection_ids):
        case 0:
            return RefreshAnswer(message="There is no connection to refresh yet.")
        case 1:
            return RefreshAnswer(message="Refreshing 1 connection.")
        case count:
            return RefreshAnswer(message=f"Refreshing {count} connections.")
