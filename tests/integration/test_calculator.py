"""The calculator on real Postgres and Valkey: what a reader of the value feed has equals the oracle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from calculator.__main__ import calculate
from realtime.bus.client import Bus, open_bus
from realtime.bus.interest import announce_interest
from realtime.bus.prices import write_batch
from realtime.bus.value_feed import Received, Subscribed, ValueFeed
from realtime.bus.value_states import read_state
from realtime.clock import WallClock
from realtime.contract import names
from realtime.contract.messages import PriceBatch, UnreadBatch, decode
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import Split
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import partition_of
from realtime.domain.price import Price, PriceSource, supersedes
from realtime.domain.transaction import InvestmentTransaction, TransactionKind
from realtime.domain.value import Figures, Position, Repriced, StaleReason, at_price
from realtime.log import Log
from realtime.market_hours import market_hours_around
from realtime.process import Health, Process
from realtime.settings import Settings
from realtime.store.corporate_actions import read_corporate_actions, write_corporate_actions
from realtime.store.holdings import holdings_of
from realtime.store.instruments import currency_instruments, instruments_by_id, provider_prices
from realtime.store.pool import Pool
from realtime.store.transactions import day_trades, upsert_transactions
from tests.support.books import Account, add_account, add_instrument, add_user, hold
from tests.support.exact import Valuation, World, value_user
from tests.support.waiting import wait_until

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
PREVIOUS_DAY = date(2026, 11, 19)
SubjectId = AccountId | None


def price(
    instrument_id: InstrumentId, amount: str, *, seconds: int = 0, close: str | None = "100", revision: int = 0
) -> Price:
    return Price(
        instrument_id=instrument_id,
        price=Decimal(amount),
        time=NOON + timedelta(seconds=seconds),
        source=PriceSource.TRADE,
        revision=revision,
        previous_close=None if close is None else Decimal(close),
        previous_close_date=None if close is None else PREVIOUS_DAY,
        received_ns=1,
    )


class Reader:
    """A broadcaster's view of one user: batches on top of the states, everything read again at a gap."""

    def __init__(self, bus: Bus, user_id: UserId, url: str) -> None:
        self.batches: list[UnreadBatch] = []
        self.states: dict[SubjectId, Valuation] = {}
        self._bus = bus
        self._user_id = user_id
        self._feed = ValueFeed(url, WallClock(), Log())
        self.subscribed = asyncio.Event()

    async def run(self) -> None:
        await self._feed.watch(partition_of(self._user_id))
        async for event in self._feed.events():
            if isinstance(event, Subscribed):
                self.subscribed.set()
            elif isinstance(event, Received):
                await self._receive(event.batch)

    async def _receive(self, batch: UnreadBatch) -> None:
        self.batches.append(batch)
        for update in batch.updates:
            if update.user_id == self._user_id and (update.full or update.account_id in self.states):
                old = {} if update.full else self.states[update.account_id].positions
                rows = {key: decode(Position, row) for key, row in update.positions.items()}
                rows |= {key: at_price(old[key], decode(Repriced, row)) for key, row in update.repriced.items()}
                self.states[update.account_id] = Valuation(decode(Figures, update.figures), {**old, **rows})


class Desk:
    """One calculator, one user's reader, and the oracle over the same Postgres and board."""

    def __init__(self, bus: Bus, pool: Pool, settings: Settings, url: str) -> None:
        self.bus = bus
        self.pool = pool
        self.settings = settings
        self.url = url
        self.sent = 0
        self.newest: dict[InstrumentId, Price] = {}

    async def send(self, *prices: Price) -> None:
        """Put prices on the board and the feed, older ones too, which a collector never does."""
        self.sent += 1
        for each in prices:
            if each.instrument_id not in self.newest or supersedes(each, self.newest[each.instrument_id]):
                self.newest[each.instrument_id] = each
        await write_batch(self.bus, PriceBatch(prices, self.sent))

    async def watch(self, user_id: UserId) -> None:
        """Say that somebody looks at a user's portfolio and at each of his accounts."""
        account_ids = [row.account_id for user in await holdings_of(self.pool, [user_id]) for row in user.accounts]
        await announce_interest(self.bus, *(SubjectKey(user_id, account_id) for account_id in (*account_ids, None)))

    async def truth(self, user_id: UserId) -> dict[SubjectId, Valuation]:
        [user] = await holdings_of(self.pool, [user_id])
        ids = {row.instrument_id for account in user.accounts for row in account.holdings}
        held = await instruments_by_id(self.pool, ids)
        rates = await currency_instruments(self.pool, {row.currency for row in held})
        provided = await provider_prices(self.pool, ids)
        now = self.settings.market_clock().now()
        day = market_hours_around(now).trading_day(now).date
        trades = (await day_trades(self.pool, [user_id], day)).get(user_id, {})
        traded = {row.instrument_id for told in trades.values() for row in told.trades}
        held += await instruments_by_id(self.pool, traded - ids)
        world = World(
            instruments={row.id: row for row in (*held, *rates)},
            prices=self.newest,
            provider_prices={row.instrument_id: (row.price, row.time) for row in provided},
            now=now,
            actions=await read_corporate_actions(self.pool, ids | traded, day - timedelta(days=400)),
            trades=trades,
        )
        valued = value_user(user.accounts, user.currency, world)
        truth: dict[SubjectId, Valuation] = {None: valued.portfolio}
        truth.update(valued.accounts.items())
        return truth

    async def stored(self, user_id: UserId) -> dict[SubjectId, Valuation]:
        truth = await self.truth(user_id)
        states = {key: await read_state(self.bus, SubjectKey(user_id, key)) for key in truth}
        return {key: Valuation(state.figures, state.positions) for key, state in states.items() if state is not None}

    async def settled(self, reader: Reader, user_id: UserId) -> None:
        """Wait until the reader's states and the stored ones equal the oracle."""

        async def equal() -> bool:
            truth = await self.truth(user_id)
            seen = {key: state for key, state in reader.states.items() if key in truth}
            return seen == truth and await self.stored(user_id) == truth

        await wait_until(equal, what="values to equal the oracle")

    @asynccontextmanager
    async def calculator(self, name: str = "calculator:one") -> AsyncIterator[Process]:
        process = Process(self.settings, Log(), Health(), asyncio.Event())
        async with open_bus(self.url) as bus:
            task = asyncio.ensure_future(calculate(process, bus, self.pool, name))
            try:
                yield process
            finally:
                assert not task.done(), task.exception()
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    @asynccontextmanager
    async def reader(self, user_id: UserId) -> AsyncIterator[Reader]:
        reader = Reader(self.bus, user_id, self.url)
        task = asyncio.ensure_future(reader.run())
        try:
            await reader.subscribed.wait()
            yield reader
        finally:
            assert not task.done(), task.exception()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def desk(bus: Bus, pool: Pool, postgres_dsn: str, redis_url: str) -> Desk:
    settings = Settings(
        database_url=postgres_dsn, redis_url=redis_url, market_origin=NOON, wall_origin=WallClock().now()
    )
    return Desk(bus, pool, settings, redis_url)


async def test_watched_user_is_valued_at_every_change(desk: Desk) -> None:
    """Ensure prices, corrections, provider prices, rates and holdings all reach the reader exactly."""
    user_id = await add_user(desk.pool)
    first, second = await add_account(desk.pool, user_id), await add_account(desk.pool, user_id, "CAD")
    stock = await add_instrument(desk.pool, "AAPL")
    option = await add_instrument(desk.pool, "AAPL280121C00250000", AssetClass.OPTION, multiplier=100)
    fund = await add_instrument(desk.pool, "FUND", AssetClass.MUTUAL_FUND, provider_price="12.345")
    canadian = await add_instrument(desk.pool, "CUR:CAD", AssetClass.CASH, currency="CAD")
    dollars = await add_instrument(desk.pool, "CUR:USD", AssetClass.CASH)
    await hold(desk.pool, first, {stock: "10.5", option: "-2", dollars: "-250.55"}, {stock: "900.15"})
    await hold(desk.pool, second, {stock: "-3", fund: "100.001", canadian: "1000.07"}, {fund: "1000"})
    await desk.send(price(stock, "101.37"))
    async with desk.calculator(), desk.reader(user_id) as reader:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        assert reader.states[None].figures.unpriced_count == 2
        await desk.send(price(canadian, "0.7093", close=None), price(option, "4.215"))
        await desk.settled(reader, user_id)
        assert reader.states[None].figures.unpriced_count == 0
        await desk.send(price(stock, "101.385", seconds=1))
        await desk.send(price(option, "4.225", seconds=2))
        await desk.settled(reader, user_id)
        await desk.send(price(stock, "101.01", seconds=-1, revision=1))
        await desk.settled(reader, user_id)
        await hold(desk.pool, first, {option: "1"})
        await desk.settled(reader, user_id)
        assert set(reader.states[first.id].positions) == {option}
        await desk.send(price(canadian, "0.7111", close=None, seconds=3))
        await desk.settled(reader, user_id)


async def test_revisions_have_no_gap_and_updates_are_small(desk: Desk) -> None:
    """Ensure a reader can rely on the numbering, and that an unmoved position is not sent again."""
    user_id = await add_user(desk.pool)
    account = await add_account(desk.pool, user_id)
    stock, other = [await add_instrument(desk.pool, symbol) for symbol in ("AAPL", "MSFT")]
    await hold(desk.pool, account, {stock: "1", other: "2"})
    async with desk.calculator(), desk.reader(user_id) as reader:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        before = len(reader.batches)
        for seconds in range(5):
            await desk.send(price(stock, f"10{seconds}.5", seconds=seconds))
            await desk.settled(reader, user_id)
    revisions = [batch.revision for batch in reader.batches]
    assert [row.number for row in revisions] == list(range(1, len(revisions) + 1))
    assert len({row.generation for row in revisions}) == 1
    assert [batch.traded_us for batch in reader.batches[before:]] == [
        (NOON + timedelta(seconds=seconds)).timestamp() * 1_000_000 for seconds in range(5)
    ]
    assert all(batch.computed_ns is not None and batch.received_ns == 1 for batch in reader.batches[before:])
    for batch in reader.batches[before:]:
        assert all({*update.positions, *update.repriced} == {stock} and not update.full for update in batch.updates)
    assert not any(update.positions for update in reader.batches[-1].updates)


async def test_unheld_instruments_and_unwatched_users_publish_nothing(desk: Desk) -> None:
    """Ensure what nobody holds, or nobody watches, costs the readers nothing."""
    user_id, other_id = await add_user(desk.pool), await add_user(desk.pool)
    account, unwatched = await add_account(desk.pool, user_id), await add_account(desk.pool, other_id)
    held, unheld, others = [await add_instrument(desk.pool, symbol) for symbol in ("AAPL", "MSFT", "KO")]
    await hold(desk.pool, account, {held: "1"})
    await hold(desk.pool, unwatched, {others: "1"})
    async with desk.calculator(), desk.reader(user_id) as reader, desk.reader(other_id) as idle:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        before = len(reader.batches)
        await desk.send(price(unheld, "5"), price(others, "6"))
        await hold(desk.pool, unwatched, {others: "2"})
        await desk.send(price(held, "7"))
        await desk.settled(reader, user_id)
        assert len(reader.batches) == before + 1
        assert idle.states == {}
        assert all(update.user_id == user_id for batch in idle.batches for update in batch.updates)


async def test_a_user_without_accounts_is_worth_nothing(desk: Desk) -> None:
    """Ensure a new user's dashboard gets an empty portfolio, not silence."""
    user_id = await add_user(desk.pool)
    async with desk.calculator(), desk.reader(user_id) as reader:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        assert reader.states[None].figures.positions_count == 0


async def test_values_return_after_redis_lost_everything(desk: Desk) -> None:
    """Ensure a restarted Redis gets the states again, under a later generation, and prices flow on."""
    user_id = await add_user(desk.pool)
    account = await add_account(desk.pool, user_id)
    stock = await add_instrument(desk.pool, "AAPL")
    await hold(desk.pool, account, {stock: "3"})
    await desk.send(price(stock, "10", revision=4))
    async with desk.calculator(), desk.reader(user_id) as reader:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        generation = reader.batches[-1].revision.generation
        await desk.bus.flushall()
        desk.newest.clear()
        await desk.watch(user_id)
        await wait_until(lambda: reader.batches[-1].revision.generation > generation, what="a later generation")
        await desk.send(price(stock, "11", seconds=1))
        await desk.settled(reader, user_id)


async def test_another_calculator_takes_over(desk: Desk) -> None:
    """Ensure two calculators share the partitions, and that one values everything when the other ends."""
    user_ids = [await add_user(desk.pool) for _ in range(4)]
    stock = await add_instrument(desk.pool, "AAPL")
    for user_id in user_ids:
        await hold(desk.pool, await add_account(desk.pool, user_id), {stock: "3"})
        await desk.watch(user_id)
    async with desk.calculator("calculator:one") as one:
        await wait_until(lambda: one.health.facts.get("watched_users") == 4, what="all users at the first")
    async with desk.calculator("calculator:two") as two:
        await wait_until(lambda: two.health.facts.get("watched_users") == 4, what="all users at the second")
        async with desk.reader(user_ids[0]) as reader:
            await desk.watch(user_ids[0])
            await desk.send(price(stock, "12", seconds=1))
            await desk.settled(reader, user_ids[0])


async def test_only_what_is_watched_is_valued(desk: Desk) -> None:
    """Ensure a client of one account costs nothing for the others, and that its state goes when it is left."""
    user_id = await add_user(desk.pool)
    watched, other = await add_account(desk.pool, user_id), await add_account(desk.pool, user_id)
    stock = await add_instrument(desk.pool, "AAPL")
    for account in (watched, other):
        await hold(desk.pool, account, {stock: "3"})
    account_ids = [row.account_id for user in await holdings_of(desk.pool, [user_id]) for row in user.accounts]
    async with desk.calculator(), desk.reader(user_id) as reader:
        await announce_interest(desk.bus, SubjectKey(user_id, account_ids[0]))
        await desk.send(price(stock, "12", seconds=1))
        await wait_until(lambda: account_ids[0] in reader.states, what="the account's values")
        assert set(reader.states) == {account_ids[0]}
        await desk.watch(user_id)
        await wait_until(lambda: set(reader.states) == {*account_ids, None}, what="everything")
        await desk.settled(reader, user_id)
        partition = partition_of(user_id)
        await desk.bus.zrem(names.interest(partition), f"{user_id} {account_ids[1]}", user_id)

        async def is_dropped() -> bool:
            states = [await read_state(desk.bus, SubjectKey(user_id, key)) for key in (account_ids[1], None)]
            return states == [None, None]

        await wait_until(is_dropped, what="the states that nobody watches are gone")
        assert await read_state(desk.bus, SubjectKey(user_id, account_ids[0])) is not None


@pytest.mark.parametrize("first", ["price", "quantity"])
async def test_a_split_between_sync_and_stream_shows_no_false_loss(desk: Desk, first: str) -> None:
    """Ensure the value holds whichever comes first, and that the position says so until the sync has it."""
    user_id, other_id = await add_user(desk.pool), await add_user(desk.pool)
    account, others = await add_account(desk.pool, user_id), await add_account(desk.pool, other_id)
    stock = await add_instrument(desk.pool, "AAPL")
    yesterday = NOON - timedelta(days=1)
    for each in (account, others):
        await hold(desk.pool, each, {stock: "10"}, as_of=yesterday)
    await desk.send(price(stock, "101", seconds=-18 * 3600))
    async with desk.calculator(), desk.reader(user_id) as reader, desk.reader(other_id) as other:
        await desk.watch(user_id)
        await desk.watch(other_id)
        await desk.settled(reader, user_id)
        await desk.settled(other, other_id)
        assert reader.states[None].figures.market_value == 1010
        await write_corporate_actions(desk.pool, [Split(stock, NOON.date(), Decimal(4))])
        if first == "price":
            await desk.send(price(stock, "25.25"))
            await hold(desk.pool, account, {stock: "10"}, as_of=yesterday)  # has the announcement read
        else:
            await hold(desk.pool, account, {stock: "40"}, as_of=NOON)
        await desk.settled(reader, user_id)
        row = reader.states[None].positions[stock]
        assert (row.market_value, row.quantity, row.day_change) == (Decimal("1010.00"), Decimal(40), Decimal("10.00"))
        assert row.split_pending == (4 if first == "price" else None)
        await desk.settled(other, other_id)
        assert other.states[None].positions[stock].split_pending == 4
        await desk.send(price(stock, "25.25", seconds=1))
        await hold(desk.pool, account, {stock: "40"}, as_of=NOON)
        await desk.settled(reader, user_id)
        row = reader.states[None].positions[stock]
        assert (row.market_value, row.split_pending) == (Decimal("1010.00"), None)


async def test_currencies_that_nobody_holds_are_converted_and_grow_old(desk: Desk) -> None:
    """Ensure totals in yen over a pound account of dollar stocks, left out without a rate and flagged at an old one."""
    user_id = await add_user(desk.pool, "JPY")
    account = await add_account(desk.pool, user_id, "GBP")
    stock = await add_instrument(desk.pool, "AAPL")
    rates = {
        code: await add_instrument(desk.pool, f"CUR:{code}", AssetClass.CASH, currency=code) for code in ("JPY", "GBP")
    }
    await hold(desk.pool, account, {stock: "10"})
    await desk.send(price(stock, "100"))
    async with desk.calculator(), desk.reader(user_id) as reader:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        assert reader.states[None].positions[stock].unpriced_reason == "no_fx_rate"
        await desk.send(price(rates["JPY"], "0.0064", close=None), price(rates["GBP"], "1.25", close=None))
        await desk.settled(reader, user_id)
        assert reader.states[None].figures.market_value == 156_250
        assert reader.states[account.id].figures.market_value == 800
        assert reader.states[None].figures.stale_count == 0
        await desk.send(price(rates["JPY"], "0.0064", close=None, seconds=-3700, revision=1))
        await desk.settled(reader, user_id)
        row, figures = reader.states[None].positions[stock], reader.states[None].figures
        assert (row.stale_reason, figures.stale_count, figures.coverage.stale) == (
            StaleReason.OLD_FX_RATE,
            1,
            Decimal(1),
        )
        assert reader.states[account.id].figures.stale_count == 0


async def test_trades_of_the_day_are_no_gain(desk: Desk) -> None:
    """Ensure a purchase and a sale of today reach the reader at their own prices, and unknown trades are told."""
    user_id = await add_user(desk.pool)
    account = await add_account(desk.pool, user_id)
    bought, sold = [await add_instrument(desk.pool, symbol) for symbol in ("AAPL", "MSFT")]
    await desk.send(price(bought, "110"), price(sold, "120"))
    await hold(desk.pool, account, {bought: "5"}, as_of=NOON)
    async with desk.calculator(), desk.reader(user_id) as reader:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        figures = reader.states[None].figures
        assert (figures.day_change, figures.day_change_reason) == (Decimal("50.00"), "trades_unknown")
        await _traded(desk.pool, account, bought, "buy", "2", "108")
        await _traded(desk.pool, account, sold, "sell", "-3", "105")
        await desk.pool.execute(
            """insert into sync_runs (id, connection_id, user_id, product, trigger, started_at, finished_at, outcome)
               select gen_random_uuid(), connection_id, user_id, 'transactions', 'webhook', now(), now(), 'complete'
               from accounts where id = $1""",
            account.uuid,
        )
        await hold(desk.pool, account, {bought: "5"}, as_of=NOON)
        await desk.settled(reader, user_id)
        figures = reader.states[None].figures
        # 3 held shares gained 10, 2 bought ones 2, 3 sold ones 5.
        assert (figures.day_change, figures.day_change_reason) == (Decimal("49.00"), None)
        assert set(reader.states[account.id].positions) == {bought}


async def _traded(
    pool: Pool, account: Account, instrument: InstrumentId, kind: str, quantity: str, amount: str
) -> None:
    line = InvestmentTransaction(
        id=f"{kind} {instrument}", instrument_id=instrument, kind=TransactionKind(kind), quantity=Decimal(quantity),
        price=Decimal(amount), amount=-Decimal(quantity) * Decimal(amount), fees=None, currency="USD",
        trade_date=NOON.date(), settlement_date=None, description="",
    )  # fmt: skip
    async with pool.acquire() as connection:
        await upsert_transactions(connection, account.uuid, account.user_id, [line])
