"""The mark of an instrument: which price values it now, of what kind that is, and what its changes are from (pure).

The ladder: the board's price (trade, quote, bar, poll), unless an official close of the current or the previous
trading day is newer; without a price the newest of those closes and the provider's own price. Cash is 1 in its own
currency. Prices from before a split are restated in shares of today (docs/decisions/0032).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from calculator.change_reasons import NO_REASONS, Reasons, Session, reasons
from calculator.moment import Moment, takes_effect
from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.domain.corporate_action import CashDividend, CorporateAction, Split
from realtime.domain.instrument import Instrument
from realtime.domain.price import LIVE_SOURCES, Delivery, Price, PriceSource, TradingStatus
from realtime.domain.value import NO_FACTS, Covered, MarketFacts, StaleReason
from realtime.market_hours import MarketSession

RESTATED_TO = Decimal("1E-12")
"""A price from before a split is restated to so many digits, and from then on counts as exact."""
_CLOSING_PRINT_WITHIN = timedelta(minutes=5)
_RESTATING = Context(prec=100, rounding=ROUND_HALF_EVEN)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class ProviderMark:
    """The newest price that a provider gave for an instrument."""

    price: Decimal
    time: datetime


class Mark(NamedTuple):
    """The price chosen to value an instrument. A tuple, because one is made for every price that moves.

    Attributes:
        base: What a unit held at the previous close was worth then, less the dividend that went ex since.
        previous_close: Only when it is the base of the day change; in shares of today.
        session_close: Only of the current trading day.
        extended_since: Date of the newest official close, when it is known.
        day_session: Which session's change the day change is; None when it is none's, or the sum of two.
        late_session: After the close: which session the mark's change since `session_close` is; None when none.
        reasons: Why which changes of a priced position are unknown.
    """

    price: Decimal | None = None
    time: datetime | None = None
    source: PriceSource | None = None
    stale: StaleReason | None = None
    covered: Covered | None = None
    base: Decimal | None = None
    previous_close: Decimal | None = None
    previous_close_date: date | None = None
    session_close: Decimal | None = None
    extended_since: date | None = None
    day_session: Session | None = None
    late_session: Session | None = None
    reasons: Reasons = NO_REASONS
    facts: MarketFacts = NO_FACTS

    @property
    def estimated(self) -> bool:
        """Whether it is a previous close or the provider's own price."""
        return self.source is PriceSource.PREVIOUS_CLOSE or self.source is PriceSource.PROVIDER


UNPRICED = Mark()
_CASH = Mark(price=_ONE)
_PLAIN_FACTS = {
    (status, delivery): MarketFacts(trading_status=status, delivery=delivery)
    for status in TradingStatus
    for delivery in (None, *Delivery)
}


def choose_mark(
    instrument: Instrument,
    price: Price | None,
    provider: ProviderMark | None,
    actions: Sequence[CorporateAction],
    moment: Moment,
) -> Mark:
    """Return the instrument's mark at a moment; `actions` are its own."""
    if instrument.asset_class is AssetClass.CASH:
        return _CASH
    closes = _closes(instrument, price, actions, moment)
    chosen = _observed(price, closes, actions, moment) or _estimate(closes, provider, actions, moment)
    round_the_clock = ASSET_CLASSES[instrument.asset_class].round_the_clock
    if chosen is None:
        return UNPRICED._replace(
            previous_close=closes.previous,
            previous_close_date=closes.previous_date,
            session_close=closes.session,
            facts=_facts(price, closes, None, moment),
        )
    time, amount, source = chosen
    stale = _stale(instrument, price, time, moment)
    made_in = _made_in(time, amount, closes, moment, round_the_clock) if source in LIVE_SOURCES else None
    day, late = _sessions(made_in, closes, moment)
    dividend = _dividend(actions, time, moment)
    return Mark(
        amount,
        time,
        source,
        stale,
        _covered(instrument, source, stale, made_in),
        closes.previous if dividend is None or closes.previous is None else closes.previous - dividend,
        closes.previous,
        closes.previous_date,
        closes.session,
        closes.session_date if moment.is_after_close else closes.previous_date,
        day,
        late,
        reasons(
            moment.session,
            made_in,
            is_after_close=moment.is_after_close,
            has_previous=closes.previous is not None,
            has_session_close=closes.session is not None,
            round_the_clock=round_the_clock,
        ),
        _facts(price, closes, dividend, moment),
    )


class _Closes(NamedTuple):
    """Official closes in shares of today; `previous` and `session` only with the dates that they ought to have."""

    previous: Decimal | None = None
    previous_date: date | None = None
    session: Decimal | None = None
    session_date: date | None = None
    newest: Decimal | None = None
    newest_time: datetime | None = None
    floor: datetime | None = None


def _facts(price: Price | None, closes: _Closes, dividend: Decimal | None, moment: Moment) -> MarketFacts:
    if price is None:
        return NO_FACTS
    band = price.band
    if band is not None and (moment.session is not MarketSession.REGULAR or band.time < moment.pre_open):
        band = None
    if dividend is None and closes.session is None and price.held is None and band is None:
        known = _PLAIN_FACTS.get((price.status, price.delivery))
        if known is not None:
            return known
    return MarketFacts(closes.session, closes.session_date, dividend, price.held, price.status, price.delivery, band)


def _closes(instrument: Instrument, price: Price | None, actions: Sequence[CorporateAction], moment: Moment) -> _Closes:
    if price is None:
        return _Closes()
    previous, previous_date = price.previous_close, price.previous_close_date
    session, session_date = price.session_close, price.session_close_date
    kind = instrument.asset_class
    if session is None or session_date is None or ASSET_CLASSES[kind].round_the_clock:
        session = session_date = None
    elif session_date == moment.previous_session:  # the day has rolled and the collector has not said so yet
        previous, previous_date, session, session_date = session, session_date, None, None
    elif session_date != moment.trading_day or not moment.is_after_close:
        session = session_date = None
    newest, newest_time, is_base = None, None, False
    if previous is not None and previous_date is not None:
        newest_time = moment.close_time(kind, previous_date)
        if actions:
            previous = restated(previous, newest_time, actions, moment)
        newest = previous
        is_base = moment.is_previous_close(kind, previous_date)
    floor = newest_time if is_base else None
    if session is not None:
        newest, newest_time, floor = session, moment.close, moment.close
    if not is_base:
        previous = previous_date = None
    return _Closes(previous, previous_date, session, session_date, newest, newest_time, floor)


_Chosen = tuple[datetime, Decimal, PriceSource]


def _observed(
    price: Price | None, closes: _Closes, actions: Sequence[CorporateAction], moment: Moment
) -> _Chosen | None:
    if price is None or price.price is None or price.time is None:
        return None
    if closes.floor is not None and price.time < closes.floor:
        return None
    amount = restated(price.price, price.time, actions, moment) if actions else price.price
    return price.time, amount, price.source


def _estimate(
    closes: _Closes, provider: ProviderMark | None, actions: Sequence[CorporateAction], moment: Moment
) -> _Chosen | None:
    newest, time = closes.newest, closes.newest_time
    if newest is not None and time is not None and (provider is None or provider.time <= time):
        return time, newest, PriceSource.PREVIOUS_CLOSE if closes.session is None else PriceSource.SESSION_CLOSE
    if provider is None:
        return None
    amount = restated(provider.price, provider.time, actions, moment) if actions else provider.price
    return provider.time, amount, PriceSource.PROVIDER


def split_ratio(actions: Sequence[CorporateAction], since: datetime, moment: Moment) -> Decimal | None:
    """Return the new units today for each one at `since`; None when no split has taken effect in between."""
    ratio = None
    for action in actions:
        if isinstance(action, Split) and since < takes_effect(action.ex_date) <= moment.now:
            ratio = action.ratio if ratio is None else ratio * action.ratio
    return ratio


def restated(price: Decimal, made_at: datetime, actions: Sequence[CorporateAction], moment: Moment) -> Decimal:
    """Return a price made then in shares of today."""
    ratio = split_ratio(actions, made_at, moment)
    return price if ratio is None else _RESTATING.divide(price, ratio).quantize(RESTATED_TO, context=_RESTATING)


def _dividend(actions: Sequence[CorporateAction], made_at: datetime, moment: Moment) -> Decimal | None:
    """Return what went ex on the current trading day, once the mark is one without it."""
    amounts = [row.amount for row in actions if isinstance(row, CashDividend) and row.ex_date == moment.trading_day]
    return sum(amounts, Decimal(0)) if amounts and made_at >= moment.pre_open else None


def _made_in(time: datetime, amount: Decimal, closes: _Closes, moment: Moment, round_the_clock: bool) -> Session | None:
    """Return in which session since the newest bell the market made it; None when it is older, or that bell's close."""
    if round_the_clock:
        return Session.ROUND_THE_CLOCK
    if moment.session is MarketSession.REGULAR and time >= moment.open:
        return Session.REGULAR
    if time < moment.newest_close:
        return None
    if amount == closes.newest and time < moment.newest_close + _CLOSING_PRINT_WITHIN:
        return None
    return Session.OVERNIGHT if moment.overnight_from <= time < moment.overnight_until else Session.EXTENDED


def _sessions(made_in: Session | None, closes: _Closes, moment: Moment) -> tuple[Session | None, Session | None]:
    """Return whose change the day change is, and after the close whose the change since then is."""
    is_late = made_in is Session.EXTENDED or made_in is Session.OVERNIGHT
    if made_in is Session.ROUND_THE_CLOCK or not moment.is_after_close:
        return None if is_late and moment.session is MarketSession.REGULAR else made_in, None
    return None, made_in if is_late and closes.session is not None else None


def _stale(instrument: Instrument, price: Price | None, made_at: datetime, moment: Moment) -> StaleReason | None:
    if instrument.stream is None or made_at >= moment.fresh_from(instrument.asset_class):
        return None
    trades = price is None or price.status is TradingStatus.TRADING
    return StaleReason.OLD_PRICE if trades else StaleReason.HALTED


def _covered(
    instrument: Instrument, source: PriceSource, stale: StaleReason | None, made_in: Session | None
) -> Covered:
    if source not in LIVE_SOURCES:
        if source is not PriceSource.PROVIDER:
            return Covered.CLOSE
        return Covered.NAV if instrument.asset_class is AssetClass.MUTUAL_FUND else Covered.PROVIDER
    if stale is not None:
        return Covered.STALE
    if made_in is Session.EXTENDED or made_in is Session.OVERNIGHT:
        return Covered.EXTENDED
    return Covered.LIVE if made_in is not None else Covered.CLOSE
