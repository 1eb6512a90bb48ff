"""The day so far, by the minute: the user's total, and the prices of what he holds."""

from datetime import date

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.caller import Caller
from api.flags import needs
from api.parts import PartsOf
from realtime.domain.flag import Flag
from realtime.market_hours import TradingDay, market_hours_around
from realtime.store.intraday import prices_of_day, values_of_day
from realtime.store.portfolio import open_as

router = APIRouter(tags=["portfolio"])


class IntradayPoint(BaseModel):
    time: int = Field(description="Market time, seconds since 1970.")
    value: float = Field(description="Total value in the user's currency, or a price in the instrument's own.")


class IntradayPortfolio(BaseModel):
    trading_day: date
    opens_at: int = Field(description="Of the regular session, market time, seconds since 1970.")
    closes_at: int = Field(description="Its close, early on a half day.")
    points: list[IntradayPoint] = Field(description="Oldest first, without minutes of an unknown total.")


class IntradayPrices(BaseModel):
    trading_day: date
    points: dict[str, list[IntradayPoint]] = Field(description="By instrument; the more, the fewer points each.")


@router.get("/api/portfolio/intraday", dependencies=[Depends(needs(Flag.PORTFOLIO_INSIGHTS))])
async def intraday(user_id: Caller, parts: PartsOf) -> IntradayPortfolio:
    """Return the total value at each minute of the current trading day."""
    day = _trading_day(parts)
    async with open_as(parts.pool, user_id) as connection:
        values = await values_of_day(connection, day.date)
    return IntradayPortfolio(
        trading_day=day.date,
        opens_at=int(day.open.timestamp()),
        closes_at=int(day.close.timestamp()),
        points=[IntradayPoint(time=int(each.at.timestamp()), value=float(each.total_value)) for each in values],
    )


@router.get("/api/prices/intraday")
async def intraday_prices(user_id: Caller, parts: PartsOf) -> IntradayPrices:
    """Return the prices of the current trading day of everything that the user holds."""
    day = _trading_day(parts)
    async with open_as(parts.pool, user_id) as connection:
        prices = await prices_of_day(connection, day.date)
    return IntradayPrices(
        trading_day=day.date,
        points={
            instrument: [IntradayPoint(time=int(each.at.timestamp()), value=float(each.price)) for each in points]
            for instrument, points in prices.items()
        },
    )


def _trading_day(parts: PartsOf) -> TradingDay:
    now = parts.settings.market_clock().now()
    return market_hours_around(now).trading_day(now)
