"""One instrument's last price: trades in any order, corrections, cancels, quotes → at most one price (pure).

Any arrival order of the same events gives the same price and time, as long as no more than `_TRADES_MAX` trades and
`_VOIDS_MAX` corrections and cancels are in play. A correction changes only a trade that set a price.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import Split
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Delivery, HeldPrice, Price, PriceSource
from symbol_collector.conditions import may_set_last_price
from symbol_collector.decode import Band, Cancel, Correction, Quote, Status, Trade, to_ns, to_time
from symbol_collector.guard import Hold, doubt
from symbol_collector.prints import Key, Order, Print, Seen, Void, key_of, order, void_order
from symbol_collector.quotes import is_sane, quote_order, quote_rule
from symbol_collector.trading_state import TradingState

_TRADES_MAX = 32
_VOIDS_MAX = 64


@dataclass(frozen=True, slots=True)
class PreviousClose:
    """An official close, per unit, in the instrument's currency, and the day it belongs to."""

    price: Decimal
    date: date


class LastPrice:
    """The newest price of one instrument, and what is needed to take it back.

    Card: the newest `_TRADES_MAX` price-setting trades and `_VOIDS_MAX` corrections and cancels, when full the oldest
    go; ordered by the market's time, then trade id; one writer and reader, the collector's loop; lost on restart,
    when the board and a snapshot by REST stand in for it.
    """

    __slots__ = (
        "_close", "_doubted", "_guarded", "_hold", "_prints", "_quote", "_quote_rule", "_session_close", "_shown",
        "_trading", "_undone", "_voids", "delivery", "instrument_id", "revision", "split",
    )  # fmt: skip

    def __init__(
        self, instrument_id: InstrumentId, revision: int = 0, asset_class: AssetClass = AssetClass.EQUITY
    ) -> None:
        self.instrument_id = instrument_id
        self.delivery: Delivery | None = None
        self.split: Split | None = None
        self._guarded = asset_class is not AssetClass.OPTION
        self._quote_rule = quote_rule(asset_class)
        self.revision = revision
        self._prints: list[Print] = []
        self._voids: dict[Key, Void] = {}
        self._quote: tuple[Quote, int] | None = None
        self._close: PreviousClose | None = None
        self._session_close: PreviousClose | None = None
        self._shown: Seen | None = None
        self._undone = False
        self._doubted: Order | None = None
        self._hold: Hold | None = None
        self._trading = TradingState()

    @classmethod
    def from_board(cls, price: Price, asset_class: AssetClass = AssetClass.EQUITY) -> "LastPrice":
        """Go on where an earlier collector stopped; the first snapshot by REST may still take its price back."""
        last = cls(price.instrument_id, price.revision, asset_class)
        last.split = price.split
        if price.previous_close is not None and price.previous_close_date is not None:
            last._close = PreviousClose(price.previous_close, price.previous_close_date)
        if price.session_close is not None and price.session_close_date is not None:
            last._session_close = PreviousClose(price.session_close, price.session_close_date)
        if price.price is not None and price.time is not None:
            time_ns = to_ns(price.time)
            last._prints = [Print(time_ns, -1, "", float(price.price), price.source, price.received_ns)]
            last._shown = Seen(time_ns, price.price, price.source, price.received_ns)
            last._trading = TradingState(price.status, time_ns)
            last.doubt()
        return last

    def add_trade(self, trade: Trade, source: PriceSource, received_ns: int) -> bool:
        """Take in a trade that may set a price; return whether the price may have changed."""
        new = Print(trade.time_ns, trade.trade_id, trade.exchange, trade.price, source, received_ns)
        prints = self._prints
        newest = not prints or trade.time_ns > prints[-1].time_ns
        if newest:
            self._trading.note_trade(trade.time_ns)
            if self._guarded and self._holds(new):
                return True
            prints.append(new)
        else:
            position = bisect_left(prints, new[:4], key=order)
            if position < len(prints) and order(prints[position]) == new[:4]:
                return False
            prints.insert(position, new)
        if len(prints) > _TRADES_MAX:
            del prints[0]
        return newest or bool(self._voids) or prints[-1] is new

    def add_quote(self, quote: Quote, received_ns: int) -> bool:
        """Take in a quote; return whether the price may have changed."""
        decided = self.witness(quote) or self._trading.note_quote(quote)
        if not self._trading.is_open or not self._quote_rule.allows(quote):
            return decided
        if self._quote is not None and quote_order(quote) <= quote_order(self._quote[0]):
            return decided
        self._quote = quote, received_ns
        seen = self._seen()
        return decided or (seen is not None and seen.source is PriceSource.QUOTE)

    def wants_quote(self, now_ns: int, *, regular: bool) -> bool:
        """Whether a quote would say more than its last trade, or whether it trades at all; market time, nanoseconds."""
        if self._trading.is_doubtful:
            return True
        rule = self._quote_rule
        if not rule.quiet_ns or (rule.regular_only and not regular):
            return False
        return not self._prints or self._prints[-1].time_ns + rule.quiet_ns < now_ns

    def witness(self, quote: Quote) -> bool:
        """Let a quote decide on what waits: true, false, or nothing; return whether it did."""
        if self._hold is None or not is_sane(quote):
            return False
        middle = (quote.bid + quote.ask) / 2
        if self._hold.confirmed_by_quote(middle):
            self.release()
        elif self._prints and doubt(middle, self._prints[-1].price) is None:
            self._hold = None
        return self._hold is None

    def set_status(self, status: Status) -> bool:
        """Take in a halt or its end; return whether it is news."""
        return self._trading.set_status(status)

    def set_band(self, band: Band) -> bool:
        """Take in new limits of its price; return whether it is news."""
        return self._trading.set_band(band, None if self._shown is None else float(self._shown.price))

    def set_delivery(self, delivery: Delivery) -> None:
        """Say how its prices come from now on; halts come by the stream alone."""
        self.delivery = delivery
        if delivery is Delivery.POLL:
            self._trading.doubt()

    @property
    def hold(self) -> Hold | None:
        """What waits for a second source."""
        return self._hold

    def release(self) -> None:
        """Believe the prints that wait."""
        if self._hold is not None:
            self._prints = sorted([*self._prints, *self._hold.prints], key=order)[-_TRADES_MAX:]
            self._hold = None

    def correct(self, correction: Correction) -> bool:
        """Replace a trade that came or will come; return whether the price may have changed."""
        key = key_of(correction.time_ns, correction.exchange, correction.original_id)
        next_key = key_of(correction.time_ns, correction.exchange, correction.corrected_id)
        sets_price = may_set_last_price(correction.conditions, correction.tape)
        price = correction.price if sets_price else None
        return self._void(key, Void(False, correction.time_ns, price, next_key if next_key != key else None))

    def cancel(self, cancel: Cancel) -> bool:
        """Withdraw a trade that came or will come; return whether the price may have changed."""
        return self._void(
            key_of(cancel.time_ns, cancel.exchange, cancel.trade_id), Void(True, cancel.time_ns, None, None)
        )

    def doubt(self) -> None:
        """Note a gap: cancels, and the end of a halt, may be missed until a snapshot says what is so."""
        self._doubted = order(self._prints[-1]) if self._prints else None
        self._trading.doubt()

    def confirm(self, latest: Trade, settled_ns: int) -> bool:
        """Drop trades of before the gap that are newer than what REST calls the latest; return whether there were any.

        Trades younger than `settled_ns` (market time) are kept: REST's answer may lag that much.
        """
        doubted, self._doubted = self._doubted, None
        if doubted is None:
            return False
        known = len(self._prints)
        after = (latest.time_ns, latest.trade_id, latest.exchange, latest.price)
        self._prints = [
            kept for kept in self._prints
            if not after < order(kept) <= doubted or kept.time_ns >= settled_ns
        ]  # fmt: skip
        return len(self._prints) != known

    @property
    def has_close(self) -> bool:
        return self._close is not None

    def set_close(self, close: PreviousClose) -> bool:
        """Take in the previous close; return whether it is another one."""
        changed = close != self._close
        self._close = close
        return changed

    def set_session_close(self, close: PreviousClose) -> bool:
        """Take in the official close of a session that is over; return whether it is news."""
        known = self._session_close
        changed = close != known and (known is None or close.date >= known.date)
        if changed:
            self._session_close = close
        return changed

    def publish(self) -> Price | None:
        """Return the price as it is to be published now; None while nothing is known at all."""
        now, shown = self._seen(), self._shown
        if shown is not None and (
            now is None
            or now.time_ns < shown.time_ns
            or (self._undone and now.time_ns == shown.time_ns and now.price != shown.price)
        ):
            self.revision += 1
        self._shown, self._undone = now, False
        close, session_close = self._close, self._session_close
        if now is None and close is None and shown is None and self.delivery is None:
            return None
        return Price(
            instrument_id=self.instrument_id,
            price=None if now is None else now.price,
            time=None if now is None else to_time(now.time_ns),
            source=PriceSource.PREVIOUS_CLOSE if now is None else now.source,
            revision=self.revision,
            previous_close=None if close is None else close.price,
            previous_close_date=None if close is None else close.date,
            received_ns=0 if now is None else now.received_ns,
            session_close=None if session_close is None else session_close.price,
            session_close_date=None if session_close is None else session_close.date,
            status=self._trading.status,
            held=None if self._hold is None else _held(self._hold),
            delivery=self.delivery,
            band=None if now is None else self._trading.band_at(float(now.price)),
            split=self.split,
        )

    def _holds(self, new: Print) -> bool:
        """Return whether the newest print waits; one that is near the last price contradicts those that do."""
        if self._prints:
            reason = doubt(new.price, self._prints[-1].price)
        else:
            reason = None if self._close is None else doubt(new.price, float(self._close.price))
        if reason is None:
            self._hold = None
        elif self._hold is None:
            self._hold = Hold(new, reason)
        elif self._hold.add(new):
            self.release()
        return reason is not None

    def _void(self, key: Key, void: Void) -> bool:
        known = self._voids.get(key)
        if known is not None and void_order(known) >= void_order(void):
            return False
        self._voids[key] = void
        if len(self._voids) > _VOIDS_MAX:
            del self._voids[next(iter(self._voids))]
        self._undone = True
        return True

    def _seen(self) -> Seen | None:
        trade = next((seen for seen in map(self._standing, reversed(self._prints)) if seen is not None), None)
        if self._quote is None:
            return trade
        quote, received_ns = self._quote
        if trade is not None and trade.time_ns + self._quote_rule.quiet_ns >= quote.time_ns:
            return trade
        middle = (Decimal(repr(quote.bid)) + Decimal(repr(quote.ask))) / 2
        return Seen(quote.time_ns, middle, PriceSource.QUOTE, received_ns)

    def _standing(self, trade: Print) -> Seen | None:
        """Return what a trade is worth after its corrections; None when nothing is left of it."""
        price: float | None = trade.price
        if self._voids:
            key: Key | None = key_of(trade.time_ns, trade.exchange, trade.trade_id)
            for _ in range(_VOIDS_MAX):
                void = self._voids.get(key) if key is not None else None
                if void is None:
                    break
                price, key = void.price, void.next_key
        if price is None:
            return None
        return Seen(trade.time_ns, Decimal(repr(price)), trade.source, trade.received_ns)


def _held(hold: Hold) -> HeldPrice:
    return HeldPrice(Decimal(repr(hold.newest.price)), to_time(hold.newest.time_ns), hold.reason)
