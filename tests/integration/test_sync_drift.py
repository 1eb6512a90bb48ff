"""Our total beside the provider's after a sync, and what the simulated providers do to set them apart."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from realtime.bus.client import Bus
from realtime.bus.direct import Direct
from realtime.bus.prices import write_batch
from realtime.contract import names
from realtime.contract.messages import PriceBatch
from realtime.domain.account import ConnectionId
from realtime.domain.corporate_action import Split
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource
from realtime.domain.reconciliation import DriftCause
from realtime.store.corporate_actions import write_corporate_actions
from realtime.store.holdings import holdings_of
from realtime.store.pool import Pool
from tests.support.syncing import PLAN, SyncWorld, sync_world

BROKERAGE, CHECKING, ROBINHOOD, TFSA, RETIREMENT = "4821", "0000", "8443", "2291", "7710"


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool, bus: Bus) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, bus=bus) as world:
        yield world


async def drifts(world: SyncWorld) -> dict[str, Any]:
    """Return what the newest comparisons found, by mask."""
    rows = await world.pool.fetch("select a.mask, r.* from reconciliations r join accounts a on a.id = r.account_id")
    return {row["mask"]: row for row in rows}


async def refreshed(world: SyncWorld, key: ConnectionId) -> dict[str, Any]:
    await world.ask(key)
    await world.run_due()
    return await drifts(world)


async def know_canadian_dollars(world: SyncWorld, bus: Bus) -> None:
    """Put the exchange rate on the board, as the collector does."""
    instrument = await world.pool.fetchval(
        """insert into instruments (id, symbol, asset_class, currency, name, listed)
           values (gen_random_uuid(), 'CUR:CAD', 'cash', 'CAD', 'CAD', false) returning id"""
    )
    price = Price(
        InstrumentId(str(instrument)), Decimal("0.7096"), datetime.now(UTC), PriceSource.POLL, 0, None, None, 0
    )
    direct = Direct(bus, names.price_feed())
    await write_batch(direct, PriceBatch((price,), 0))


async def test_totals_agree_when_nothing_is_wrong(world: SyncWorld, bus: Bus) -> None:
    """Ensure that no account of any provider is marked: options, bonds, shorts, loans, sweep funds, two currencies."""
    await know_canadian_dollars(world, bus)
    user = await world.user()
    for key in (
        await world.link_plaid(user),
        await world.link_plaid(user, PLAN),
        await world.link_snaptrade(user),
        await world.link_snaptrade(user, "QUESTRADE"),
        await world.link_alpaca(user),
    ):
        await refreshed(world, key)
    found = await drifts(world)
    assert found.keys() >= {BROKERAGE, CHECKING, ROBINHOOD, TFSA, RETIREMENT}
    assert len(found) == 6
    for mask, row in found.items():
        assert abs(row["drift"]) <= Decimal("0.10"), (mask, row)
        assert (row["cause"], row["marked"]) == (None, False)


@pytest.mark.parametrize(
    ("fault", "cause", "drift"),
    [("cash_twice", "cash_twice", Decimal("6240.18")), ("pending_line", "pseudo_ticker", Decimal("2500.00"))],
)
async def test_plaids_lines_that_are_no_holdings(world: SyncWorld, fault: str, cause: str, drift: Decimal) -> None:
    """Ensure that cash under two names and pending activity are recognised, and forgotten when they are gone."""
    key = await world.link_plaid(await world.user())
    await world.control("plaid", "faults", kind=fault)
    row = (await refreshed(world, key))[BROKERAGE]
    assert (row["cause"], row["marked"]) == (cause, True)
    assert abs(row["drift"] - drift) <= Decimal("0.10")
    await world.control("plaid", "faults", method="DELETE")
    row = (await refreshed(world, key))[BROKERAGE]
    assert (row["cause"], row["marked"]) == (None, False)


async def test_plan_fund_without_a_price(world: SyncWorld) -> None:
    """Ensure that a code that only the plan knows is named when its price is missing."""
    key = await world.link_plaid(await world.user(), PLAN)
    await world.control("plaid", "faults", kind="null_price")
    row = (await refreshed(world, key))[RETIREMENT]
    assert (row["cause"], row["marked"]) == ("pseudo_ticker", True)


async def test_trade_of_today(world: SyncWorld) -> None:
    """Ensure that a purchase that is not booked in the cash is recognised once the transactions are read."""
    key = await world.link_plaid(await world.user())
    await world.run_due()
    await world.control("plaid", "faults", kind="unsettled")
    held = (await world.truth("plaid"))["ada-brokerage"]["holdings"]
    shares = next(Decimal(one["quantity"]) for one in held if one["symbol"] == "AAPL")
    await world.control(
        "plaid", "holdings", account="ada-brokerage", symbol="AAPL", quantity=str(shares + 20), settle=True
    )
    row = (await refreshed(world, key))[BROKERAGE]
    assert (row["cause"], row["marked"]) == ("trade_today", True)
    assert abs(row["drift"] - 20 * Decimal("271.49")) <= Decimal("0.10")


@pytest.mark.parametrize("provider", ["plaid", "snaptrade", "alpaca"])
async def test_split_between_quantity_and_price(world: SyncWorld, provider: str) -> None:
    """Ensure that a price from after a split beside a quantity from before it is recognised, at each provider."""
    key = await world.link(provider, await world.user())
    await world.run_due()
    symbol = "NVDA" if provider == "snaptrade" else "AAPL"
    row = await world.pool.fetchrow(
        """select i.id, a.mask, a.holdings_as_of::date as day
           from instruments i join holdings h on h.instrument_id = i.id
           join accounts a on a.id = h.account_id where i.symbol = $1""",
        symbol,
    )
    assert row is not None
    await write_corporate_actions(world.pool, [Split(InstrumentId(str(row["id"])), row["day"], Decimal(4))])
    await world.control(provider, "half-split", symbol=symbol, ratio="4")
    found = (await refreshed(world, key))[row["mask"]]
    assert (found["cause"], found["marked"]) == ("split", True)


@pytest.mark.parametrize(
    ("fault", "broker", "mask", "cause"),
    [
        ("gross_total", "ROBINHOOD", ROBINHOOD, "margin"),
        ("per_contract", "ROBINHOOD", ROBINHOOD, "option_multiplier"),
        ("sweep_unmarked", "QUESTRADE", TFSA, "cash_equivalents"),
        ("fx_ignored", "QUESTRADE", TFSA, "missing_fx"),
    ],
)
async def test_snaptrades_totals(world: SyncWorld, bus: Bus, fault: str, broker: str, mask: str, cause: str) -> None:
    """Ensure that what brokerages get wrong is recognised."""
    await know_canadian_dollars(world, bus)
    key = await world.link_snaptrade(await world.user(), broker)
    await world.control("snaptrade", "faults", kind=fault)
    row = (await refreshed(world, key))[mask]
    assert (row["cause"], row["marked"]) == (cause, True), dict(row)


async def test_without_a_rate_nothing_is_said_of_the_total(world: SyncWorld) -> None:
    """Ensure that an unknown exchange rate is no drift."""
    key = await world.link_snaptrade(await world.user(), "QUESTRADE")
    row = (await refreshed(world, key))[TFSA]
    assert (row["our_total"], row["drift"], row["cause"], row["marked"]) == (None, None, "missing_fx", False)


async def test_live_stages_hear_of_a_drift(world: SyncWorld) -> None:
    """Ensure that the calculator's own reading of holdings says what was found, and of which account."""
    user = await world.user()
    key = await world.link_snaptrade(user)
    await world.control("snaptrade", "faults", kind="gross_total")
    await refreshed(world, key)
    [holdings] = await holdings_of(world.pool, [user])
    [account] = holdings.accounts
    assert account.reconciliation is not None
    assert account.reconciliation.drift == Decimal("-3820.55")
    assert account.reconciliation.cause is DriftCause.MARGIN
