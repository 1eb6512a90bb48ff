"""Whatever a provider does wrong, the stored holdings stay, and the failure is recorded for what it is."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from providers.linking import access_to
from realtime.domain.account import ProviderName
from realtime.errors import KeysRefused
from realtime.store.connections import connection_by_id
from realtime.store.jobs import JobKind
from realtime.store.pool import Pool
from realtime.store.work import read_work
from tests.support.syncing import SyncWorld, sync_world


@pytest.fixture
async def world(request: pytest.FixtureRequest, postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    cases = getattr(request.node, "callspec", None)
    only = (cases.params["provider"],) if cases else ("plaid", "snaptrade")
    async with sync_world(postgres_dsn, pool, only=only, provider_timeout_s=1.0) as world:
        yield world


LATER = ("active", "retry_later", "queued")
AGAIN = ("reconnect_needed", "reconnect_needed", "dead")


@pytest.mark.parametrize(
    ("provider", "fault", "end"),
    [
        ("plaid", "rate_limit", LATER),
        ("plaid", "server_error", LATER),
        ("plaid", "unavailable", LATER),
        ("plaid", "bad_gateway", LATER),
        ("plaid", "slow", LATER),
        ("plaid", "drop", LATER),
        ("plaid", "truncated", LATER),
        ("plaid", "institution_down", LATER),
        ("plaid", "not_ready", LATER),
        ("plaid", "partial", LATER),
        ("plaid", "login_required", AGAIN),
        ("plaid", "revoked", AGAIN),
        ("snaptrade", "rate_limit", LATER),
        ("snaptrade", "server_error", LATER),
        ("snaptrade", "unavailable", LATER),
        ("snaptrade", "bad_gateway", LATER),
        ("snaptrade", "slow", LATER),
        ("snaptrade", "drop", LATER),
        ("snaptrade", "truncated", LATER),
        ("snaptrade", "not_ready", LATER),
        ("snaptrade", "populating", LATER),
        ("snaptrade", "partial", LATER),
        ("snaptrade", "institution_down", LATER),
        ("snaptrade", "disabled", AGAIN),
        ("snaptrade", "login_required", AGAIN),
        ("alpaca", "rate_limit", LATER),
        ("alpaca", "server_error", LATER),
        ("alpaca", "unavailable", LATER),
        ("alpaca", "bad_gateway", LATER),
        ("alpaca", "slow", LATER),
        ("alpaca", "drop", LATER),
        ("alpaca", "truncated", LATER),
        ("alpaca", "partial", LATER),
        ("alpaca", "institution_down", LATER),
        ("alpaca", "login_required", AGAIN),
    ],
)
async def test_failure_changes_no_holding(
    world: SyncWorld, provider: str, fault: str, end: tuple[str, str, str]
) -> None:
    """Ensure that no fault deletes or halves holdings, nor passes for a success."""
    key = await world.link(provider, await world.user())
    await world.run_due()
    before, versions = await world.holdings(key), await world.versions(key)
    await world.control(provider, "faults", kind=fault, seconds=3)
    job = await world.ask(key)
    await world.run_due()
    assert await world.holdings(key) == before
    untouched = {mask: version for mask, version in (await world.versions(key)).items() if mask != "0000"}
    assert untouched == {mask: version for mask, version in versions.items() if mask != "0000"}
    status, outcome, state = end
    assert (await world.status(key))[0] == status
    run = await world.last_run(key)
    assert run["outcome"] == outcome, run["error_message"]
    assert await world.pool.fetchval("select state from jobs where id = $1", job) == state
    assert "secret" not in str(dict(run)).lower()


async def test_reconnect_is_marked_and_healed(world: SyncWorld) -> None:
    """Ensure ITEM_LOGIN_REQUIRED asks the user to sign in again, and that a later success clears it."""
    ada = await world.user()
    key = await world.link_plaid(ada)
    await world.run_due()
    await world.control("plaid", "login", persona="ada", working=False)
    await world.ask(key)
    await world.run_due()
    assert await world.status(key) == ("reconnect_needed", "ITEM_LOGIN_REQUIRED")
    await world.control("plaid", "login", persona="ada", working=True)
    await world.ask(key)
    await world.run_due()
    assert await world.status(key) == ("active", None)


@pytest.mark.parametrize("fault", ["unknown_enum", "null_price"])
@pytest.mark.parametrize("provider", ["plaid", "snaptrade", "alpaca"])
async def test_oddity_keeps_every_holding(world: SyncWorld, provider: str, fault: str) -> None:
    """Ensure that an enum value nobody has seen, or a missing price, costs no holding."""
    key = await world.link(provider, await world.user())
    await world.run_due()
    before = await world.holdings(key)
    await world.control(provider, "faults", kind=fault)
    await world.ask(key)
    await world.run_due()
    assert await world.holdings(key) == before
    assert (await world.last_run(key))["outcome"] == "complete"


@pytest.mark.parametrize("provider", ["plaid", "snaptrade", "alpaca"])
async def test_unknown_enums_on_first_sight(world: SyncWorld, provider: str) -> None:
    """Ensure that records with unknown enum values are taken for what the rest of them says."""
    key = await world.link(provider, await world.user())
    await world.control(provider, "faults", kind="unknown_enum")
    await world.run_due()
    [quantities] = [held for held in (await world.holdings(key)).values() if len(held) > 1]
    assert {"BRK.B"} <= quantities.keys()


async def test_unfinished_first_sync_is_awaited(world: SyncWorld) -> None:
    """Ensure that an empty list during the provider's first sync is not taken for an empty account."""
    ada = await world.user()
    key = await world.link_snaptrade(ada)
    await world.control("snaptrade", "faults", kind="not_ready")
    await world.run_due()
    assert await world.holdings(key) == {}
    assert (await world.last_run(key))["outcome"] == "retry_later"
    await world.control("snaptrade", "faults", method="DELETE")
    await world.pool.execute("update jobs set due_at = now() where state = 'queued'")
    await world.run_due()
    assert len((await world.holdings(key))["8443"]) == 9


async def test_product_that_is_not_ready_is_awaited(world: SyncWorld) -> None:
    """Ensure that Plaid's unfinished first extraction leaves no empty account, and ends well."""
    key = await world.link_plaid(await world.user())
    await world.control("plaid", "faults", kind="not_ready", times=1)
    await world.run_due()
    assert await world.holdings(key) == {}
    assert (await world.last_run(key))["outcome"] == "retry_later"
    await world.pool.execute("update jobs set due_at = now() where state = 'queued'")
    await world.run_due()
    assert len((await world.holdings(key))["4821"]) == 15


async def test_connection_that_ended_at_the_institution_keeps_its_holdings(world: SyncWorld) -> None:
    """Ensure that a connection deleted elsewhere asks the user to connect again, and deletes nothing here."""
    ada = await world.user()
    for name in ("plaid", "snaptrade"):
        key = await world.link(name, ada)
        await world.run_due()
        before = await world.holdings(key)
        stored = await connection_by_id(world.pool, key)
        assert stored is not None
        provider = world.parts.providers[ProviderName(name)]
        await provider.remove(access_to(stored, world.parts.cipher))
        await world.ask(key)
        await world.run_due()
        assert (await world.status(key))[0] == "reconnect_needed"
        assert await world.holdings(key) == before


async def test_one_accounts_trouble_is_not_the_others(world: SyncWorld) -> None:
    """Ensure that the accounts of a connection that can be read are, while one cannot."""
    key = await world.link_snaptrade(await world.user(), "QUESTRADE", "mary")
    await world.run_due()
    await world.control("snaptrade", "holdings", account="mary-rrsp", symbol="KO", quantity=40)
    [connection] = (await world.control("snaptrade", "state", method="GET"))["connections"]
    path = f"/accounts/{connection['accounts']['mary-tfsa']}"
    await world.control("snaptrade", "faults", kind="unavailable", path=path)
    await world.ask(key)
    await world.run_due()
    held = await world.holdings(key)
    assert held["7741"]["KO"] == 40
    assert len(held["7742"]) == 3
    run = await world.last_run(key)
    assert run["outcome"] == "retry_later"
    assert await world.status(key) == ("active", None)


async def test_wrong_keys_of_ours_are_named(world: SyncWorld, postgres_dsn: str) -> None:
    """Ensure that refused keys of the operator's are his fault alone: the refresh waits, is told once, and heals."""
    key = await world.link_plaid(await world.user())
    url = world.urls["plaid"]
    async with sync_world(postgres_dsn, world.pool, only=(), plaid_url=url, plaid_secret=SecretStr("no")) as other:
        await replace(other, parts=replace(other.parts, cipher=world.parts.cipher)).run_due()
        await world.control("plaid", "faults", kind="server_error", times=1)
        with pytest.raises(KeysRefused):  # it is not even asked: the fault is still there
            await other.plaid.link.institutions("bank")
        assert (await world.control("plaid", "faults", method="GET"))["faults"]
        await world.control("plaid", "faults", method="DELETE")
    run = await world.last_run(key)
    assert (run["outcome"], run["error_code"]) == ("failed", "keys_refused")
    assert "PLAID_SECRET" in run["error_message"]
    assert await world.status(key) == ("active", None)
    assert (await read_work(world.pool, 3600, 3600)).keys_refused == ("plaid",)
    waits = "select extract(epoch from due_at - now())::float8 from jobs where state = 'queued'"
    assert 30 < await world.pool.fetchval(waits) < 70
    await world.pool.execute("update jobs set due_at = now() where state = 'queued'")
    await world.run_due()
    assert (await world.last_run(key))["outcome"] == "complete"
    assert (await read_work(world.pool, 3600, 3600)).keys_refused == ()


async def test_old_transactions_prove_no_working_login(world: SyncWorld) -> None:
    """Ensure a connection that needs a login says so until its holdings are read, whatever else still answers."""
    key = await world.link_snaptrade(await world.user())
    await world.run_due()
    await world.control("snaptrade", "connections", persona="ada", disabled=True)
    await world.ask(key)
    await world.run_due()
    assert await world.status(key) == ("reconnect_needed", "CONNECTION_DISABLED")
    for kind in (JobKind.TRANSACTIONS, JobKind.BALANCES):
        await world.ask(key, kind)
        await world.run_due()
        assert await world.status(key) == ("reconnect_needed", "CONNECTION_DISABLED")
    await world.control("snaptrade", "connections", persona="ada", disabled=False)
    await world.ask(key)
    await world.run_due()
    assert await world.status(key) == ("active", None)
