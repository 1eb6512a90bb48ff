"""The API over the simulated providers, with two users who have connections and accounts of their own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.app import Parts
from realtime.bus.client import Bus
from realtime.bus.direct import Directs
from realtime.bus.interest import announce_interest
from realtime.bus.values import publish
from realtime.clock import WallClock
from realtime.contract.messages import Revision, ValueBatch, ValueUpdate
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.partition import partition_of
from realtime.store.pool import Pool
from tests.support.api import TOKENS, Api, running_api
from tests.support.broadcasting import AS_OF, figures_of
from tests.support.operations import Operation
from tests.support.syncing import BANK, sync_world

_RATES = ("user", "writes", "address", "sign_in")
UNLIMITED: dict[str, Any] = {f"rate_{name}_per_min": 10**6 for name in _RATES}
_DIGESTS = "select tablename from pg_tables where schemaname = 'public' order by tablename"


@dataclass(frozen=True)
class Two:
    """Ada, who has connections and accounts, and Grace, who has others; `ids` are Ada's by kind."""

    api: Api
    pool: Pool
    ada: UserId
    grace: UserId
    ids: dict[str, str]

    async def ask(self, operation: Operation, user: UserId | None, **ids: str) -> tuple[int, str]:
        call = operation.call(**ids)
        headers = {} if user is None else self.api.bearer(user)
        async with self.api.http.request(
            call["method"], self.api.url + call["path"], params=call["params"], json=call["json"], headers=headers
        ) as answer:
            return answer.status, await answer.text()

    async def stored(self) -> dict[str, str]:
        """A digest of every table's rows."""
        tables = [row["tablename"] for row in await self.pool.fetch(_DIGESTS)]
        digest = "select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from"
        return {table: await self.pool.fetchval(f"{digest} {table} t") for table in tables}


@pytest.fixture
async def two(
    postgres_dsn: str, pool: Pool, api_pool: Pool, stage_pool: Pool, bus: Bus, tmp_path: Path
) -> AsyncIterator[Two]:
    (tmp_path / "index.html").write_text("")
    waits: dict[str, Any] = {"force_sync_wait_s": 0.2, "product_sync_wait_s": 0.2}
    async with sync_world(postgres_dsn, pool, dashboard_dir=tmp_path, **waits, **UNLIMITED) as world:
        ada, grace = await world.user("ada"), await world.user("grace")
        connection = await world.link_plaid(ada)
        snaptrade = await world.link_snaptrade(ada)
        await world.link_snaptrade(grace, "QUESTRADE", persona="mary")
        await world.run_due()
        parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers, stage_pool)
        async with running_api(parts) as api:
            ids = {
                "connection": str(connection),
                "snaptrade_connection": str(snaptrade),
                "snaptrade_authorization": await _provider_id(pool, str(snaptrade)),
                "account": await pool.fetchval(
                    "select min(public_id) from accounts where connection_id = $1", connection
                ),
                "user": ada,
                "job": str(await pool.fetchval("select id from jobs order by id limit 1")),
                "link_token": await _finished_link(api, ada),
            }
            for user in (ada, grace):
                await _value(bus, user, await accounts_of(pool, user))
            yield Two(api, pool, ada, grace, ids)


async def _provider_id(pool: Pool, connection: str) -> str:
    found: str = await pool.fetchval("select provider_connection_id from connections where id = $1::uuid", connection)
    return found


async def _finished_link(api: Api, user: UserId) -> str:
    """The token of a session on Plaid's page which the user has ended there."""
    link = await api.call("POST", "/api/plaid/link-token", user, {})
    await api.http.post(link["hosted_link_url"], data={"login": f"ada@{BANK}", "action": "approve"})
    token: str = link["link_token"]
    return token


async def accounts_of(pool: Pool, user: UserId) -> list[AccountId]:
    rows = await pool.fetch("select public_id from accounts where user_id = $1", user)
    return [AccountId(row["public_id"]) for row in rows]


async def _value(bus: Bus, user: UserId, accounts: list[AccountId]) -> None:
    """Publish values as a calculator does that was asked for them."""
    subjects = [SubjectKey(user, None), *(SubjectKey(user, account) for account in accounts)]
    await announce_interest(bus, *subjects)
    updates = tuple(ValueUpdate(user, key.account_id, figures_of("1.00"), full=True, positions={}) for key in subjects)
    await publish(Directs(bus), partition_of(user), ValueBatch(Revision(1, 1), AS_OF, None, updates))
