"""What values ought to be, from the simulated market's REST answers and the holdings in Postgres.

Independent of the collector and the calculator: last prices are the simulator's own reading of which trades may set
one, previous closes follow Alpaca's snapshot rule, and the arithmetic is `exact.py`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp

from realtime.bus.client import Bus
from realtime.bus.prices import read_board
from realtime.clock import MarketClock
from realtime.domain.account import UserId
from realtime.domain.asset_class import AssetClass, MarketStream
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import Price, PriceSource
from realtime.market_hours import NEW_YORK, market_hours_around
from realtime.store.corporate_actions import read_corporate_actions
from realtime.store.holdings import holdings_of
from realtime.store.instruments import instruments_by_id, provider_prices
from realtime.store.pool import Pool
from realtime.store.transactions import day_trades
from tests.support.exact import UserValuation, World, value_user

_KEYS = {"APCA-API-KEY-ID": "demo-key", "APCA-API-SECRET-KEY": "demo-secret"}


class Market:
    """The simulated market's REST and control calls."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def control(self, call: str, **body: object) -> dict[str, Any]:
        async with self._session.post(f"{self._url}/control/{call}", json=body) as answer:
            told: dict[str, Any] = await answer.json()
            assert answer.status == 200, told
            return told

    async def status(self) -> dict[str, Any]:
        async with self._session.get(f"{self._url}/control/status") as answer:
            told: dict[str, Any] = await answer.json()
            return told

    async def rest(self, path: str, **query: str) -> dict[str, Any]:
        async with self._session.get(self._url + path, params=query, headers=_KEYS) as answer:
            assert answer.status == 200, await answer.text()
            told: dict[str, Any] = await answer.json()
            return told

    async def prices(
        self, instruments: Iterable[Instrument], clock: MarketClock, bus: Bus
    ) -> dict[InstrumentId, Price]:
        """Return every instrument's price as the market itself has it.

        The board is believed in what REST does not tell: an option's price, its and coins' previous close, the close of
        the day, halts, held prices and how an instrument is delivered; and in midpoints, of which it has the last asked
        for.
        """
        listed = [instrument for instrument in instruments if instrument.stream is not None]
        stocks = {row.symbol: row for row in listed if row.stream is MarketStream.STOCK}
        coins = {row.symbol: row for row in listed if row.stream is MarketStream.CRYPTO}
        board = await read_board(bus)
        today = market_hours_around(clock.now()).trading_day(clock.now()).date
        found: dict[InstrumentId, Price] = {}
        if stocks:
            for symbol, told in (await self.rest("/v2/stocks/snapshots", symbols=",".join(stocks))).items():
                if told is not None:
                    found[stocks[symbol].id] = _stock_price(stocks[symbol].id, told, today)
        if coins:
            told = await self.rest("/v1beta3/crypto/us/latest/trades", symbols=",".join(coins))
            for symbol, trade in told["trades"].items():
                known = board[coins[symbol].id]
                found[coins[symbol].id] = _price(
                    coins[symbol].id, trade, (known.previous_close, known.previous_close_date)
                )
        found |= {row.id: board[row.id] for row in listed if row.stream is MarketStream.OPTION and row.id in board}
        return {key: _as_delivered(price, board[key]) if key in board else price for key, price in found.items()}

    async def exchange_rates(self, currencies: Iterable[Instrument]) -> dict[InstrumentId, Price]:
        """Return the price in dollars of each foreign currency."""
        foreign = [row for row in currencies if row.asset_class is AssetClass.CASH and row.currency != "USD"]
        if not foreign:
            return {}
        pairs = ",".join(f"USD{row.currency}" for row in foreign)
        rates = (await self.rest("/v1beta1/forex/latest/rates", currency_pairs=pairs))["rates"]
        return {
            row.id: Price(
                instrument_id=row.id,
                price=(1 / Decimal(repr(rates[f"USD{row.currency}"]["mp"]))).quantize(Decimal("0.00000001")),
                time=datetime.fromisoformat(_microseconds(rates[f"USD{row.currency}"]["t"])),
                source=PriceSource.POLL,
                revision=0,
                previous_close=None,
                previous_close_date=None,
                received_ns=0,
            )
            for row in foreign
        }


async def true_values(market: Market, pool: Pool, bus: Bus, clock: MarketClock, user_id: UserId) -> UserValuation:
    """Return what the user's accounts and portfolio are worth by the market's own prices."""
    [holdings] = await holdings_of(pool, [user_id])
    ids = {holding.instrument_id for account in holdings.accounts for holding in account.holdings}
    instruments = await instruments_by_id(pool, ids)
    currencies = {row.currency for row in instruments} | {account.currency for account in holdings.accounts}
    cash = await pool.fetch("select id from instruments where symbol = any($1)", [f"CUR:{code}" for code in currencies])
    instruments += await instruments_by_id(pool, {InstrumentId(str(row["id"])) for row in cash} - ids)
    prices = await market.prices(instruments, clock, bus) | await market.exchange_rates(instruments)
    now = clock.now()
    day = market_hours_around(now).trading_day(now).date
    trades = (await day_trades(pool, [user_id], day)).get(user_id, {})
    known = {row.id for row in instruments}
    traded = {row.instrument_id for told in trades.values() for row in told.trades}
    instruments += await instruments_by_id(pool, traded - known)
    prices |= await market.prices([row for row in instruments if row.id in traded - known], clock, bus)
    ids = known | traded
    given = await provider_prices(pool, ids)
    world = World(
        instruments={row.id: row for row in instruments},
        prices=prices,
        provider_prices={row.instrument_id: (row.price, row.time) for row in given},
        now=now,
        actions=await read_corporate_actions(pool, ids, day - timedelta(days=400)),
        trades=trades,
    )
    return value_user(holdings.accounts, holdings.currency, world)


def _stock_price(instrument_id: InstrumentId, told: dict[str, Any], today: date) -> Price:
    """Read a snapshot by the rule of Alpaca's documentation: before today's first trade the daily bar is the last's."""
    daily, previous = told["dailyBar"], told["prevDailyBar"]
    bar = daily if daily is not None and _day(daily) < today else previous
    close = (None, None) if bar is None else (Decimal(repr(bar["c"])), _day(bar))
    return _price(instrument_id, told["latestTrade"], close)


def _price(
    instrument_id: InstrumentId, trade: dict[str, Any] | None, close: tuple[Decimal | None, date | None]
) -> Price:
    return Price(
        instrument_id=instrument_id,
        price=None if trade is None else Decimal(repr(trade["p"])),
        time=None if trade is None else datetime.fromisoformat(_microseconds(trade["t"])),
        source=PriceSource.TRADE,
        revision=0,
        previous_close=close[0],
        previous_close_date=close[1],
        received_ns=0,
    )


def _as_delivered(price: Price, board: Price) -> Price:
    midpoint = board.source is PriceSource.QUOTE
    return replace(
        price,
        price=board.price if midpoint else price.price,
        time=board.time if midpoint else price.time,
        source=board.source if midpoint else price.source,
        session_close=board.session_close,
        session_close_date=board.session_close_date,
        status=board.status,
        held=board.held,
        delivery=board.delivery,
    )


def _day(bar: dict[str, Any]) -> date:
    return (datetime.fromisoformat(_microseconds(bar["t"])) + timedelta(hours=1)).astimezone(NEW_YORK).date()


def _microseconds(text: str) -> str:
    """Cut an RFC 3339 time with nanoseconds to what Python reads."""
    whole, dot, rest = text.rstrip("Z").partition(".")
    return f"{whole}{dot}{rest[:6]}+00:00"
