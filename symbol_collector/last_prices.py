"""The last price of every instrument that is held: market events in, changed prices out (pure)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import assert_never

from realtime.domain.corporate_action import Split
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import Delivery, HoldReason, Price, PriceSource
from realtime.market_hours import NEW_YORK, MarketSession, market_hours_around
from symbol_collector.conditions import is_official_close, may_set_last_price
from symbol_collector.decode import Band, Cancel, Correction, Event, Quote, Raw, Status, Trade, decode, to_ns, to_time
from symbol_collector.last_price import LastPrice, PreviousClose

_AHEAD_MAX = timedelta(minutes=5)
_SETTLED_AFTER_NS = 15_000_000_000


class LastPrices:
    """Last prices by symbol. Symbols of stocks, options and coins never coincide.

    Attributes:
        trades_count: Trades taken in, those that set no price included.
        last_trade_ns: Market time of the newest of them; 0 before the first.
    """

    def __init__(self) -> None:
        self.trades_count = 0
        self.last_trade_ns = 0
        self._by_symbol: dict[str, LastPrice] = {}
        self._symbols: dict[InstrumentId, str] = {}
        self._changed: dict[InstrumentId, LastPrice] = {}
        self._unknown: set[str] = set()
        self._holding: set[str] = set()
        self._suspects: set[str] = set()
        self._revisions: dict[InstrumentId, int] = {}

    def hold(self, instruments: Iterable[Instrument], board: Mapping[InstrumentId, Price], now: datetime) -> None:
        """Begin to price these instruments, each from where the board stands.

        A board price that lies ahead of market time `now` belongs to another replay and is taken back.
        """
        for instrument in instruments:
            if instrument.id in self._symbols:
                continue
            last = _begin(instrument, board.get(instrument.id), now)
            last.revision = max(last.revision, self._revisions.pop(instrument.id, 0))
            self._symbols[instrument.id] = instrument.symbol
            self._by_symbol[instrument.symbol] = last

    def drop(self, instrument_ids: Iterable[InstrumentId]) -> None:
        """Forget instruments that nobody holds any more; what still arrives for them is ignored."""
        for instrument_id in instrument_ids:
            symbol = self._symbols.pop(instrument_id, None)
            if symbol is not None:
                self._revisions[instrument_id] = self._by_symbol.pop(symbol).revision
                self._unknown.discard(symbol)
            self._changed.pop(instrument_id, None)

    def take_raw(self, messages: Iterable[Raw], received_ns: int) -> None:
        """Take in the messages of one frame; those that state no event of ours are skipped one by one."""
        by_symbol = self._by_symbol
        for raw in messages:
            event = decode(raw)
            if event is None:
                continue
            last = by_symbol.get(event.symbol)
            if last is not None and self._apply(last, event, received_ns):
                self._changed[last.instrument_id] = last

    def take_latest(
        self, symbol: str, trade: Trade | None, quote: Quote | None, source: PriceSource, received_ns: int
    ) -> None:
        """Take in what REST calls the latest; such a trade may set a price whatever its conditions are.

        The quote says nothing of our speed: it was there before we asked.
        """
        last = self._by_symbol.get(symbol)
        if last is None:
            return
        changed = trade is not None and last.add_trade(trade, source, received_ns)
        changed = (quote is not None and last.add_quote(quote, 0)) or changed
        if changed:
            self._changed[last.instrument_id] = last

    def confirm(self, symbol: str, latest: Trade, now: datetime) -> None:
        """After a gap: take back what REST no longer knows."""
        last = self._by_symbol.get(symbol)
        if last is not None and last.confirm(latest, to_ns(now) - _SETTLED_AFTER_NS):
            self._changed[last.instrument_id] = last

    def doubt(self, symbols: Iterable[str]) -> None:
        """Note that cancels for these symbols may be missed from now until the next snapshot."""
        for symbol in symbols:
            last = self._by_symbol.get(symbol)
            if last is not None:
                last.doubt()

    def set_close(self, symbol: str, close: PreviousClose) -> None:
        """Take in a previous close."""
        last = self._by_symbol.get(symbol)
        if last is not None and last.set_close(close):
            self._changed[last.instrument_id] = last

    def set_session_close(self, symbol: str, close: PreviousClose) -> None:
        """Take in the official close of a session that is over."""
        last = self._by_symbol.get(symbol)
        if last is not None and last.set_session_close(close):
            self._changed[last.instrument_id] = last

    def without_close(self, symbols: Iterable[str]) -> list[str]:
        """Return those of the symbols whose previous close is not known."""
        return [symbol for symbol in symbols if symbol in self._by_symbol and not self._by_symbol[symbol].has_close]

    def quiet(self, symbols: Iterable[str], now: datetime) -> frozenset[str]:
        """Return those of the symbols that have not traded for so long that a quote's midpoint says more."""
        regular, now_ns = market_hours_around(now).session(now) is MarketSession.REGULAR, to_ns(now)
        known = ((symbol, self._by_symbol.get(symbol)) for symbol in symbols)
        return frozenset(
            symbol for symbol, last in known if last is not None and last.wants_quote(now_ns, regular=regular)
        )

    def take_changed(self, prices_max: int | None = None) -> list[Price]:
        """Return prices that changed since they were returned last, each once, the longest waiting first."""
        changed = list(islice(self._changed.values(), prices_max))
        for last in changed:
            del self._changed[last.instrument_id]
        prices = [price for price in (last.publish() for last in changed) if price is not None]
        for price in prices:
            if price.held is not None:
                self._note_held(self._symbols[price.instrument_id])
        self._unknown.update(self._symbols[price.instrument_id] for price in prices if price.price is None)
        return prices

    def set_delivery(self, symbols: Iterable[str], delivery: Delivery) -> None:
        """Say how prices of these symbols come from now on."""
        for symbol in symbols:
            last = self._by_symbol.get(symbol)
            if last is not None and last.delivery is not delivery:
                last.set_delivery(delivery)
                self._changed[last.instrument_id] = last

    def take_suspects(self) -> set[str]:
        """Return the symbols of which a price has been held back since the last call: ask REST for them."""
        suspects, self._suspects = self._suspects, set()
        return suspects

    def settle_splits(self, asked: Iterable[str], splits: Mapping[str, Split]) -> None:
        """Take in today's splits of the symbols asked for, and decide on prices that look like one."""
        for symbol in asked:
            last = self._by_symbol.get(symbol)
            if last is None:
                continue
            if last.split != splits.get(symbol):
                last.split = splits.get(symbol)
                self._changed[last.instrument_id] = last
            if last.hold is not None and last.hold.reason is HoldReason.SPLIT_LIKE:
                if symbol in splits or last.hold.is_no_split():
                    last.release()
                self._changed[last.instrument_id] = last

    def release_due(self, now_ns: int) -> None:
        """Believe what has been held back long enough; wall clock, nanoseconds since 1970."""
        for symbol in list(self._holding):
            last = self._by_symbol.get(symbol)
            hold = None if last is None else last.hold
            if last is None or hold is None:
                self._holding.discard(symbol)
            elif hold.is_over(now_ns):
                last.release()
                self._changed[last.instrument_id] = last

    def take_unknown(self) -> set[str]:
        """Return the symbols that lost their last known price since the last call: ask REST for them."""
        unknown, self._unknown = self._unknown, set()
        return unknown

    def _note_held(self, symbol: str) -> None:
        if symbol not in self._holding:
            self._holding.add(symbol)
            self._suspects.add(symbol)

    def _apply(self, last: LastPrice, event: Event, received_ns: int) -> bool:  # noqa: PLR0911  # one per type
        match event:
            case Trade():
                self.trades_count += 1
                self.last_trade_ns = max(self.last_trade_ns, event.time_ns)
                if may_set_last_price(event.conditions, event.tape):
                    return last.add_trade(event, PriceSource.TRADE, received_ns)
                return is_official_close(event.conditions, event.tape) and last.set_session_close(_close_of(event))
            case Quote():
                return last.add_quote(event, received_ns)
            case Correction():
                return last.correct(event)
            case Cancel():
                return last.cancel(event)
            case Status():
                return last.set_status(event)
            case Band():
                return last.set_band(event)
            case _:
                assert_never(event)


def _close_of(trade: Trade) -> PreviousClose:
    return PreviousClose(Decimal(repr(trade.price)), to_time(trade.time_ns).astimezone(NEW_YORK).date())


def _begin(instrument: Instrument, price: Price | None, now: datetime) -> LastPrice:
    if price is None:
        return LastPrice(instrument.id, 0, instrument.asset_class)
    if price.time is not None and price.time > now + _AHEAD_MAX:
        return LastPrice(instrument.id, price.revision + 1, instrument.asset_class)
    return LastPrice.from_board(price, instrument.asset_class)
