"""Lists by pages on a real Postgres: each entry once, whatever is added meanwhile, and no cursor is trusted."""

from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from realtime.store.pool import Pool
from tests.integration.test_api import Person, add_person, api, files
from tests.support.api import Api

__all__ = ["api", "files"]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def add_transaction(pool: Pool, person: Person, key: str, day: date) -> None:
    account = await pool.fetchval("select id from accounts where public_id = $1", person.account_id)
    await pool.execute(
        """insert into investment_transactions (account_id, user_id, provider_transaction_id, kind, amount, currency,
           trade_date, description) values ($1, $2, $3, 'dividend', 1.5, 'USD', $4, 'Dividend')""",
        account, UUID(person.user_id), key, day,
    )  # fmt: skip


async def add_run(pool: Pool, person: Person, at: datetime) -> str:
    key = uuid4()
    await pool.execute(
        """insert into sync_runs (id, connection_id, user_id, product, trigger, started_at, outcome)
           values ($1, $2, $3, 'holdings', 'request', $4, 'complete')""",
        key, UUID(person.connection_id), UUID(person.user_id), at,
    )  # fmt: skip
    return str(key)


async def page(api: Api, person: Person, path: str, cursor: str | None, status: int = 200) -> dict[str, Any]:
    joined = "&" if "?" in path else "?"
    query = "" if cursor is None else f"{joined}cursor={quote(cursor)}"
    found: dict[str, Any] = await api.call("GET", path + query, person.user_id, status=status)
    return found


async def test_transactions_by_pages_while_more_are_added(api: Api, pool: Pool) -> None:
    """Ensure nothing comes twice and nothing is missed, several on one day too; new ones wait for the next reading."""
    ada, grace = await add_person(pool, "Ada"), await add_person(pool, "Grace")
    keys = [f"t{number:02}" for number in range(7)]
    for number, key in enumerate(keys):
        await add_transaction(pool, ada, key, NOON.date() - timedelta(days=number // 3))
        await add_transaction(pool, grace, key, NOON.date())
    path, seen, cursor = "/api/portfolio/transactions?limit=2", [], None
    while True:
        found = await page(api, ada, path, cursor)
        seen += [each["id"] for each in found["transactions"]]
        cursor = found["next_cursor"]
        if cursor is None:
            break
        await add_transaction(pool, ada, f"new{len(seen)}", NOON.date() + timedelta(days=1))
    assert seen == ["t02", "t01", "t00", "t05", "t04", "t03", "t06"]
    one = await page(api, ada, f"{path}&account_id={ada.account_id}", None)
    assert [each["id"] for each in one["transactions"]] == ["new6", "new4"]
    assert (await page(api, ada, f"{path}&account_id={grace.account_id}", None, 404))["code"] == "unknown_account"


@pytest.mark.parametrize("path", ["/api/plaid/sync-logs", "/api/connections/{connection}/sync-logs"])
async def test_sync_logs_by_pages_while_more_are_added(api: Api, pool: Pool, path: str) -> None:
    """Ensure the same for refreshes that began at one moment."""
    ada = await add_person(pool, "Ada")
    made = [await add_run(pool, ada, NOON + timedelta(minutes=number // 2)) for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while not seen or cursor is not None:
        found = await page(api, ada, f"{path.format(connection=ada.connection_id)}?limit=2", cursor)
        seen += [each["id"] for each in found["sync_logs"]]
        cursor = found["next_cursor"]
        await add_run(pool, ada, NOON + timedelta(days=1))
    assert len(seen) == len(set(seen))
    assert set(seen) == set(made)


def encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "AAAA", encoded("{}"), encoded("[]"), encoded("[1, 2, 3]"), encoded('["x", "y", "z"]'),
        encoded('["2026-11-20", "a"]'), encoded('["2026-11-20", "a\\u0000", "b"]'),
        encoded('["0001-01-01T00:00:00+14:00", "0195f2d0-c7f4-7d6b-8f3a-2e6b1c9d4e5f"]'),
        encoded('["2026-11-20T00:00:00", "0195f2d0-c7f4-7d6b-8f3a-2e6b1c9d4e5f"]'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/portfolio/transactions", "/api/plaid/sync-logs"])
async def test_a_cursor_of_nobodys_is_refused(api: Api, pool: Pool, path: str, cursor: str) -> None:
    """Ensure a cursor that no page gave is 400, and reaches no query."""
    ada = await add_person(pool, "Ada")
    assert (await page(api, ada, path, cursor, 400))["code"] == "bad_cursor"


async def test_wrong_user_cannot_read_on_with_anothers_cursor(api: Api, pool: Pool) -> None:
    """Ensure a cursor is a place and no permission."""
    ada, grace = await add_person(pool, "Ada"), await add_person(pool, "Grace")
    for number in range(3):
        await add_run(pool, ada, NOON - timedelta(minutes=number))
    cursor = (await page(api, ada, "/api/plaid/sync-logs?limit=1", None))["next_cursor"]
    assert (await page(api, grace, "/api/plaid/sync-logs", cursor)) == {"sync_logs": [], "next_cursor": None}
