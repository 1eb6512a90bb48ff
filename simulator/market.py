"""The generated market: every event of a span of market time, the same for the same seed (pure).

Time is cut into slots that never straddle a minute; each slot has its own random numbers, so what happens in it does
not depend on when the simulator started or how often it was asked.
"""

import heapq
from collections.abc import Sequence
from decimal import Decimal
from itertools import count

import numpy as np

from simulator.auctions import auction_prints
from simulator.catalog import Security
from simulator.clock import MINUTE_NS, SECOND_NS
from simulator.events import TEST_SYMBOL, Due, Event, Quote, Stream, Trade, stream_of
from simulator.option_prices import OptionModel
from simulator.price_bands import price_bands
from simulator.price_paths import PricePaths
from simulator.random_trades import StockTrades, around, draw_slot, half_spreads
from simulator.round_the_clock import RoundTheClockTrades, round_the_clock_quote, round_the_clock_sessions
from simulator.sessions import Sessions, TradingDay
from simulator.volume_curve import Floats, activity
from simulator.wire import route

FAKEPACA = Security(TEST_SYMBOL, "The test stream's", "equity", "NYSE", "A", Decimal(135), 0.3, 0.0, 1_000_000)
_SLOTS_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)
_TRADES_A_SLOT = 500
_CRYPTO_SHARE = 0.05
_OPTION_SHARE = 0.003
_DOLLAR_VOLUME_POWER = 0.6
"""Below 1, so that thinly traded names still trade every few seconds."""
_OPTION_HALF_SPREAD = 0.01
_OPTION_VENUES = "CNXPZ"


def slot_ns(rate: float, speed: float) -> int:
    """Return how long slots are: a wall second, shorter at high rates, within a market minute."""
    longest_s = min(max(1.0, speed), _TRADES_A_SLOT * speed / max(rate, 1e-9))
    return int(max((length for length in _SLOTS_S if length <= longest_s), default=_SLOTS_S[0]) * SECOND_NS)


def trading_shares(securities: Sequence[Security]) -> Floats:
    """Return each security's cumulative share of all trades; the last is 1."""
    dollars = np.array([float(security.base_price) * max(security.daily_volume, 1) for security in securities])
    shares = np.cumsum(dollars**_DOLLAR_VOLUME_POWER)
    result: Floats = shares / shares[-1]
    return result


def spreads_bps(securities: Sequence[Security]) -> Floats:
    """Return typical spreads in hundredths of a percent: tighter the more dollars trade."""
    dollars = np.array([float(security.base_price) * max(security.daily_volume, 1) for security in securities])
    result: Floats = np.clip(6e4 / np.sqrt(dollars), 0.2, 60.0)
    return result


class GeneratedMarket:
    """Events of all live-priced securities, in the order in which they reach the wire.

    Args:
        origin_ns: Market time at which the market starts; its trading day is the one before which the base prices
            are the previous closes.
        rate: Mean trades per wall second over all stocks in regular hours.
        speed: Market seconds per wall second; the rate on the wire does not depend on it.

    Attributes:
        quoted: Symbols of which quotes are generated.
        banded: Symbols of which price bands are generated.
        silent: Symbols that do not trade, because a recording plays them.
    """

    def __init__(
        self,
        securities: Sequence[Security],
        sessions: Sessions,
        origin_ns: int,
        seed: int,
        *,
        rate: float = 100.0,
        speed: float = 1.0,
    ) -> None:
        self._seed = seed
        self._rate_per_ns = rate / speed / SECOND_NS
        self._slot_ns = slot_ns(rate, speed)
        self._next_ns = origin_ns - origin_ns % self._slot_ns
        self._pending: list[tuple[int, int, Event]] = []
        self._order = count()
        self.quoted: frozenset[str] = frozenset()
        self.banded: frozenset[str] = frozenset()
        self.sessions = sessions

        stocks = [security for security in securities if security.tape and security.currency == "USD"]
        self.stock_paths = PricePaths(stocks, sessions, sessions.current(origin_ns).date, seed)
        self._stock_shares = trading_shares(stocks)
        self._spreads = spreads_bps(stocks)
        self._stock_trades = StockTrades(self.stock_paths, self._spreads)

        open_ended = [*(security for security in securities if security.kind == "crypto"), FAKEPACA]
        always = round_the_clock_sessions(origin_ns)
        self.open_ended_paths = PricePaths(open_ended, always, always.current(origin_ns).date, seed + 1)
        self._open_ended_shares = trading_shares(open_ended)
        self._open_ended_trades = RoundTheClockTrades(self.open_ended_paths)

        base = {security.symbol: float(security.base_price) for security in stocks}
        self.options = {
            security.symbol: OptionModel.through_base(security, base[security.underlying], origin_ns)
            for security in securities
            if security.kind == "option" and security.underlying in base
        }
        self._activity: tuple[TradingDay, Floats] | None = None
        self.silent: frozenset[str] = frozenset()

    def until(self, market_ns: int) -> list[Event]:
        """Return the events that reach the wire before `market_ns` and were not returned yet, in order."""
        while self._next_ns < market_ns:
            for due in sorted(self._slot(self._next_ns), key=lambda due: due.due_ns):
                heapq.heappush(self._pending, (due.due_ns, next(self._order), due.event))
            self._next_ns += self._slot_ns
        events = []
        while self._pending and self._pending[0][0] < market_ns:
            events.append(heapq.heappop(self._pending)[2])
        return [event for event in events if route(event)[1] not in self.silent] if self.silent else events

    def next_due_ns(self) -> int:
        """Return when the next known event, or else the next slot, is due."""
        return self._pending[0][0] if self._pending else self._next_ns

    def skip_to(self, market_ns: int) -> None:
        """Let the time until then pass without events, as if nobody had traded."""
        self._pending.clear()
        self._next_ns = max(self._next_ns, market_ns - market_ns % self._slot_ns)

    def _slot(self, start_ns: int) -> list[Due]:
        end_ns = start_ns + self._slot_ns
        rng = np.random.default_rng([self._seed, 5, start_ns // self._slot_ns])
        expected = self._rate_per_ns * self._slot_ns
        events = self._open_ended(rng, start_ns, expected * _CRYPTO_SHARE)
        day = self.sessions.current(start_ns)
        session = day.session(start_ns)
        if session == "closed":
            return events
        stocks = draw_slot(
            rng, start_ns, self._slot_ns, self._stock_shares, expected * self._activity_at(day, start_ns),
            extended_hours=session != "regular",
        )  # fmt: skip
        events += self._stock_trades.draw(rng, stocks, self.quoted)
        events += auction_prints(self.stock_paths, day, start_ns, end_ns)
        if session == "regular":
            events += self._options(rng, start_ns, expected * _OPTION_SHARE)
            events += price_bands(self.stock_paths, self.banded, start_ns, end_ns)
        return events

    def _activity_at(self, day: TradingDay, at_ns: int) -> float:
        if self._activity is None or self._activity[0] is not day:
            self._activity = (day, activity(day))
        return float(self._activity[1][(at_ns - day.pre_open_ns) // MINUTE_NS])

    def _open_ended(self, rng: np.random.Generator, start_ns: int, mean_count: float) -> list[Due]:
        slot = draw_slot(rng, start_ns, self._slot_ns, self._open_ended_shares, mean_count, extended_hours=False)
        return self._open_ended_trades.draw(rng, slot, self.quoted)

    def _options(self, rng: np.random.Generator, start_ns: int, mean_count: float) -> list[Due]:
        events: list[Due] = []
        for symbol in self.options:
            for offset in rng.integers(0, self._slot_ns // 1000, rng.poisson(mean_count)).tolist():
                time_ns = start_ns + offset * 1000
                quote = self.quote(symbol, time_ns)
                venue = _OPTION_VENUES[offset % len(_OPTION_VENUES)]
                price = quote.ask if rng.random() < 0.5 else quote.bid
                size = int(rng.geometric(0.4))
                events.append(Due(time_ns, Trade(symbol, time_ns, 0, price, size, venue, ("I",), "")))
                if symbol in self.quoted:
                    events.append(Due(time_ns - 500, quote._replace(time_ns=time_ns - 500)))
        return events

    def middle(self, symbol: str, at_ns: int) -> float:
        """Return the middle price at an instant, unrounded.

        Raises:
            KeyError: The symbol is not live-priced.
        """
        if (option := self.options.get(symbol)) is not None:
            return option.price(self.stock_paths.mid(option.contract.underlying, at_ns), at_ns)
        paths = self.paths_of(symbol)
        if paths is None:
            raise KeyError(symbol)
        return paths.mid(symbol, at_ns)

    def latest_quote(self, symbol: str, at_ns: int) -> Quote:
        """Return the newest quote at an instant: outside trading hours the last one before."""
        sessions = self.open_ended_paths.sessions if symbol in self.open_ended_paths.columns else self.sessions
        regular = symbol in self.options
        closed = sessions.session(at_ns) not in ({"regular"} if regular else {"pre", "regular", "post"})
        return self.quote(symbol, sessions.last_trading_ns(at_ns, regular=regular) if closed else at_ns)

    def quote(self, symbol: str, at_ns: int) -> Quote:
        """Return the quote at an instant."""
        middle = self.middle(symbol, at_ns)
        match stream_of(symbol):
            case Stream.STOCK:
                column = self.stock_paths.columns[symbol]
                spread = half_spreads(np.array([middle]), self._spreads[column : column + 1])
                bid, ask = around(middle, float(spread[0]))
                tape = self.stock_paths.securities[column].tape
                return Quote(symbol, at_ns, bid, 200, ask, 300, "Q", "P", ("R",), tape)
            case Stream.OPTION:
                half = max(_OPTION_HALF_SPREAD, middle * 0.002)
                bid, ask = around(middle, half)
                return Quote(symbol, at_ns, bid, 12, ask, 9, "C", "N", ("A",), "")
            case _:
                return round_the_clock_quote(symbol, at_ns, middle, 0.01)

    def move_to(self, symbol: str, price: float, at_ns: int) -> None:
        """From now on let trades of a symbol happen around that price.

        Raises:
            KeyError: The symbol has no price of its own: move an option's underlying instead.
        """
        paths = self.paths_of(symbol)
        if paths is None:
            raise KeyError(symbol)
        paths.move_to(symbol, price, at_ns)

    def quotes(self, symbol: str) -> bool:
        """Return whether a symbol has quotes: it is live-priced, and no recording of trades plays it."""
        known = symbol in self.options or self.paths_of(symbol) is not None
        return known and symbol not in self.silent

    def paths_of(self, symbol: str) -> PricePaths | None:
        """Return the paths a symbol's price follows; None for options and what is not live-priced."""
        for paths in (self.stock_paths, self.open_ended_paths):
            if symbol in paths.columns:
                return paths
        return None
