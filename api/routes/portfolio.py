"""The user's whole portfolio: read it, or have it refreshed from its providers."""

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.aggregated import AggregatedPortfolio, aggregated
from api.caller import Caller
from api.entity_tags import IfNoneMatch, tagged
from api.flags import needs
from api.live_values import live_values
from api.parts import PartsOf
from api.problems import NotFound
from api.refreshing import request_refresh
from api.stored_portfolio import stored_portfolio
from realtime.domain.account import AccountId
from realtime.domain.flag import Flag
from realtime.store.portfolio import connections_of, open_as

router = APIRouter(tags=["portfolio"])


class RefreshRequest(BaseModel):
    account_id: str | None = Field(default=None, max_length=100, description="One account; default: all of them.")


class RefreshAnswer(BaseModel):
    message: str


@router.get(
    "/api/portfolio/aggregated",
    dependencies=[Depends(needs(Flag.MULTI_ACCOUNT_ANALYTICS))],
    response_model=AggregatedPortfolio,
    responses={304: {"description": "The client has this answer already: `If-None-Match`."}},
)
async def aggregated_portfolio(user_id: Caller, parts: PartsOf, if_none_match: IfNoneMatch = None) -> Response:
    """Return holdings by instrument over all accounts, with live values."""
    stored = await stored_portfolio(parts, user_id)
    values = await live_values(parts, user_id, [account.id for account in stored.accounts])
    answer = aggregated(values.portfolio, values.accounts, stored.accounts, stored.transactions, live=values.live)
    return tagged(answer, if_none_match)


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
