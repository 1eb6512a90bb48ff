"""Sync from the simulated providers, through the real SDKs, into Postgres."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from providers.plaid.client import PlaidClient
from providers.plaid.provider import PlaidProvider
from providers.registry import Providers
from realtime.contract.names import HOLDINGS_CHANGED
from realtime.domain.account import ProviderName
from realtime.store.holdings import holdings_of
from realtime.store.instruments import held_instruments
from realtime.store.jobs import JobKind
from realtime.store.notify import listen
from realtime.store.pool import Pool
from realtime.store.transactions import day_trades
from sync.worker import run_job
from tests.support.syncing import PLAN, SyncWorld, background, sync_world
from tests.support.waiting import wait_until

CENT = Decimal("0.01")


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool) as world:
        yield world


class OddRecord(PlaidClient):
    """The real client, but the first holding of an answer has no quantity."""

    def __init__(self, real: PlaidClient) -> None:
        self.real = real

    async def post(self, method: str, request: Any, kind: Any, **options: Any) -> Any:
        answer = await self.real.post(method, request, kind, **options)
        if method != "investments_holdings_get":
            return answer
        odd = msgspec.json.decode(answer.holdings[0]) | {"quantity": None}
        holdings = [msgspec.Raw(msgspec.json.encode(odd)), *answer.holdings[1:]]
        return msgspec.structs.replace(answer, holdings=holdings)


def expected(account: dict[str, Any]) -> dict[str, Decimal]:
    """Return symbol to quantity of an account of the simulator, cash included."""
    held = {line["symbol"]: Decimal(str(line["quantity"])) for line in account["holdings"]}
    cash = {f"CUR:{code}": Decimal(str(amount)) for code, amount in account["cash"].items() if Decimal(str(amount))}
    plan = {"NHX105509": "NHX105509@ins_120200"}
    return {plan.get(symbol, symbol): quantity for symbol, quantity in (held | cash).items()}


async def test_first_sync_of_all_providers(world: SyncWorld) -> None:
    """Ensure a person's accounts hold what the three providers really hold, options in contracts, cash once."""
    ada = await world.user()
    bank, plan = await world.link_plaid(ada), await world.link_plaid(ada, PLAN)
    robinhood, questrade = await world.link_snaptrade(ada), await world.link_snaptrade(ada, "QUESTRADE")
    alpaca = await world.link_alpaca(ada)
    assert await world.run_due() == 10
    truth = await world.truth("plaid") | await world.truth("snaptrade") | await world.truth("alpaca")
    found = {
        mask: holdings
        for key in (bank, plan, robinhood, questrade, alpaca)
        for mask, holdings in (await world.holdings(key)).items()
    }
    names = {
        "0000": "ada-checking", "4821": "ada-brokerage", "7710": "ada-401k", "8443": "ada-robinhood",
        "2291": "ada-tfsa",
    }  # fmt: skip
    [alpaca_mask] = found.keys() - names.keys()
    for mask, name in (names | {alpaca_mask: "ada-alpaca"}).items():
        assert found[mask] == expected(truth[name]), name
    for key in (bank, plan, robinhood, questrade, alpaca):
        assert await world.status(key) == ("active", None)


async def test_each_instrument_is_one_over_all_providers(world: SyncWorld) -> None:
    """Ensure BRK-B, BRKB and BRK.B of three providers are one instrument, and only what Alpaca quotes is listed."""
    ada = await world.user()
    for link in (world.link_plaid(ada), world.link_plaid(ada, PLAN), world.link_snaptrade(ada), world.link_alpaca(ada)):
        await link
    await world.link_snaptrade(ada, "QUESTRADE")
    await world.run_due()
    instruments = await held_instruments(world.pool)
    symbols = [instrument.symbol for instrument in instruments]
    assert len(symbols) == len(set(symbols))
    holders = await world.pool.fetchval(
        """select count(*) from holdings h join instruments i on i.id = h.instrument_id where i.symbol = 'BRK.B'"""
    )
    assert holders == 4
    by_symbol = {instrument.symbol: instrument for instrument in instruments}
    assert by_symbol["BRK.B"].name == "Berkshire Hathaway Inc. Class B"
    assert by_symbol["SPY"].asset_class == "etf"
    assert by_symbol["AAPL280121C00250000"].multiplier == 100
    assert {instrument.symbol for instrument in instruments if not instrument.listed} == {
        "CUR:USD", "CUR:CAD", "VTSAX", "FXAIX", "SPAXX", "037833AL4", "912797SK4", "NHX105509@ins_120200", "VAB.TO",
    }  # fmt: skip


async def test_costs_are_totals_and_unknown_ones_stay_unknown(world: SyncWorld) -> None:
    """Ensure per-share costs become totals with the multiplier, and no cost is guessed."""
    ada = await world.user()
    await world.link_plaid(ada)
    await world.link_snaptrade(ada)
    await world.run_due()
    truth = await world.truth("plaid") | await world.truth("snaptrade")
    costs = {
        (row["mask"], row["symbol"]): row["cost_basis"]
        for row in await world.pool.fetch(
            """select a.mask, i.symbol, h.cost_basis from holdings h join accounts a on a.id = h.account_id
               join instruments i on i.id = h.instrument_id where i.asset_class <> 'cash'"""
        )
    }
    for mask, name in (("4821", "ada-brokerage"), ("8443", "ada-robinhood")):
        for line in truth[name]["holdings"]:
            cost = costs[mask, line["symbol"]]
            real = line["cost_basis"]
            assert (cost and cost.quantize(CENT)) == (None if real is None else Decimal(str(real))), line
    assert costs["4821", "XOM"] is None
    assert costs["8443", "INTC"] < 0


async def test_transactions_are_stored_once(world: SyncWorld) -> None:
    """Ensure a second fetch of the same transactions adds none, and a purchase lowers the cash."""
    ada = await world.user()
    key = await world.link_plaid(ada)
    await world.run_due()
    count = await world.pool.fetchval("select count(*) from investment_transactions")
    assert count > 20
    await world.ask(key, JobKind.TRANSACTIONS)
    await world.run_due()
    assert await world.pool.fetchval("select count(*) from investment_transactions") == count
    assert await world.pool.fetchval("select max(amount) from investment_transactions where kind = 'buy'") < 0


@pytest.mark.parametrize("kind", [JobKind.BALANCES, JobKind.HOLDINGS])
async def test_trades_stay_known_when_something_is_read_at_midday(world: SyncWorld, kind: JobKind) -> None:
    """Ensure that reading balances or holdings reads the transactions too, or the day's trades would be unknown."""
    ada = await world.user()
    key = await world.link_plaid(ada)
    await world.run_due()
    await world.pool.execute("update sync_runs set finished_at = finished_at - interval '6 hours'")
    await world.ask(key, kind)
    await world.run_due()
    trades = await day_trades(world.pool, [ada], world.parts.clock.now().date())
    assert trades[ada]
    assert all(one.known for one in trades[ada].values())


async def test_purchase_reaches_the_live_stages(world: SyncWorld) -> None:
    """Ensure a purchase becomes a holding with a new version, told by NOTIFY."""
    ada = await world.user()
    key = await world.link_snaptrade(ada)
    await world.run_due()
    before = await world.versions(key)
    heard: list[str | None] = []

    async def hear() -> None:
        news = listen(world.dsn, HOLDINGS_CHANGED, world.parts.clock, world.parts.log)
        async for payload in news:
            heard.append(payload)  # noqa: PERF401  # others look on meanwhile

    async with background(hear()):
        await wait_until(lambda: heard == [None])
        await world.control("snaptrade", "holdings", account="ada-robinhood", symbol="PFE", quantity=40, settle=True)
        await world.ask(key)
        async with world.working():
            await world.settled(key)
        await wait_until(lambda: len(heard) > 1)
    [portfolio] = await holdings_of(world.pool, [ada])
    [account] = portfolio.accounts
    assert account.version == before["8443"] + 1
    assert heard[1:] == [f"{ada} {account.account_id} {account.version}"]
    assert (await world.holdings(key))["8443"]["PFE"] == 40


async def test_last_sale_removes_the_holding(world: SyncWorld) -> None:
    """Ensure that what was sold is gone, and its proceeds are cash."""
    ada = await world.user()
    key = await world.link_alpaca(ada)
    await world.run_due()
    cash = next(iter((await world.holdings(key)).values()))["CUR:USD"]
    await world.control("alpaca", "holdings", account="ada-alpaca", symbol="GOOGL", quantity=0, settle=True)
    await world.ask(key)
    await world.run_due()
    [after] = (await world.holdings(key)).values()
    assert "GOOGL" not in after
    assert after["CUR:USD"] > cash


async def test_odd_record_is_set_aside_and_kept_as_it_was(world: SyncWorld) -> None:
    """Ensure that one record which cannot be read costs no holding, and that its reason is recorded."""
    ada = await world.user()
    key = await world.link_plaid(ada)
    await world.run_due()
    before = await world.holdings(key)
    await world.ask(key)
    odd = PlaidProvider(OddRecord(world.plaid.client), world.plaid.link, world.parts.clock)
    await run_job(replace(world.parts, providers=Providers({ProviderName.PLAID: odd})), await world.claim())
    assert await world.holdings(key) == before
    run = await world.last_run(key)
    assert run["outcome"] == "complete"
    assert "quantity" in run["quarantined"]
    assert (await world.versions(key))["4821"] == 2


async def test_vanished_account_is_kept_inactive(world: SyncWorld) -> None:
    """Ensure that an account which a provider no longer knows is hidden, not deleted."""
    ada = await world.user()
    key = await world.link_plaid(ada)
    await world.run_due()
    await world.pool.execute("update accounts set provider_account_id = 'gone', name = 'Other' where mask = '0000'")
    await world.ask(key)
    await world.run_due()
    rows = await world.pool.fetch("select is_active from accounts where mask = '0000' order by is_active")
    assert [row["is_active"] for row in rows] == [False, True]
    assert await world.pool.fetchval("select count(*) from holdings") == 15 + 1 + 1


async def test_provider_prices_never_go_back(world: SyncWorld) -> None:
    """Ensure that an older price of another provider does not replace a newer one."""
    ada = await world.user()
    await world.link_alpaca(ada)
    await world.run_due()
    newest = """select price, provider from instrument_prices p join instruments i on i.id = p.instrument_id
        and i.symbol = 'SPY'"""
    before = await world.pool.fetchrow(newest)
    assert before is not None
    assert before["provider"] == "alpaca"
    await world.control("plaid", "prices", symbol="SPY", price=1)
    await world.link_plaid(ada)
    await world.run_due()
    assert await world.pool.fetchrow(newest) == before
