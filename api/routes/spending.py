"""What came in and went out of bank, card and loan accounts; and which mode a portfolio is in."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.aggregated import Number
from api.caller import Caller
from api.parts import PartsOf
from api.routes.products import Day, days_in_order
from realtime.domain.flag import Flag
from realtime.market_hours import NEW_YORK
from realtime.store.flags import flags_of
from realtime.store.portfolio import open_as
from realtime.store.spending import portfolio_mode, spending_of

router = APIRouter(tags=["transactions"])
_BY_DEFAULT = timedelta(days=29)


class Balance(BaseModel):
    currency: str
    balance: Number | None = Field(description="In bank accounts; null without one, or when one is unknown.")
    owed: Number | None = Field(description="On cards and loans, positive; null likewise.")
    unknown_count: int = Field(description="Accounts whose balance is not known.")


class Flows(BaseModel):
    currency: str
    income: Number | None
    spending: Number | None = Field(description="Positive; refunds are taken off, own transfers left out.")


class CategorySpending(BaseModel):
    category: str = Field(examples=["FOOD_AND_DRINK"])
    currency: str
    amount: Number = Field(examples=[412.3])
    transaction_count: int


class SpendingAnswer(BaseModel):
    start_date: Day
    end_date: Day
    balances: list[Balance] = Field(description="Now, a row a currency.")
    flows: list[Flows]
    categories: list[CategorySpending]
    transaction_count: int


class Mode(BaseModel):
    mode: Literal["brokerage", "aggregation", "hybrid", "none"] = Field(
        description="From what is connected: brokerage is Alpaca, aggregation SnapTrade or Plaid; flags can narrow it."
    )
    aggregation_provider: Literal["snaptrade", "plaid"] | None = Field(
        description="SnapTrade; Plaid while SnapTrade is broken or missing."
    )


@router.get("/api/spending")
async def spending(
    user_id: Caller,
    parts: PartsOf,
    start_date: Annotated[Day | None, Query(description="Default: 29 days before end_date.")] = None,
    end_date: Annotated[Day | None, Query(description="Default: today in New York.")] = None,
) -> SpendingAnswer:
    """Return balances, income, spending and spending by category of the user's bank, card and loan accounts."""
    last = end_date or parts.clock.now().astimezone(NEW_YORK).date()
    first = start_date or last - min(_BY_DEFAULT, last - date.min)
    days_in_order(first, last)
    async with open_as(parts.pool, user_id) as connection:
        found = await spending_of(connection, user_id, first, last)
    return SpendingAnswer.model_validate(
        {
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "balances": found.balances,
            "flows": found.flows,
            "categories": found.categories,
            "transaction_count": found.transaction_count,
        },
        from_attributes=True,
    )


@router.get("/api/portfolio/mode", tags=["portfolio"])
async def mode(user_id: Caller, parts: PartsOf) -> Mode:
    """Return the mode of the user's portfolio and through whom his outside accounts are read."""
    async with open_as(parts.pool, user_id) as connection:
        flags = await flags_of(connection, user_id, parts.settings.flags)
        found = await portfolio_mode(
            connection,
            user_id,
            brokerage=flags[Flag.BROKERAGE_MODE],
            aggregation=flags[Flag.AGGREGATION_MODE],
        )
    return Mode.model_validate({"mode": found.mode, "aggregation_provider": found.provider})
