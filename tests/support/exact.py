"""The oracle: accounts and portfolios valued in exact decimal arithmetic, one position at a time.

Slow, short and independent of `calculator`: everybody's tests compare published values with it. The rules:

- Mark: the board's price, unless the official close of the session before is newer than it; without a price the newer
  of that close and the provider's own price. Cash is 1 in its own currency.
- FX: board price of CUR:XXX in dollars; a cross rate has 16 significant digits; an unknown rate leaves unpriced.
- Amounts are summed exactly, then rounded. A portfolio's amounts are summed over its accounts' positions; its counts
  are over positions aggregated by instrument. An aggregated position with one cost unknown has no cost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from realtime.domain.account import AccountId
from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.money import percent, to_cents
from realtime.domain.price import LIVE_SOURCES, Price, PriceSource
from realtime.domain.value import Contribution, Figures, Position
from realtime.market_hours import NEW_YORK, MarketSession, market_hours_around

ZERO, ONE, UNIT_PRICE = Decimal(0), Decimal(1), Decimal("0.00000001")
EXACT = Context(prec=150, rounding=ROUND_HALF_EVEN)
CROSS_RATE = Context(prec=16, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Valuation:
    figures: Figures
    positions: dict[InstrumentId, Position]


@dataclass(frozen=True)
class UserValuation:
    portfolio: Valuation
    accounts: dict[AccountId, Valuation]


@dataclass(frozen=True)
class World:
    """What values depend on besides holdings: the price board, and the newest price and time that a provider gave."""

    instruments: Mapping[InstrumentId, Instrument]
    prices: Mapping[InstrumentId, Price]
    provider_prices: Mapping[InstrumentId, tuple[Decimal, datetime]]
    now: datetime


@dataclass(frozen=True)
class Mark:
    price: Decimal | None
    time: datetime | None
    source: PriceSource | None
    stale: bool
    previous_close: Decimal | None
    previous_close_date: date | None


@dataclass(frozen=True)
class Line:
    """One holding in one currency, unrounded; an amount is None when it is unknown."""

    account: AccountHoldings
    holding: Holding
    instrument: Instrument
    mark: Mark
    rate: Decimal | None

    @property
    def units(self) -> Decimal:
        return self.holding.quantity * self.instrument.multiplier

    @property
    def is_cash(self) -> bool:
        return self.instrument.asset_class is AssetClass.CASH

    @property
    def value(self) -> Decimal | None:
        if self.mark.price is None or self.rate is None:
            return None
        return self.units * self.mark.price * self.rate

    @property
    def cost(self) -> Decimal | None:
        if self.holding.cost_basis is None or self.rate is None or self.is_cash:
            return None
        return self.holding.cost_basis * self.rate

    @property
    def gain(self) -> Decimal | None:
        return None if self.value is None or self.cost is None else self.value - self.cost

    @property
    def change(self) -> Decimal | None:
        if self.value is None or self.mark.previous_close is None or self.rate is None:
            return None
        return self.value - self.units * self.mark.previous_close * self.rate


def value_user(accounts: Sequence[AccountHoldings], currency: str, world: World) -> UserValuation:
    """Return the exact values of a user's accounts, each in its own currency, and of his portfolio in `currency`."""
    with localcontext(EXACT):
        lines = [line for account in accounts for line in _lines(account, currency, world)]
        return UserValuation(
            portfolio=_valuation(lines, accounts, currency, world, None),
            accounts={
                account.account_id: _valuation(
                    _lines(account, account.currency, world), [account], account.currency, world, account
                )
                for account in accounts
            },
        )


def fx_rate(source: str, target: str, world: World) -> Decimal | None:
    """Return units of `target` per unit of `source`; None when a rate is unknown."""
    if source == target:
        return ONE
    dollars_source, dollars_target = _dollars(source, world), _dollars(target, world)
    if dollars_source is None or dollars_target is None:
        return None
    return dollars_source if target == "USD" else CROSS_RATE.divide(dollars_source, dollars_target)


def mark_of(instrument: Instrument, world: World) -> Mark:
    """Return the price chosen to value an instrument now."""
    if instrument.asset_class is AssetClass.CASH:
        return Mark(ONE, None, None, False, None, None)
    price = world.prices.get(instrument.id)
    close, close_date = (None, None) if price is None else (price.previous_close, price.previous_close_date)
    close_time = None if close is None or close_date is None else _close_time(instrument, close_date)
    valid = close_date is not None and _is_day_before(instrument, close_date, world.now)
    candidates: list[tuple[datetime, Decimal, PriceSource]] = []
    if price is not None and price.price is not None and price.time is not None:  # noqa: SIM102  # two thoughts
        if not valid or close_time is None or price.time >= close_time:
            candidates = [(price.time, price.price, price.source)]
    if not candidates:
        if close is not None and close_time is not None:
            candidates.append((close_time, close, PriceSource.PREVIOUS_CLOSE))
        if instrument.id in world.provider_prices:
            provider_price, time = world.provider_prices[instrument.id]
            candidates.append((time, provider_price, PriceSource.PROVIDER))
    known = (close, close_date) if valid else (None, None)
    if not candidates:
        return Mark(None, None, None, False, *known)
    time, chosen, source = max(candidates, key=lambda candidate: candidate[0])
    return Mark(chosen, time, source, _is_stale(instrument, time, world.now), *known)


def _lines(account: AccountHoldings, currency: str, world: World) -> list[Line]:
    return [
        Line(account, holding, instrument, mark_of(instrument, world), fx_rate(instrument.currency, currency, world))
        for holding in account.holdings
        for instrument in (world.instruments[holding.instrument_id],)
    ]


def _dollars(currency: str, world: World) -> Decimal | None:
    if currency == "USD":
        return ONE
    for instrument in world.instruments.values():
        if instrument.symbol == f"CUR:{currency}" and instrument.id in world.prices:
            return world.prices[instrument.id].price
    return None


def _is_day_before(instrument: Instrument, close_date: date, now: datetime) -> bool:
    """Whether a close of that day is the base of the current trading day's change."""
    hours = market_hours_around(now)
    before = hours.previous_trading_day(hours.trading_day(now).date).date
    if ASSET_CLASSES[instrument.asset_class].round_the_clock:
        return before <= close_date < now.astimezone(NEW_YORK).date()
    return close_date == before


def _close_time(instrument: Instrument, day: date) -> datetime:
    """When that day's official close was made: at the bell, for round-the-clock markets at midnight New York."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
    if ASSET_CLASSES[instrument.asset_class].round_the_clock:
        return midnight + timedelta(days=1)
    return market_hours_around(midnight).trading_day(midnight).close


def _is_stale(instrument: Instrument, time: datetime, now: datetime) -> bool:
    """Whether a mark is past its age limit, which counts from the open; until then the last session's price holds."""
    row = ASSET_CLASSES[instrument.asset_class]
    if instrument.stream is None:
        return False
    limit = timedelta(seconds=row.stale_after_s)
    if row.round_the_clock:
        return now - time > limit
    hours = market_hours_around(now)
    day = hours.trading_day(now)
    if hours.session(now) is MarketSession.REGULAR and now - limit >= day.open:
        return now - time > limit
    if now < day.open or hours.session(now) is MarketSession.REGULAR:
        day = hours.previous_trading_day(day.date)
    return time < day.pre_open


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    return sum(known, ZERO) if (known := [amount for amount in amounts if amount is not None]) else None


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else to_cents(amount)


def _valuation(
    lines: list[Line], accounts: Sequence[AccountHoldings], currency: str, world: World, one: AccountHoldings | None
) -> Valuation:
    by_instrument: dict[InstrumentId, list[Line]] = {}
    for line in lines:
        by_instrument.setdefault(line.instrument.id, []).append(line)
    positions = {key: _position(group, one) for key, group in by_instrument.items()}
    return Valuation(_figures(lines, list(positions.values()), accounts, currency, world), positions)


def _position(group: list[Line], of_account: AccountHoldings | None) -> Position:
    mark, instrument, rate = group[0].mark, group[0].instrument, group[0].rate
    units = sum((line.units for line in group), ZERO)
    whole = all(line.cost is not None for line in group)
    value = _sum(line.value for line in group)
    cost, gain = (_sum(line.cost for line in group), _sum(line.gain for line in group)) if whole else (None, None)
    change = _sum(line.change for line in group)
    paid = _sum(line.holding.cost_basis for line in group) if whole else None
    return Position(
        instrument=instrument.id,
        symbol=instrument.symbol,
        name=instrument.name,
        asset_class=instrument.asset_class,
        quantity=sum((line.holding.quantity for line in group), ZERO),
        multiplier=instrument.multiplier,
        price=mark.price,
        price_time=mark.time,
        price_source=mark.source,
        stale=mark.stale,
        previous_close=mark.previous_close,
        previous_close_date=mark.previous_close_date,
        currency=instrument.currency,
        fx_rate=rate,
        market_value=_cents(value),
        cost_basis=_cents(cost),
        average_cost=None if paid is None or units == 0 else (paid / units).quantize(UNIT_PRICE),
        unrealized_gain=_cents(gain),
        unrealized_gain_pct=None if gain is None or cost is None else percent(gain, abs(cost)),
        day_change=_cents(change),
        day_change_pct=None if change is None or value is None else percent(change, abs(value - change)),
        unpriced_reason="no_price" if mark.price is None else "no_fx_rate" if rate is None else None,
        institution=of_account.institution if of_account else None,
        account=of_account.account_id if of_account else None,
        contributions=()
        if of_account
        else tuple(
            Contribution(line.account.account_id, line.account.institution, line.holding.quantity, _cents(line.value))
            for line in sorted(group, key=lambda line: line.account.account_id)
        ),
    )


def _figures(
    lines: list[Line], positions: list[Position], accounts: Sequence[AccountHoldings], currency: str, world: World
) -> Figures:
    invested = [line for line in lines if not line.is_cash]
    market_value = _sum(line.value for line in invested) or ZERO
    cash = _sum(line.value for line in lines if line.is_cash) or ZERO
    gain = _sum(line.gain for line in invested)
    gain_cost = _sum(line.cost for line in invested if line.gain is not None)
    change = _sum(line.change for line in invested)
    gross = _gross(invested, lambda _mark: True)
    live = _gross(invested, lambda mark: mark.source in LIVE_SOURCES and not mark.stale)
    stale_times = [row.price_time for row in positions if row.stale and row.price_time is not None]
    return Figures(
        market_value=to_cents(market_value),
        cash=to_cents(cash),
        total_value=to_cents(market_value + cash),
        cost_basis=_cents(_sum(line.cost for line in invested)),
        unrealized_gain=_cents(gain),
        unrealized_gain_pct=None if gain is None or gain_cost is None else percent(gain, gain_cost),
        day_change=_cents(change),
        day_change_pct=None if change is None else percent(change, market_value + cash - change),
        live_coverage=(live / gross).quantize(Decimal("0.0001")) if gross else None,
        stale_since=min(stale_times, default=None),
        stale_count=len(stale_times),
        unpriced_count=sum(row.unpriced_reason is not None for row in positions),
        uncosted_count=sum(row.cost_basis is None for row in positions if row.asset_class is not AssetClass.CASH),
        estimated_value=to_cents(_gross(invested, lambda mark: mark.source not in LIVE_SOURCES)),
        positions_count=len(positions),
        currency=currency,
        session=str(market_hours_around(world.now).session(world.now)),
        holdings_as_of=min((account.as_of for account in accounts if account.as_of is not None), default=None),
    )


def _gross(lines: list[Line], chosen: Callable[[Mark], bool]) -> Decimal:
    return sum((abs(line.value) for line in lines if line.value is not None and chosen(line.mark)), ZERO)
