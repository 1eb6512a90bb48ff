"""Spending and the portfolio's mode over REST, on the real SDKs and the simulated providers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.parts import Parts
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.domain.flag import Flag
from realtime.store.flags import set_flag
from realtime.store.pool import Pool
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import SyncWorld, sync_world

EVER = "start_date=2000-01-01&end_date=2100-01-01"


@dataclass(frozen=True)
class Asked:
    world: SyncWorld
    api: Api
    ada: UserId
    grace: UserId

    async def mode(self) -> tuple[str, str | None]:
        found = await self.api.get("/api/portfolio/mode", self.ada)
        return found["mode"], found["aggregation_provider"]


@pytest.fixture
async def asked(postgres_dsn: str, pool: Pool, api_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Asked]:
    settings: dict[str, Any] = {"dashboard_dir": tmp_path, "websocket_url": "ws://127.0.0.1:9/v1"}
    async with sync_world(postgres_dsn, pool, **settings) as world:
        ada, grace = await world.user("ada"), await world.user("grace")
        parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers)
        async with running_api(parts) as api:
            yield Asked(world, api, ada, grace)


async def test_spending_of_a_time(asked: Asked) -> None:
    """Ensure that categories add up to the spending, days bound it, and that another user has none."""
    await asked.world.link_plaid(asked.ada, products=("investments", "transactions"))
    await asked.world.run_due()
    whole = await asked.api.get(f"/api/spending?{EVER}", asked.ada)
    [flows], [balance] = whole["flows"], whole["balances"]
    assert sum(Decimal(str(one["amount"])) for one in whole["categories"]) == Decimal(str(flows["spending"]))
    assert Decimal(str(flows["income"])) % Decimal("3412.55") == 0
    assert (balance["currency"], Decimal(str(balance["balance"])), balance["owed"]) == ("USD", Decimal("8412.67"), None)
    lines = (await asked.api.get("/api/plaid/transactions?limit=500", asked.ada))["transactions"]
    assert whole["transaction_count"] == len(lines)
    day = lines[0]["date"]
    one = await asked.api.get(f"/api/spending?start_date={day}&end_date={day}", asked.ada)
    assert one["transaction_count"] == len([line for line in lines if line["date"] == day])
    nothing = await asked.api.get(f"/api/spending?{EVER}", asked.grace)
    assert (nothing["flows"], nothing["balances"], nothing["transaction_count"]) == ([], [], 0)


async def test_spending_of_the_last_month_by_default(asked: Asked) -> None:
    """Ensure the days that are taken are said, and that reversed ones are refused."""
    found = await asked.api.get("/api/spending?end_date=2026-10-30", asked.ada)
    assert (found["start_date"], found["end_date"]) == ("2026-10-01", "2026-10-30")
    assert (await asked.api.get("/api/spending?end_date=0001-01-05", asked.ada))["start_date"] == "0001-01-01"
    assert (await asked.api.get("/api/spending", asked.ada))["transaction_count"] == 0
    path = "/api/spending?start_date=2026-10-30&end_date=2026-10-01"
    assert (await asked.api.call("GET", path, asked.ada, status=400))["code"] == "days_reversed"


async def test_mode_follows_what_is_connected(asked: Asked) -> None:
    """Ensure each mode, SnapTrade before Plaid, Plaid while SnapTrade is broken, and that flags narrow it."""
    world = asked.world
    assert await asked.mode() == ("none", None)
    await world.link_plaid(asked.ada)
    await world.run_due()
    assert await asked.mode() == ("aggregation", "plaid")
    snaptrade = await world.link_snaptrade(asked.ada)
    await world.run_due()
    assert await asked.mode() == ("aggregation", "snaptrade")
    await world.pool.execute("update connections set status = 'reconnect_needed' where id = $1", snaptrade)
    assert await asked.mode() == ("aggregation", "plaid")
    await world.link_alpaca(asked.ada)
    await world.run_due()
    assert await asked.mode() == ("hybrid", "plaid")
    await set_flag(world.pool, asked.ada, Flag.AGGREGATION_MODE, False, "test")
    assert await asked.mode() == ("brokerage", None)
    await set_flag(world.pool, asked.ada, Flag.BROKERAGE_MODE, False, "test")
    assert await asked.mode() == ("none", None)
