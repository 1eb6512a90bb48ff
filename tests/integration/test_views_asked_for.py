"""The views and functions that the documents ask for: right for their user, empty for another and for nobody."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from realtime.domain.account import ConnectionId, UserId
from realtime.store.pool import Pool, as_user
from tests.support.syncing import SyncWorld, sync_world

VIEWS = {
    "connection_sync_status": {"connection_id", "sync_status", "last_synced", "error_count_24h"},
    "user_investment_accounts": {
        "user_id", "provider", "provider_account_id", "item_id", "institution_id", "institution_name", "account_type",
        "account_subtype", "account_name", "connection_type", "product", "is_active", "sync_status", "last_synced",
    },
    "user_aggregated_holdings": {
        "user_id", "symbol", "total_quantity", "total_market_value", "total_cost_basis", "average_cost_basis",
        "unrealized_gain_loss", "unrealized_gain_loss_percent", "account_contributions", "institutions", "last_updated",
    },
    "sync_logs": {"user_id", "product", "status", "started_at", "duration_ms", "records_count", "error_message"},
    "plaid_transactions": {"transaction_id", "user_id", "amount", "date", "category", "merchant_name", "pending"},
    "bank_flows": {"user_id", "amount", "category", "flow"},
    "stale_accounts": {"user_id", "last_synced", "error_count_24h"},
}  # fmt: skip
EVER = ("2000-01-01", "2100-01-01")
OF_A_USER = {
    "get_user_total_balance": "$1",
    "get_user_transaction_count": "$1, '2000-01-01', '2100-01-01'",
    "get_user_income": "$1, '2000-01-01', '2100-01-01'",
    "get_user_spending": "$1, '2000-01-01', '2100-01-01'",
    "get_user_spending_by_category": "$1, '2000-01-01', '2100-01-01'",
    "get_connection_sync_status": "$2",
    "get_user_portfolio_mode": "$1",
    "get_user_aggregation_provider": "$1",
}


@dataclass(frozen=True)
class Asked:
    """Ada, with a bank, a broker and a plan, one of them long not read; and Grace, with nothing."""

    world: SyncWorld
    api_pool: Pool
    ada: UserId
    grace: UserId
    bank: ConnectionId

    async def rows(self, sql: str, *arguments: Any, user: UserId | None = None) -> list[Any]:
        async with as_user(self.api_pool, user or self.ada) as connection:
            return list(await connection.fetch(sql, *arguments))

    async def call(self, function: str, arguments: str, user: UserId | None = None) -> list[Any]:
        """Call a function about Ada and her bank, as her or as somebody else; rows without a value are none."""
        both = f"select f.* from (select $1::uuid, $2::uuid) as given, {function}({arguments}) as f"
        rows = await self.rows(both, UUID(self.ada), UUID(self.bank), user=user)
        return [row for row in rows if any(value is not None for value in row.values())]

    async def one(self, sql: str) -> Any:
        [row] = await self.rows(sql)
        return row


@pytest.fixture
async def asked(postgres_dsn: str, pool: Pool, api_pool: Pool) -> AsyncIterator[Asked]:
    async with sync_world(postgres_dsn, pool, only=("plaid", "snaptrade")) as world:
        ada, grace = await world.user("ada"), await world.user("grace")
        bank = await world.link_plaid(ada, products=("investments", "transactions"))
        await world.link_snaptrade(ada)
        await world.run_due()
        await pool.execute("update accounts set last_synced_at = now() - interval '7 hours' where mask = '0000'")
        yield Asked(world, api_pool, ada, grace, bank)


async def without_user(asked: Asked, sql: str, *arguments: Any) -> list[Any]:
    async with asked.api_pool.acquire() as connection, connection.transaction():
        await connection.execute("set local role navstream_user")
        return list(await connection.fetch(sql, *arguments))


@pytest.mark.parametrize("view", VIEWS)
async def test_view_shows_its_user_alone(asked: Asked, view: str) -> None:
    """Ensure that each view has its columns and rows for its user, none for a wrong user or with the user id unset."""
    rows = await asked.rows(f"select * from {view}")
    assert rows
    assert set(rows[0].keys()) >= VIEWS[view]
    assert {row["user_id"] for row in rows} == {UUID(asked.ada)}
    assert await asked.rows(f"select * from {view}", user=asked.grace) == []
    assert await without_user(asked, f"select * from {view}") == []


@pytest.mark.parametrize(("function", "arguments"), OF_A_USER.items())
async def test_function_answers_its_user_alone(asked: Asked, function: str, arguments: str) -> None:
    """Ensure that each function answers its user, and a wrong user or nobody with nothing, never with a zero."""
    assert await asked.call(function, arguments)
    assert await asked.call(function, arguments, user=asked.grace) == []
    both = f"select f.* from (select $1::uuid, $2::uuid) as given, {function}({arguments}) as f"
    rows = await without_user(asked, both, UUID(asked.ada), UUID(asked.bank))
    assert [row for row in rows if any(value is not None for value in row.values())] == []


async def test_institutions_are_everybodys(asked: Asked) -> None:
    """Ensure that names of firms can be read by any user, and written by the view's reader no more than before."""
    names = {row["name"] for row in await asked.rows("select name from institutions", user=asked.grace)}
    assert "First Platypus Bank" in names


async def test_accounts_are_one_row_each_without_the_token(asked: Asked) -> None:
    """Ensure that an account is listed once, with its connection's state, and that no column holds a credential."""
    rows = await asked.rows("select * from user_investment_accounts order by id")
    assert len({(row["provider"], row["provider_account_id"]) for row in rows}) == len(rows) == 3
    checking = next(row for row in rows if row["mask"] == "0000")
    assert (checking["product"], checking["account_subtype"]) == ("transactions", "checking")
    assert (checking["connection_type"], checking["sync_status"]) == ("read", "synced")
    assert not {"credential", "access_token"} & set(rows[0].keys())
    [stale] = await asked.rows("select * from stale_accounts")
    assert stale["id"] == checking["id"]


async def test_holdings_add_up_and_unknown_is_unknown(asked: Asked) -> None:
    """Ensure that a symbol of two brokers is one row with their sums, and that an unknown part makes no false sum."""
    row = await asked.one("select * from user_aggregated_holdings where symbol = 'BRK.B'")
    parts = orjson.loads(row["account_contributions"])
    assert len(parts) == len(row["institutions"]) == 2
    assert row["total_quantity"] == sum(Decimal(str(part["quantity"])) for part in parts)
    assert row["total_market_value"] - row["total_cost_basis"] == row["unrealized_gain_loss"]
    assert row["average_cost_basis"] * row["total_quantity"] == pytest.approx(row["total_cost_basis"])
    unknown = await asked.one("select * from user_aggregated_holdings where symbol = 'XOM'")
    assert unknown["total_market_value"] is not None
    assert (unknown["total_cost_basis"], unknown["unrealized_gain_loss"]) == (None, None)
    await asked.world.pool.execute(
        "update accounts set duplicate_of = (select id from accounts where mask = '4821') where mask = '8443'"
    )
    once = await asked.one("select * from user_aggregated_holdings where symbol = 'BRK.B'")
    assert len(once["institutions"]) == 1


async def test_spending_is_what_was_spent(asked: Asked) -> None:
    """Ensure income and spending against the lines themselves: refunds taken off, own transfers and cards left out."""
    before = await figures(asked)
    for name, amount, primary, detailed in (
        ("DINNER", "80", "FOOD_AND_DRINK", "FOOD_AND_DRINK_RESTAURANT"),
        ("REFUND", "-30", "FOOD_AND_DRINK", "FOOD_AND_DRINK_RESTAURANT"),
        ("TO SAVINGS", "500", "TRANSFER_OUT", "TRANSFER_OUT_SAVINGS"),
        ("CARD", "900", "LOAN_PAYMENTS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT"),
        ("BONUS", "-1000", "INCOME", "INCOME_WAGES"),
    ):
        line = {"name": name, "amount": amount, "primary": primary, "detailed": detailed}
        await asked.world.control("plaid", "bank", account="ada-checking", act="added", webhook=False, **line)
    await asked.world.pool.execute("update jobs set state = 'done' where state = 'queued'")
    user = "(select user_id from connections limit 1)"
    await asked.world.pool.execute(
        f"insert into jobs (id, kind, connection_id, user_id, trigger) values (gen_random_uuid(), 'bank_transactions',"
        f" $1, {user}, 'request')",
        asked.bank,
    )
    await asked.world.run_due()
    after = await figures(asked)
    assert after["spending"] - before["spending"] == 50
    assert after["food"] - before["food"] == 50
    assert after["income"] - before["income"] == 1000
    assert after["count"] - before["count"] == 5


async def figures(asked: Asked) -> dict[str, Any]:
    [income] = await asked.call("get_user_income", OF_A_USER["get_user_income"])
    [spending] = await asked.call("get_user_spending", OF_A_USER["get_user_spending"])
    categories = await asked.call("get_user_spending_by_category", OF_A_USER["get_user_spending_by_category"])
    [count] = await asked.call("get_user_transaction_count", OF_A_USER["get_user_transaction_count"])
    assert sum(row["amount"] for row in categories) == spending["amount"]
    return {
        "income": income["amount"],
        "spending": spending["amount"],
        "food": next(row["amount"] for row in categories if row["category"] == "FOOD_AND_DRINK"),
        "count": count[0],
    }


async def test_balance_is_unknown_when_one_account_is(asked: Asked) -> None:
    """Ensure that a total is the accounts' sum in their currency, and null rather than a part of it."""
    [row] = await asked.call("get_user_total_balance", "$1")
    assert (row["currency"], row["balance"], row["owed"]) == ("USD", Decimal("8412.67"), None)
    await asked.world.pool.execute("update accounts set provider_total = null where mask = '0000'")
    [row] = await asked.call("get_user_total_balance", "$1")
    assert (row["balance"], row["unknown_count"]) == (None, 1)


async def test_status_follows_the_connection(asked: Asked) -> None:
    """Ensure that each state of a connection has its word."""

    async def status() -> str:
        [row] = await asked.call("get_connection_sync_status", "$2")
        return str(row["sync_status"])

    pool = asked.world.pool
    assert await status() == "synced"
    await asked.world.ask(asked.bank)
    assert await status() == "syncing"
    await pool.execute("update jobs set state = 'done'")
    await pool.execute("update connections set last_synced_at = null where id = $1", asked.bank)
    assert await status() == "pending"
    await pool.execute("update connections set status = 'reconnect_needed' where id = $1", asked.bank)
    assert await status() == "reconnect_needed"
