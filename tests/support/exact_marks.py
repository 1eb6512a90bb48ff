"""The oracle's reading of prices: marks, official closes, splits, dividends, sessions, exchange rates.

Independent of `calculator`; the rules are those of docs/decisions/0030 to 0034.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

from realtime.domain.account import AccountId
from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.domain.corporate_action import CashDividend, CorporateAction, Split
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import LIVE_SOURCES, Price, PriceSource, TradingStatus
from realtime.domain.transaction import DayTrades
from realtime.domain.value import Covered, StaleReason
from realtime.market_hours import NEW_YORK, MarketSession, TradingDay, market_hours_around

ZERO, ONE = Decimal(0), Decimal(1)
CROSS_RATE = Context(prec=16, rounding=ROUND_HALF_EVEN)
RESTATED = Context(prec=100, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class World:
    """What values depend on besides holdings.

    Attributes:
        prices: The board.
        provider_prices: The newest price and time that a provider gave.
        actions: All splits and dividends.
        trades: What each account bought and sold on the trading day.
    """

    instruments: Mapping[InstrumentId, Instrument]
    prices: Mapping[InstrumentId, Price]
    provider_prices: Mapping[InstrumentId, tuple[Decimal, datetime]]
    now: datetime
    actions: Sequence[CorporateAction] = ()
    trades: Mapping[AccountId, DayTrades] = field(default_factory=dict)

    @property
    def day(self) -> TradingDay:
        return market_hours_around(self.now).trading_day(self.now)

    @property
    def day_before(self) -> TradingDay:
        return market_hours_around(self.now).previous_trading_day(self.day.date)

    @property
    def session(self) -> MarketSession:
        return market_hours_around(self.now).session(self.now)

    @property
    def newest_close_day(self) -> TradingDay:
        """The day of the bell that rang last."""
        return self.day if self.now >= self.day.close else self.day_before


@dataclass(frozen=True)
class Mark:
    """Prices are in shares of today; `made_in` says in which session since the last bell the market made the mark."""

    price: Decimal | None = None
    time: datetime | None = None
    source: PriceSource | None = None
    stale: StaleReason | None = None
    made_in: str | None = None
    previous_close: Decimal | None = None
    previous_close_date: date | None = None
    session_close: Decimal | None = None
    session_close_date: date | None = None
    dividend: Decimal | None = None


def mark_of(instrument: Instrument, world: World) -> Mark:
    """Return the price chosen to value an instrument now."""
    if instrument.asset_class is AssetClass.CASH:
        return Mark(ONE)
    price = world.prices.get(instrument.id)
    previous, session_close = _official_closes(instrument, price, world)
    base = previous if previous is not None and _is_base(instrument, previous[0], world) else None
    closes = [
        (_bell(instrument, day), _in_shares_of_today(amount, _bell(instrument, day), instrument, world), source)
        for close, source in ((previous, PriceSource.PREVIOUS_CLOSE), (session_close, PriceSource.SESSION_CLOSE))
        if close is not None
        for day, amount in (close,)
    ]
    known = Mark(
        previous_close=None if base is None else closes[0][1],
        previous_close_date=None if base is None else base[0],
        session_close=None if session_close is None else closes[-1][1],
        session_close_date=None if session_close is None else session_close[0],
    )
    bells = [_bell(instrument, close[0]) for close in (base, session_close) if close is not None]
    chosen = None
    if price is not None and price.price is not None and price.time is not None:  # noqa: SIM102  # two thoughts
        if not bells or price.time >= max(bells):
            chosen = (price.time, _in_shares_of_today(price.price, price.time, instrument, world), price.source)
    candidates = closes[-1:]
    if chosen is None and instrument.id in world.provider_prices:
        given, given_at = world.provider_prices[instrument.id]
        candidates.append((given_at, _in_shares_of_today(given, given_at, instrument, world), PriceSource.PROVIDER))
    if chosen is None and not candidates:
        return known
    at, amount, source = chosen or max(candidates, key=lambda candidate: candidate[0])
    newest = None if not closes else closes[-1][1]
    return Mark(
        price=amount,
        time=at,
        source=source,
        stale=_stale(instrument, price, at, world),
        made_in=_made_in(instrument, at, source, world, is_close=amount == newest),
        previous_close=known.previous_close,
        previous_close_date=known.previous_close_date,
        session_close=known.session_close,
        session_close_date=known.session_close_date,
        dividend=_dividend(instrument, at, world),
    )


def covered(instrument: Instrument, mark: Mark, rate_stale_since: datetime | None) -> Covered | None:
    """Return what kind of mark it is; None for cash and without a price."""
    if mark.price is None or mark.source is None:
        return None
    if rate_stale_since is not None:
        return Covered.STALE
    if mark.source is PriceSource.PROVIDER:
        return Covered.NAV if instrument.asset_class is AssetClass.MUTUAL_FUND else Covered.PROVIDER
    if mark.source in {PriceSource.PREVIOUS_CLOSE, PriceSource.SESSION_CLOSE}:
        return Covered.CLOSE
    if mark.stale is not None:
        return Covered.STALE
    by_session = {"regular": Covered.LIVE, "round_the_clock": Covered.LIVE, None: Covered.CLOSE}
    return by_session.get(mark.made_in, Covered.EXTENDED)


def split_ratio(instrument: Instrument, since: datetime, world: World) -> Decimal | None:
    """Return the shares of today for each one at that time; None when there was no split."""
    ratios = [
        action.ratio
        for action in world.actions
        if isinstance(action, Split) and action.instrument_id == instrument.id
        if since < first_trade_of(action.ex_date) and first_trade_of(action.ex_date) <= world.now
    ]
    product = ONE
    for ratio in ratios:
        product *= ratio
    return product if ratios else None


def first_trade_of(day: date) -> datetime:
    """Four in the morning New York: from then on a day's trades, and holdings, know of what takes effect on it."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=NEW_YORK)


def fx_rate(source: str, target: str, world: World) -> Decimal | None:
    """Return units of `target` per unit of `source`; None when a rate is unknown."""
    if source == target:
        return ONE
    dollars_source, dollars_target = _dollars(source, world)[0], _dollars(target, world)[0]
    if dollars_source is None or dollars_target is None:
        return None
    return dollars_source if target == "USD" else CROSS_RATE.divide(dollars_source, dollars_target)


def fx_stale_since(source: str, target: str, world: World) -> datetime | None:
    """Return the time of the older stale rate behind `fx_rate`: past an hour, weekends left out."""
    if source == target:
        return None
    times = [_dollars(currency, world)[1] for currency in (source, target)]
    return min((made for made in times if made is not None and _is_old_rate(made, world.now)), default=None)


def _is_old_rate(made: datetime, now: datetime) -> bool:
    """Rates are made from Sunday to Friday, 17:00 New York: what was fresh on Friday is so until an hour after."""
    there = now.astimezone(NEW_YORK)
    for days_ago in range(8):
        friday = datetime.combine(there.date() - timedelta(days=days_ago), time(17), NEW_YORK)
        sunday = datetime.combine(friday.date() + timedelta(days=2), time(17), NEW_YORK)
        if friday.weekday() == 4 and friday <= now < sunday + timedelta(hours=1):
            return made < friday - timedelta(hours=1)
    return made < now - timedelta(hours=1)


def _dollars(currency: str, world: World) -> tuple[Decimal | None, datetime | None]:
    if currency == "USD":
        return ONE, None
    for instrument in world.instruments.values():
        if instrument.symbol == f"CUR:{currency}" and instrument.id in world.prices:
            return world.prices[instrument.id].price, world.prices[instrument.id].time
    return None, None


_Close = tuple[date, Decimal]


def _official_closes(instrument: Instrument, price: Price | None, world: World) -> tuple[_Close | None, _Close | None]:
    """Return the previous close (of whatever day) and that of the current trading day, once it is over."""
    if price is None:
        return None, None
    previous = session = None
    if price.previous_close is not None and price.previous_close_date is not None:
        previous = (price.previous_close_date, price.previous_close)
    if price.session_close is not None and price.session_close_date is not None:
        session = (price.session_close_date, price.session_close)
    if session is None or ASSET_CLASSES[instrument.asset_class].round_the_clock:
        return previous, None
    if session[0] == world.day_before.date:
        return session, None
    return previous, session if session[0] == world.day.date and world.now >= world.day.close else None


def _is_base(instrument: Instrument, close_date: date, world: World) -> bool:
    """Whether a close of that day is the base of the current trading day's change."""
    if ASSET_CLASSES[instrument.asset_class].round_the_clock:
        return world.day_before.date <= close_date < world.now.astimezone(NEW_YORK).date()
    return close_date == world.day_before.date


def _bell(instrument: Instrument, day: date) -> datetime:
    """When that day's official close was made: at the bell, for round-the-clock markets at midnight New York."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
    if ASSET_CLASSES[instrument.asset_class].round_the_clock:
        return midnight + timedelta(days=1)
    return market_hours_around(midnight).trading_day(midnight).close


def _in_shares_of_today(price: Decimal, made: datetime, instrument: Instrument, world: World) -> Decimal:
    ratio = split_ratio(instrument, made, world)
    return price if ratio is None else RESTATED.divide(price, ratio).quantize(Decimal("1E-12"), context=RESTATED)


def _dividend(instrument: Instrument, made: datetime, world: World) -> Decimal | None:
    amounts = [
        action.amount
        for action in world.actions
        if isinstance(action, CashDividend) and action.instrument_id == instrument.id
        if action.ex_date == world.day.date and made >= first_trade_of(action.ex_date)
    ]
    return sum(amounts, ZERO) if amounts else None


def _made_in(
    instrument: Instrument, made: datetime, source: PriceSource, world: World, *, is_close: bool
) -> str | None:
    if source not in LIVE_SOURCES:
        return None
    if ASSET_CLASSES[instrument.asset_class].round_the_clock:
        return "round_the_clock"
    if world.session is MarketSession.REGULAR and made >= world.day.open:
        return "regular"
    bell = world.newest_close_day
    closing_auction = is_close and made < bell.close + timedelta(minutes=5)
    if made < bell.close or closing_auction:
        return None
    next_day = market_hours_around(world.now).next_trading_day(bell.date)
    return "overnight" if bell.post_close <= made < next_day.pre_open else "extended"


def _stale(instrument: Instrument, price: Price | None, made: datetime, world: World) -> StaleReason | None:
    """Past its age limit, which counts from the open; until then the last session's price holds."""
    if instrument.stream is None or not _is_old(instrument, made, world):
        return None
    trades = price is None or price.status is TradingStatus.TRADING
    return StaleReason.OLD_PRICE if trades else StaleReason.HALTED


def _is_old(instrument: Instrument, made: datetime, world: World) -> bool:
    row = ASSET_CLASSES[instrument.asset_class]
    limit = timedelta(seconds=row.stale_after_s)
    if row.round_the_clock or (world.session is MarketSession.REGULAR and world.now - limit >= world.day.open):
        return world.now - made > limit
    begun = world.now >= world.day.open and world.session is not MarketSession.REGULAR
    return made < (world.day if begun else world.day_before).pre_open
