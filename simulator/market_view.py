"""What REST and the control API can see of the running market."""

from dataclasses import dataclass, field

from simulator.clock import rfc3339
from simulator.consolidated import ConsolidatedTape, SymbolTape
from simulator.corporate_actions import CorporateActions
from simulator.daily_history import DailyHistory
from simulator.events import Bar, Trade
from simulator.market import GeneratedMarket
from simulator.plan import Plan
from simulator.playback import Playback
from simulator.wire import Fields, bar_fields, quote_fields, rest_point, trade_fields


@dataclass(frozen=True, slots=True)
class MarketView:
    """One running market."""

    market: GeneratedMarket
    history: DailyHistory
    playback: Playback
    plan: Plan
    corporate_actions: CorporateActions = field(default_factory=CorporateActions)

    @property
    def tape(self) -> ConsolidatedTape:
        """The state that the stream's events have led to."""
        return self.playback.feed.tape

    def state(self, symbol: str) -> SymbolTape | None:
        """Return a symbol's state; None for one that Alpaca does not know."""
        return self.tape.symbols.get(symbol)

    def trade(self, symbol: str) -> Fields | None:
        """Return the latest trade that may set a price, as REST answers it."""
        state = self.state(symbol)
        return trade_point(state.last) if state is not None and state.last is not None else None

    def quote(self, symbol: str) -> Fields | None:
        """Return the latest quote as REST answers it; None where a recording of trades plays the symbol."""
        if not self.market.quotes(symbol):
            return None
        quote = self.market.latest_quote(symbol, self.playback.moved_to_ns())
        state = self.state(symbol)
        if state is not None and state.quote is not None and state.quote.time_ns > quote.time_ns:
            quote = state.quote
        return rest_point(quote_fields(quote), quote.time_ns)

    def minute_bar(self, symbol: str) -> Fields | None:
        """Return the latest minute bar as REST answers it."""
        state = self.state(symbol)
        return bar_point(state.minute_bar() if state is not None else None)

    def snapshot(self, symbol: str) -> Fields | None:
        """Return a stock's or pair's snapshot; None for a symbol that Alpaca does not know."""
        state = self.state(symbol)
        if state is None:
            return None
        daily, previous = state.daily_bars()
        return {
            "latestTrade": self.trade(symbol),
            "latestQuote": self.quote(symbol),
            "minuteBar": self.minute_bar(symbol),
            "dailyBar": bar_point(daily),
            "prevDailyBar": bar_point(previous),
        }


def trade_point(trade: Trade) -> Fields:
    """Return a trade as REST answers it."""
    return rest_point(trade_fields(trade), trade.time_ns)


def bar_point(bar: Bar | None) -> Fields | None:
    """Return a bar as REST answers it."""
    return {"t": rfc3339(bar.time_ns), **bar_fields(bar)} if bar is not None else None
