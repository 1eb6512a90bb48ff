"""Transactions by product: read now, and page through."""

import re
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator

from api.caller import Caller
from api.parts import PartsOf
from api.problems import NotFound
from api.product_sync import SyncAnswer, sync_now
from api.products.bank import BankTransactions, bank_transactions
from api.products.registry import PRODUCTS
from api.products.shapes import TransactionsPage
from realtime.domain.account import ProviderName
from realtime.errors import BadRequest
from realtime.store.jobs import JobKind
from realtime.store.portfolio import open_as
from realtime.store.product_lines import Wanted

router = APIRouter(tags=["transactions"])
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OFFSET_MAX = 1_000_000
_BANK_PRODUCTS = ("transactions", "liabilities")


def _iso(given: object) -> object:
    """Refuse what pydantic takes for a day besides: seconds since 1970."""
    if isinstance(given, str) and _DAY.fullmatch(given) is None:
        raise ValueError("a day is YYYY-MM-DD")
    return given


Day = Annotated[date, BeforeValidator(_iso)]


def wanted(
    start_date: Annotated[Day | None, Query(description="First day; default: as far back as there are any.")] = None,
    end_date: Annotated[Day | None, Query(description="Last day; default: the newest.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=_OFFSET_MAX)] = 0,
) -> Wanted:
    """Return which transactions are asked for.

    Raises:
        BadRequest: The days are in the wrong order.
    """
    days_in_order(start_date, end_date)
    return Wanted(start_date, end_date, limit, offset)


def days_in_order(first: date | None, last: date | None) -> None:
    """Refuse days in the wrong order.

    Raises:
        BadRequest: `days_reversed`.
    """
    if first is not None and last is not None and first > last:
        raise BadRequest("days_reversed", "start_date is after end_date")


WantedOf = Annotated[Wanted, Depends(wanted)]


@router.post("/api/products/{product}/transactions/sync")
async def sync(product: str, user_id: Caller, parts: PartsOf) -> SyncAnswer:
    """Read a product's transactions now, at every connection that has it; always 200, whatever went wrong."""
    found = PRODUCTS.get(product)
    if found is None:
        return SyncAnswer(updated=False, errors=[f"there is no such product; one of {', '.join(PRODUCTS)}"])
    return await sync_now(parts, user_id, found.kind, (product,))


@router.get("/api/products/{product}/transactions")
async def transactions(product: str, page: WantedOf, user_id: Caller, parts: PartsOf) -> TransactionsPage:
    """Return one page of a product's transactions, newest first; their shape is the product's."""
    found = PRODUCTS.get(product)
    if found is None:
        raise NotFound("unknown_product", f"there is no such product; one of {', '.join(PRODUCTS)}")
    async with open_as(parts.pool, user_id) as connection:
        return await found.serialise(connection, page)


@router.get("/api/plaid/transactions", tags=["plaid"])
async def plaid_transactions(page: WantedOf, user_id: Caller, parts: PartsOf) -> BankTransactions:
    """Return one page of the lines of the user's bank, card and loan accounts through Plaid, newest first."""
    only = Wanted(page.first_date, page.last_date, page.limit, page.offset, ProviderName.PLAID)
    async with open_as(parts.pool, user_id) as connection:
        return await bank_transactions(connection, only, products=_BANK_PRODUCTS)


@router.post("/api/plaid/transactions/sync", tags=["plaid"])
async def plaid_sync(user_id: Caller, parts: PartsOf) -> SyncAnswer:
    """Read what changed in the user's bank, card and loan accounts at Plaid since the last time; always 200."""
    return await sync_now(parts, user_id, JobKind.BANK_TRANSACTIONS, _BANK_PRODUCTS, ProviderName.PLAID)
