"""What institutions do with cash, through the real SDKs: it counts once, whatever they call it."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from providers.linking import connect_plaid
from realtime.domain.account import ConnectionId
from realtime.store.pool import Pool
from tests.support.syncing import SyncWorld, sync_world


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, only=("plaid", "snaptrade")) as world:
        yield world


async def totals(world: SyncWorld, key: ConnectionId) -> dict[str, tuple[Decimal, Decimal]]:
    """Return, by mask, the provider's total and ours at the provider's values, for accounts of one currency."""
    rows = await world.pool.fetch(
        """select a.mask, a.provider_total, sum(h.provider_value) as ours from accounts a
           join holdings h on h.account_id = a.id where a.connection_id = $1 group by a.id""",
        key,
    )
    return {row["mask"]: (row["provider_total"], row["ours"]) for row in rows}


@pytest.mark.parametrize("cash", ["6240.18", "-3000.00", "0"])
async def test_plaid_cash_counts_once_wherever_it_stands(world: SyncWorld, cash: str) -> None:
    """Ensure that cash as a holding, cash in the balance alone and a loan in the balance alone are worth the same."""
    key = await world.link_plaid(await world.user())
    await world.control("plaid", "cash", account="ada-brokerage", amount=cash)
    await world.run_due()
    before, worth = await world.holdings(key), await totals(world, key)
    assert before["4821"].get("CUR:USD", Decimal(0)) == Decimal(cash)
    theirs, ours = worth["4821"]
    assert abs(theirs - ours) < Decimal("0.05")
    await world.control("plaid", "faults", kind="loan_apart" if Decimal(cash) < 0 else "cash_apart")
    await world.ask(key)
    await world.run_due()
    assert await world.holdings(key) == before
    assert await totals(world, key) == worth
    assert (await world.last_run(key))["outcome"] == "complete"


async def test_bank_without_investments_is_its_balance(world: SyncWorld) -> None:
    """Ensure that an Item that has no investment account is its cash, and no error."""
    user = await world.user()
    token = await world.plaid.link.sandbox_public_token("ins_109509", "linus", products=("transactions",))
    key = await connect_plaid(world.pool, world.parts.cipher, world.plaid, user_id=user, public_token=token)
    await world.run_due()
    assert await world.holdings(key) == {"1111": {"CUR:USD": Decimal("3105.44")}}
    assert await world.status(key) == ("active", None)


async def test_snaptrade_account_without_holdings_is_worth_its_total(world: SyncWorld) -> None:
    """Ensure that an account whose holdings the brokerage withholds is its total, and its holdings once they come."""
    key = await world.link_snaptrade(await world.user())
    await world.control("snaptrade", "faults", kind="withheld")
    await world.run_due()
    [(symbol, amount)] = (await world.holdings(key))["8443"].items()
    [(theirs, ours)] = (await totals(world, key)).values()
    assert symbol.startswith("TOTAL@")
    assert amount == theirs == ours
    await world.control("snaptrade", "faults", method="DELETE")
    await world.ask(key)
    await world.run_due()
    held = await world.holdings(key)
    assert len(held["8443"]) == 9
    await world.control("snaptrade", "faults", kind="withheld")
    await world.ask(key)
    await world.run_due()
    assert await world.holdings(key) == held
    assert (await world.last_run(key))["outcome"] == "retry_later"


async def test_snaptrade_cash_of_each_currency_without_its_sweep_fund(world: SyncWorld) -> None:
    """Ensure that two currencies stay two amounts, and that the sweep fund is taken out of its own."""
    key = await world.link_snaptrade(await world.user(), "QUESTRADE")
    await world.run_due()
    held = (await world.holdings(key))["2291"]
    assert (held["CUR:CAD"], held["CUR:USD"], held["SPAXX"]) == (
        Decimal("4310.22"), Decimal("905.40"), Decimal("2750.13"),
    )  # fmt: skip
