"""What REST says of a symbol in one answer: latest trade and quote, and the last two daily bars (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from realtime.domain.asset_class import MarketStream
from realtime.market_hours import NEW_YORK, MarketHours
from symbol_collector.decode import Quote, Raw, Trade, rest_quote, rest_time_ns, rest_trade, to_time
from symbol_collector.last_price import PreviousClose


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One symbol's snapshot; any part may be missing.

    Attributes:
        daily_closes: Close of each daily bar, by its day in New York; the newest may still be in the making.
    """

    symbol: str
    trade: Trade | None
    quote: Quote | None
    daily_closes: tuple[PreviousClose, ...]


def read_snapshot(symbol: str, raw: Raw | None) -> Snapshot:
    """Return a symbol's snapshot as REST states it."""
    parts: Raw = raw or {}
    raw_trade, raw_quote = parts.get("latestTrade"), parts.get("latestQuote")
    return Snapshot(
        symbol,
        None if raw_trade is None else rest_trade(symbol, raw_trade),
        None if raw_quote is None else rest_quote(symbol, raw_quote),
        read_daily_closes([parts.get("prevDailyBar"), parts.get("dailyBar")]),
    )


def read_daily_closes(bars: list[Raw | None]) -> tuple[PreviousClose, ...]:
    """Return the close of each daily bar that is whole; a bar's time is midnight New York."""
    closes = []
    for bar in bars:
        close = None if bar is None else bar.get("c")
        if bar is not None and close:
            day = to_time(rest_time_ns(bar["t"])).astimezone(NEW_YORK).date()
            closes.append(PreviousClose(Decimal(repr(close)), day))
    return tuple(closes)


def previous_close(closes: tuple[PreviousClose, ...], day: date) -> PreviousClose | None:
    """Return the close of the last session before a trading day; None when none is known.

    Before a day's first trade REST's `dailyBar` is still the session before; so the bar's own day decides.
    """
    return max((close for close in closes if close.date < day), key=lambda close: close.date, default=None)


def session_close(closes: tuple[PreviousClose, ...], now: datetime, hours: MarketHours) -> PreviousClose | None:
    """Return the close of the current trading day's regular session; None while it is not over, or not known."""
    day = hours.trading_day(now)
    return next((close for close in closes if close.date == day.date), None) if now >= day.close else None


def closing_day(stream: MarketStream, now: datetime, hours: MarketHours) -> date:
    """Return the day whose previous close counts: the trading day; today in New York where trading never stops."""
    if stream is MarketStream.CRYPTO:
        return now.astimezone(NEW_YORK).date()
    return hours.trading_day(now).date


def read_dollar_rates(raw: Mapping[str, Any]) -> dict[str, tuple[int, float]]:
    """Return time (nanoseconds since 1970) and middle rate of each pair `USDXXX`, by currency XXX."""
    rates = {}
    for pair, rate in (raw.get("rates") or {}).items():
        middle = None if rate is None else rate.get("mp")
        if middle and pair.startswith("USD"):
            rates[pair.removeprefix("USD")] = rest_time_ns(rate["t"]), middle
    return rates


def dollars(middle: float) -> float:
    """Return dollars per unit of a currency of which `middle` buy a dollar, to 8 decimals."""
    return float(round(1 / Decimal(repr(middle)), 8))
