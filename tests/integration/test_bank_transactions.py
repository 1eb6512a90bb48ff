"""Bank transactions by cursor, through the real SDK from the simulated Plaid: each change once, whatever happens."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from providers.plaid.client import PlaidClient
from providers.plaid.provider import PlaidProvider
from providers.registry import Providers
from realtime.domain.account import ConnectionId, ProviderName
from realtime.store.bank_transactions import bank_cursor
from realtime.store.jobs import JobKind
from realtime.store.pool import Pool
from sync.parts import ClaimLost, Parts
from sync.worker import run_job
from tests.support.syncing import PLAN, SyncWorld, sync_world

CHECKING = "ada-checking"
BANKING = ("investments", "transactions")


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool, only=("plaid",)) as world:
        yield world


class OddClient(PlaidClient):
    """The real client, but of each page one field of the first added record is odd."""

    def __init__(self, real: PlaidClient, **odd: Any) -> None:
        self.real = real
        self.odd = odd

    async def post(self, method: str, request: Any, kind: Any, **options: Any) -> Any:
        answer = await self.real.post(method, request, kind, **options)
        if method != "transactions_sync" or not answer.added:
            return answer
        first = msgspec.Raw(msgspec.json.encode(msgspec.json.decode(answer.added[0]) | self.odd))
        removed = [*answer.removed, msgspec.Raw(b'{"transaction_id": null}')]
        return msgspec.structs.replace(answer, added=[first, *answer.added[1:]], removed=removed)


class Counting(PlaidClient):
    """The real client, that counts pages and loses its worker's claim on the way, if told to."""

    def __init__(self, real: PlaidClient, world: SyncWorld, *, loses_claim: bool = False) -> None:
        self.real, self.world, self.loses_claim = real, world, loses_claim
        self.pages = 0

    async def post(self, method: str, request: Any, kind: Any, **options: Any) -> Any:
        answer = await self.real.post(method, request, kind, **options)
        self.pages += method == "transactions_sync"
        if self.loses_claim:
            await self.world.pool.execute("update jobs set claimed_by = 'another' where state = 'running'")
        return answer


def through(world: SyncWorld, client: PlaidClient) -> Parts:
    provider = PlaidProvider(client, world.plaid.link, world.parts.clock)
    return Parts(
        world.pool,
        Providers({ProviderName.PLAID: provider}),
        world.parts.cipher,
        world.parts.clock,
        world.parts.log,
    )


async def linked(world: SyncWorld) -> ConnectionId:
    key = await world.link_plaid(await world.user(), products=BANKING)
    await world.run_due()
    return key


async def happens(world: SyncWorld, act: str, **fields: Any) -> str:
    """Let something happen to a line of Ada's checking account; return the line's reference."""
    told = await world.control("plaid", "bank", account=CHECKING, act=act, webhook=False, **fields)
    return str(told["reference"])


async def read(world: SyncWorld, key: ConnectionId, parts: Parts | None = None) -> Any:
    """Read the bank transactions and return the run."""
    await world.ask(key, JobKind.BANK_TRANSACTIONS)
    await run_job(parts or world.parts, await world.claim())
    return await world.last_run(key)


async def lines(world: SyncWorld, key: ConnectionId) -> dict[str, Any]:
    """Return the lines that are shown, by the provider's id."""
    rows = await world.pool.fetch(
        """select b.* from bank_transactions b join accounts a on a.id = b.account_id and a.is_active
           where b.connection_id = $1""",
        key,
    )
    return {row["provider_transaction_id"]: row for row in rows}


async def named(world: SyncWorld, key: ConnectionId, name: str) -> list[Any]:
    return [row for row in (await lines(world, key)).values() if row["name"] == name]


async def test_first_reading_follows_the_accounts(world: SyncWorld) -> None:
    """Ensure that half a year of lines is there after linking, money out negative, the pending one posted once."""
    key = await linked(world)
    found = list((await lines(world, key)).values())
    assert len(found) > 100
    assert {row["is_pending"] for row in found} == {False}
    rent = next(row for row in found if row["name"] == "RENT PAYMENT")
    assert (rent["amount"], rent["currency"], rent["category"]) == (Decimal(-2150), "USD", "RENT_AND_UTILITIES")
    pay = next(row for row in found if row["name"] == "PAYROLL DIRECT DEP")
    assert (pay["amount"], pay["category_detail"]) == (Decimal("3412.55"), "INCOME_WAGES")
    assert any(row["merchant"] == "Whole Foods Market" for row in found), "the modified line"
    assert await bank_cursor(world.pool, key) is not None
    assert await world.status(key) == ("active", None)


async def test_each_change_is_read_once(world: SyncWorld) -> None:
    """Ensure that added, modified and removed lines arrive, and that reading again changes nothing."""
    key = await linked(world)
    before = await lines(world, key)
    again = await read(world, key)
    assert (again["outcome"], again["changes_count"]) == ("complete", 0)
    lunch = await happens(world, "added", name="LUNCH", amount="12.50", merchant="Deli")
    gone = await happens(world, "added", name="GONE", amount="1")
    assert (await read(world, key))["changes_count"] == 2
    await happens(world, "modified", reference=lunch, amount="13.75")
    await happens(world, "removed", reference=gone)
    assert (await read(world, key))["changes_count"] == 2
    [row] = await named(world, key, "LUNCH")
    assert (row["amount"], row["merchant"]) == (Decimal("-13.75"), "Deli")
    assert (await lines(world, key)).keys() - before.keys() == {row["provider_transaction_id"]}


@pytest.mark.parametrize("apart", [True, False])
async def test_pending_becomes_posted(world: SyncWorld, *, apart: bool) -> None:
    """Ensure that a purchase counts once, pending and then posted, read in between or not."""
    key = await linked(world)
    coffee = await happens(world, "pending", name="COFFEE", amount="4.20")
    if apart:
        await read(world, key)
        [row] = await named(world, key, "COFFEE")
        assert row["is_pending"]
    await happens(world, "posted", reference=coffee, amount="5.00")
    await read(world, key)
    [row] = await named(world, key, "COFFEE")
    assert (row["is_pending"], row["amount"]) == (False, Decimal(-5))


async def test_cancelled_pending_line_is_gone(world: SyncWorld) -> None:
    """Ensure that a reservation that is never booked leaves no trace."""
    key = await linked(world)
    hotel = await happens(world, "pending", name="HOTEL", amount="300")
    await read(world, key)
    await happens(world, "cancelled", reference=hotel)
    await read(world, key)
    assert await named(world, key, "HOTEL") == []


async def test_many_pages_are_one_reading(world: SyncWorld) -> None:
    """Ensure that all pages are read, and that a change between two of them begins the reading anew."""
    key = await linked(world)
    await happens(world, "added", name="BULK", count=1200)
    counting = Counting(world.plaid.client, world)
    run = await read(world, key, through(world, counting))
    assert (run["outcome"], run["changes_count"], counting.pages) == ("complete", 1200, 3)
    await happens(world, "added", name="MORE", count=600)
    await world.control("plaid", "faults", kind="mutation", times=1)
    run = await read(world, key)
    assert (run["outcome"], run["changes_count"]) == ("complete", 601)
    assert len(await named(world, key, "MEANWHILE")) == 1


async def test_endless_changes_store_nothing(world: SyncWorld) -> None:
    """Ensure that a bank which changes faster than it is read is tried later, from where it stood."""
    key = await linked(world)
    cursor, before = await bank_cursor(world.pool, key), await lines(world, key)
    await happens(world, "added", name="BULK", count=600)
    await world.control("plaid", "faults", kind="mutation")
    run = await read(world, key)
    assert run["outcome"] == "retry_later"
    assert await bank_cursor(world.pool, key) == cursor
    assert await lines(world, key) == before
    await world.control("plaid", "faults", method="DELETE")
    await world.pool.execute("update jobs set due_at = now()")
    await world.run_due()
    assert len(await named(world, key, "BULK")) == 600
    assert len(await named(world, key, "MEANWHILE")) == 4


async def test_lines_and_cursor_are_stored_together(world: SyncWorld) -> None:
    """Ensure that a worker that lost its job stores neither, so that the next one reads the same again."""
    key = await linked(world)
    cursor = await bank_cursor(world.pool, key)
    await happens(world, "added", name="LUNCH")
    with pytest.raises(ClaimLost):
        await read(world, key, through(world, Counting(world.plaid.client, world, loses_claim=True)))
    assert await bank_cursor(world.pool, key) == cursor
    assert await named(world, key, "LUNCH") == []


async def test_bank_that_was_never_read_is_awaited(world: SyncWorld) -> None:
    """Ensure that an answer before Plaid's own first reading is no empty account, and no progress."""
    await world.control("plaid", "faults", kind="not_ready", path="/transactions/sync")
    key = await linked(world)
    run = await world.pool.fetchrow("select * from sync_runs where product = 'bank_transactions'")
    assert run is not None
    assert run["outcome"] == "retry_later"
    assert await bank_cursor(world.pool, key) is None
    assert await world.status(key) == ("active", None)
    await world.control("plaid", "faults", method="DELETE")
    await world.pool.execute("update jobs set due_at = now()")
    await world.run_due()
    assert len(await lines(world, key)) > 100


@pytest.mark.parametrize(
    ("odd", "kept"),
    [({"amount": None}, False), ({"iso_currency_code": None}, False), ({"merchant_name": 5}, True)],
)
async def test_odd_record_costs_no_other(world: SyncWorld, odd: dict[str, Any], *, kept: bool) -> None:
    """Ensure that a line which cannot be read is named with its reason, and that only what is odd is left out."""
    key = await linked(world)
    await happens(world, "added", name="ODD")
    await happens(world, "added", name="EVEN")
    run = await read(world, key, through(world, OddClient(world.plaid.client, **odd)))
    assert run["outcome"] == "complete"
    reasons = [one["reason"] for one in msgspec.json.decode(run["quarantined"])]
    assert len(reasons) == 2
    assert reasons[0].startswith("bank transaction: ")
    assert reasons[1].startswith("removed bank transaction: ")
    assert len(await named(world, key, "ODD")) == kept
    assert len(await named(world, key, "EVEN")) == 1


async def test_forgotten_cursor_reads_everything(world: SyncWorld) -> None:
    """Ensure that a cursor which Plaid refuses begins anew, and that what is no more goes."""
    key = await linked(world)
    before = await lines(world, key)
    await world.pool.execute("update bank_cursors set cursor = 'expired'")
    await world.pool.execute(
        """insert into bank_transactions select connection_id, 'old', user_id, provider_account_id, account_id, 1,
           'USD', posted_date, 'OLD', null, null, null, false from bank_transactions limit 1"""
    )
    run = await read(world, key)
    assert (run["outcome"], run["changes_count"]) == ("complete", 1)
    assert await lines(world, key) == before


async def test_lines_wait_for_their_account(world: SyncWorld) -> None:
    """Ensure that a line of an account that is not stored yet is kept, said, and shown once it is."""
    key = await linked(world)
    before = await lines(world, key)
    await world.pool.execute("delete from accounts where mask = '0000'")
    await world.pool.execute("delete from bank_cursors")
    await world.ask(key, JobKind.BANK_TRANSACTIONS)
    await run_job(world.parts, await world.claim())
    assert await lines(world, key) == {}
    assert "until the account is stored" in (await world.last_run(key))["quarantined"]
    await world.run_due()
    assert (await lines(world, key)).keys() == before.keys()


async def test_login_linked_again_has_each_line_once(world: SyncWorld) -> None:
    """Ensure that an account which moves to a new connection, under new ids, shows no line twice and loses none."""
    user = await world.user()
    first = await world.link_plaid(user, products=BANKING)
    await world.run_due()
    before = await lines(world, first)
    second = await world.link_plaid(user, products=BANKING)
    await world.run_due()
    assert await lines(world, first) == {}
    after = await lines(world, second)
    assert sorted(row["amount"] for row in after.values()) == sorted(row["amount"] for row in before.values())


async def test_connection_without_bank_is_not_asked(world: SyncWorld) -> None:
    """Ensure that an Item without the product is never asked for it, and stays a working connection."""
    user = await world.user()
    plan, without = await world.link_plaid(user, PLAN), await world.link_plaid(user)
    await world.run_due()
    assert await world.pool.fetchval("select count(*) from jobs where kind = 'bank_transactions'") == 0
    await world.ask(without, JobKind.BANK_TRANSACTIONS)
    await world.run_due()
    runs = await world.pool.fetch(
        "select connection_id::text, outcome from sync_runs where product = 'bank_transactions'"
    )
    assert [tuple(run) for run in runs] == [(without, "unsupported")]
    assert await world.status(plan) == await world.status(without) == ("active", None)


async def test_broken_login_is_said(world: SyncWorld) -> None:
    """Ensure that a login which must be repaired reaches the user by this job too."""
    key = await linked(world)
    await world.control("plaid", "faults", kind="login_required", path="/transactions/sync")
    assert (await read(world, key))["outcome"] == "reconnect_needed"
    assert await world.status(key) == ("reconnect_needed", "ITEM_LOGIN_REQUIRED")
