"""Random small worlds: instruments of every class, prices, closes, holdings in two currencies."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st

from calculator.change_reasons import Session
from calculator.fx import Rates
from calculator.lines import Line
from calculator.mark import Mark, ProviderMark
from calculator.marks import Marks, Moved
from calculator.moment import Moment
from calculator.watched import Watched
from realtime.contract.messages import ValueUpdate
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import CashDividend, CorporateAction, Split
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.price import (
    Delivery,
    HeldPrice,
    HoldReason,
    LimitState,
    Price,
    PriceBand,
    PriceSource,
    TradingStatus,
)
from realtime.domain.transaction import DayTrade, DayTrades
from realtime.domain.value import Covered, at_price
from realtime.store.holdings import UserHoldings
from tests.support.exact import UserValuation, Valuation, World, value_user

OPEN = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
DAY, PREVIOUS_DAY, DAY_BEFORE_THAT, MONDAY = (date(2026, 11, day) for day in (20, 19, 18, 23))


States = dict[tuple[UserId, AccountId | None], Valuation]


def instrument(number: int, asset_class: AssetClass, currency: str = "USD", **fields: object) -> Instrument:
    symbol = f"CUR:{currency}" if asset_class is AssetClass.CASH else f"S{number}"
    made = Instrument(
        id=InstrumentId(str(UUID(int=number))),
        symbol=symbol,
        asset_class=asset_class,
        currency=currency,
        multiplier=Decimal(100) if asset_class is AssetClass.OPTION else Decimal(1),
        name=symbol,
        listed=asset_class not in {AssetClass.MUTUAL_FUND, AssetClass.BOND, AssetClass.CASH, AssetClass.OTHER},
    )
    return replace(made, **fields)  # type: ignore[arg-type]


INSTRUMENTS = (
    instrument(1, AssetClass.EQUITY),
    instrument(2, AssetClass.ETF),
    instrument(3, AssetClass.OPTION),
    instrument(4, AssetClass.CRYPTO),
    instrument(5, AssetClass.MUTUAL_FUND),
    instrument(6, AssetClass.BOND),
    instrument(7, AssetClass.EQUITY, "CAD", listed=False),
    instrument(8, AssetClass.EQUITY, "EUR"),
    instrument(9, AssetClass.CASH),
    instrument(10, AssetClass.CASH, "CAD"),
    instrument(11, AssetClass.CASH, "EUR"),
)
RATIOS = [Decimal(text) for text in ("4", "2", "0.1", "1.5", "3", "0.3333333333333333")]
CURRENCIES = ("USD", "CAD", "EUR")
BY_ID = {row.id: row for row in INSTRUMENTS}
IDS = [row.id for row in INSTRUMENTS]


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places, allow_nan=False, allow_infinity=False)


amounts = st.one_of(decimals("-2000", "2000", 0), decimals("-100", "100", 1), decimals("-9", "9", 8))
unit_prices = st.one_of(decimals("0.01", "500", 2), decimals("0.0001", "5", 4), decimals("1000", "99999", 3))
market_times = st.integers(-172_800, 60_000).map(lambda seconds: OPEN + timedelta(seconds=seconds))
nows = st.integers(-40_000, 60_000).map(lambda seconds: OPEN + timedelta(seconds=seconds))
held_prices = st.builds(HeldPrice, unit_prices, market_times, st.sampled_from(HoldReason))
price_bands = st.builds(PriceBand, unit_prices, unit_prices, market_times, st.none() | st.sampled_from(LimitState))


@st.composite
def prices(draw: st.DrawFn, ids: list[InstrumentId] = IDS) -> Price:
    price = draw(st.none() | unit_prices)
    close, session_close = draw(st.none() | unit_prices), draw(st.none() | unit_prices)
    return Price(
        instrument_id=draw(st.sampled_from(ids)),
        price=price,
        time=None if price is None else draw(market_times),
        source=draw(st.sampled_from([PriceSource.TRADE, PriceSource.QUOTE, PriceSource.POLL])),
        revision=draw(st.integers(0, 2)),
        previous_close=close,
        previous_close_date=None if close is None else draw(st.sampled_from([PREVIOUS_DAY, DAY_BEFORE_THAT])),
        received_ns=1,
        session_close=session_close,
        session_close_date=None if session_close is None else draw(st.sampled_from([DAY, PREVIOUS_DAY])),
        status=draw(st.sampled_from(TradingStatus)),
        held=draw(st.none() | held_prices),
        delivery=draw(st.sampled_from([None, *Delivery])),
        band=draw(st.none() | price_bands),
    )


@st.composite
def corporate_actions(draw: st.DrawFn) -> dict[InstrumentId, tuple[CorporateAction, ...]]:
    """All actions of a few instruments, in the order of their dates."""
    found: dict[InstrumentId, tuple[CorporateAction, ...]] = {}
    for key in draw(st.lists(st.sampled_from(IDS[:8]), unique=True, max_size=3)):
        news: list[CorporateAction] = []
        for ex_date in (PREVIOUS_DAY, DAY, MONDAY):
            if draw(st.booleans()):
                news.append(Split(key, ex_date, draw(st.sampled_from(RATIOS))))
            if draw(st.booleans()):
                news.append(CashDividend(key, ex_date, draw(decimals("0.01", "5", 3))))
        found[key] = tuple(news)
    return found


@st.composite
def day_trades(draw: st.DrawFn) -> DayTrades:
    trades = st.builds(
        DayTrade,
        st.sampled_from(IDS),
        amounts.filter(bool),
        st.none() | unit_prices,
        amounts,
        st.sampled_from(CURRENCIES),
    )
    return DayTrades(
        draw(st.sampled_from([DAY, DAY, PREVIOUS_DAY])), draw(st.booleans()), tuple(draw(st.lists(trades, max_size=3)))
    )


def account_id_of(user_id: UserId, number: int) -> AccountId:
    return AccountId(f"plaid_{user_id}{number}")


@st.composite
def account(draw: st.DrawFn, user_id: UserId, number: int) -> AccountHoldings:
    held = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=6))
    return AccountHoldings(
        account_id=account_id_of(user_id, number),
        user_id=user_id,
        institution=draw(st.sampled_from(["First Platypus", "Tartan"])),
        currency=draw(st.sampled_from(CURRENCIES)),
        version=1,
        as_of=draw(st.none() | market_times),
        holdings=tuple(Holding(key, draw(amounts), draw(st.none() | amounts)) for key in held),
        duplicate_of=draw(st.sampled_from([None, None, AccountId("snaptrade_1")])),
    )


@st.composite
def holdings_of_user(draw: st.DrawFn, user_id: UserId) -> UserHoldings:
    count = draw(st.integers(0, 3))
    accounts = tuple(draw(account(user_id, number)) for number in range(count))
    trades = {row.account_id: draw(day_trades()) for row in accounts if draw(st.booleans())}
    return UserHoldings(user_id, draw(st.sampled_from(CURRENCIES)), accounts, trades)


provider_marks = st.dictionaries(st.sampled_from(IDS), st.builds(ProviderMark, unit_prices, market_times), max_size=4)


@dataclass
class Mirror:
    """Marks and watched users beside what an oracle needs to value the same."""

    marks: Marks
    watched: Watched
    prices: dict[InstrumentId, Price]
    provider: dict[InstrumentId, ProviderMark]
    users: dict[UserId, UserHoldings]
    now: datetime
    doubted: set[InstrumentId] = field(default_factory=set)
    actions: dict[InstrumentId, tuple[CorporateAction, ...]] = field(default_factory=dict)

    @classmethod
    def at(cls, now: datetime) -> "Mirror":
        marks = Marks(Rates(), Moment.at(now))
        marks.add(INSTRUMENTS)
        return cls(marks, Watched(marks), {}, {}, {}, now)

    def exact(self) -> States:
        """Value every subject with the oracle."""
        provider = {key: (mark.price, mark.time) for key, mark in self.provider.items()}
        actions = [action for news in self.actions.values() for action in news]
        exact: States = {}
        for user in self.users.values():
            world = World(BY_ID, self.prices, provider, self.now, actions, user.trades)
            valued: UserValuation = value_user(user.accounts, user.currency, world)
            exact[user.user_id, None] = valued.portfolio
            exact |= {(user.user_id, key): valuation for key, valuation in valued.accounts.items()}
        return exact

    def snapshot(self) -> States:
        """Value every subject in full."""
        return applied({}, self.watched.value(Moved(), self.watched.user_ids))


def applied(states: States, updates: list[ValueUpdate]) -> States:
    """Return the states as a reader of these updates has them."""
    after = dict(states)
    for update in updates:
        key = (update.user_id, update.account_id)
        old = {} if update.full else after[key].positions
        repriced = {key: at_price(old[key], new) for key, new in update.repriced.items()}
        after[key] = Valuation(update.figures, {**old, **update.positions, **repriced})
    return after


def line(
    account: str,
    quantity: str,
    cost: str | None = None,
    *,
    multiplier: int = 1,
    bought: str = "0",
    paid: str = "0",
    trades_known: bool = True,
    is_cash: bool = False,
) -> Line:
    """Return a line; `bought` and `paid` are of the trading day."""
    units = Decimal(quantity) * multiplier
    return Line(
        AccountId(account),
        "Tartan",
        Decimal(quantity),
        units,
        None if cost is None else Decimal(cost),
        units - Decimal(bought),
        Decimal(paid),
        trades_known,
        is_cash=is_cash,
    )


def live_mark(price: str, close: str | None, at: datetime = OPEN) -> Mark:
    """Return the mark of a trade in the regular session."""
    previous = None if close is None else Decimal(close)
    return Mark(
        price=Decimal(price),
        time=at,
        source=PriceSource.TRADE,
        covered=Covered.LIVE,
        base=previous,
        previous_close=previous,
        previous_close_date=None if close is None else PREVIOUS_DAY,
        day_session=Session.REGULAR,
    )


def told(*values: object) -> tuple[object, ...]:
    """Return values to be compared with plain numbers."""
    return values
