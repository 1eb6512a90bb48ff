"""Latest prices by REST for what has no place on a stream or does not trade, and exchange rates (loops)."""

import re
from collections.abc import Callable, Mapping, Sequence

from realtime.clock import Clock, MarketClock, now_ns
from realtime.domain.asset_class import MarketStream
from realtime.domain.price import PriceSource
from realtime.errors import RetryLater
from realtime.log import Log
from realtime.market_hours import MarketSession, market_hours_around
from symbol_collector.closes import fetch_apart
from symbol_collector.decode import Trade
from symbol_collector.last_prices import LastPrices
from symbol_collector.market_data import SYMBOLS_MAX, MarketData
from symbol_collector.snapshots import dollars, read_dollar_rates, read_snapshot

CALLS_PER_MINUTE = 100
"""Half of what the smallest plan allows; the rest is for closes and refills."""
_ROUND_MIN_S = 5.0
_CLOSED_ROUND_S = 60.0
_RATES_EVERY_S = 10.0
_LOOK_EVERY_S = 1.0
_RETRY_AFTER_S = 5.0
_RETRY_AFTER_MAX_S = 60.0
_ISO_4217 = re.compile("[A-Z]{3}")


def round_s(requests_count: int, *, market_open: bool) -> float:
    """Return how long one round of polling lasts, seconds, so that it stays within the REST budget (pure)."""
    busy_s = requests_count * 60.0 / CALLS_PER_MINUTE
    return max(_ROUND_MIN_S if market_open else _CLOSED_ROUND_S, busy_s)


def chunks(symbols: frozenset[str], size: int) -> list[list[str]]:
    """Return the symbols in lists of at most `size` (pure)."""
    ordered = sorted(symbols)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


class Poller:
    """Polls into the last prices. `problem` is what is wrong with exchange rates, for a person."""

    def __init__(
        self,
        data: MarketData,
        prices: LastPrices,
        changed: Callable[[], None],
        market: MarketClock,
        clock: Clock,
        log: Log,
    ) -> None:
        self.problem: str | None = None
        self._data = data
        self._prices = prices
        self._changed = changed
        self._market = market
        self._clock = clock
        self._log = log

    async def poll(self, polled: Callable[[], Mapping[MarketStream, frozenset[str]]]) -> None:
        """Poll the snapshots of whatever `polled` names, round after round."""
        while True:
            requests = [
                (stream, part) for stream, symbols in polled().items() for part in chunks(symbols, SYMBOLS_MAX[stream])
            ]
            now = self._market.now()
            market_open = market_hours_around(now).session(now) is not MarketSession.CLOSED
            market_open = market_open or any(stream is MarketStream.CRYPTO for stream, _ in requests)
            wait_s = round_s(len(requests), market_open=market_open) / max(1, len(requests))
            for stream, part in requests:
                try:
                    await self._poll(stream, part)
                except RetryLater as error:
                    self._log.warning("poll_failed", reason=error.reason)
                    await self._clock.sleep(error.after_s or _RETRY_AFTER_S)
                await self._clock.sleep(wait_s)
            if not requests:
                await self._clock.sleep(1.0)

    async def poll_rates(self, currencies: Callable[[], Mapping[str, str]]) -> None:
        """Poll what a unit of each currency costs in dollars; `currencies` names each one's symbol."""
        failures = 0
        while True:
            wanted = currencies()
            try:
                self.problem = _missing(await self._poll_rates(wanted) if wanted else [])
                failures = 0
            except RetryLater as error:
                failures += 1
                self.problem = f"Exchange rates: {error.reason}."
                self._log.warning("poll_failed", reason=error.reason)
            wait_s = min(_RETRY_AFTER_MAX_S, _RETRY_AFTER_S * failures) if failures else _RATES_EVERY_S
            ends = self._clock.monotonic() + wait_s
            while currencies() == wanted and self._clock.monotonic() < ends:
                await self._clock.sleep(_LOOK_EVERY_S)

    async def _poll(self, stream: MarketStream, symbols: list[str]) -> None:
        answers = await fetch_apart(lambda part: self._data.snapshots(stream, part), symbols)
        for symbol in symbols:
            snapshot = read_snapshot(symbol, answers.get(symbol))
            self._prices.take_latest(symbol, snapshot.trade, snapshot.quote, PriceSource.POLL, now_ns())
        self._changed()

    async def _poll_rates(self, wanted: Mapping[str, str]) -> list[str]:
        """Take in what is known of these currencies; return those of which nothing is."""
        asked = sorted(currency for currency in wanted if _ISO_4217.fullmatch(currency))
        rates = await fetch_apart(self._rates, asked)
        for currency, (time_ns, middle) in rates.items():
            rate = Trade(wanted[currency], time_ns, 0, "", dollars(middle), (), "")
            self._prices.take_latest(rate.symbol, rate, None, PriceSource.POLL, now_ns())
        self._changed()
        return sorted(wanted.keys() - rates.keys())

    async def _rates(self, currencies: Sequence[str]) -> Mapping[str, tuple[int, float]]:
        return read_dollar_rates(await self._data.dollar_rates(currencies))


def _missing(currencies: Sequence[str]) -> str | None:
    return f"No exchange rate is known of {', '.join(currencies)}." if currencies else None
