"""Feature flags: the environment's, a user's own above them, and that each really switches what it names."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.app import Parts
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.domain.flag import DEFAULTS, Flag
from realtime.flags_now import override_flag, show_flags
from realtime.settings import Settings, settings_from
from realtime.store.pool import Pool
from sync.scheduler import schedule
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import SyncWorld, background, sync_world
from tests.support.waiting import wait_until

LINKING: dict[str, tuple[Flag, dict[str, Any]]] = {
    "POST /api/plaid/link-token": (Flag.AGGREGATION_MODE, {}),
    "POST /api/plaid/connect": (Flag.AGGREGATION_MODE, {"public_token": "x"}),
    "POST /api/plaid/link-investment-account": (Flag.AGGREGATION_MODE, {"public_token": "x"}),
    "POST /api/plaid/transactions/exchange": (Flag.AGGREGATION_MODE, {"public_token": "x"}),
    "POST /api/snaptrade/connection-url": (Flag.AGGREGATION_MODE, {}),
    "POST /api/snaptrade/connect": (Flag.AGGREGATION_MODE, {}),
    "POST /api/alpaca/connect": (Flag.BROKERAGE_MODE, {"key_id": "x", "secret_key": "x"}),
}
READING = {
    "GET /api/portfolio/aggregated": Flag.MULTI_ACCOUNT_ANALYTICS,
    "GET /api/portfolio/explain": Flag.PORTFOLIO_INSIGHTS,
    "GET /api/accounts/plaid_x/explain": Flag.PORTFOLIO_INSIGHTS,
    "GET /api/portfolio/intraday": Flag.PORTFOLIO_INSIGHTS,
}
SYNCING = {
    Flag.BROKERAGE_MODE: {"alpaca"},
    Flag.AGGREGATION_MODE: {"plaid", "snaptrade"},
    Flag.PLAID_INVESTMENT_SYNC: {"plaid"},
    Flag.SNAPTRADE_INVESTMENT_SYNC: {"snaptrade"},
}
TRADING = (Flag.TRADE_EXECUTION, Flag.SNAPTRADE_TRADE_EXECUTION)


@dataclass(frozen=True)
class Flagged:
    api: Api
    world: SyncWorld
    ada: UserId

    async def set(self, flag: Flag, *, enabled: bool | None) -> None:
        await override_flag(self.world.settings, "ada", flag, enabled=enabled)

    async def code(self, operation: str, body: object = None) -> tuple[int, str | None]:
        """Return what Ada is answered: the status, and the error's code."""
        method, _, path = operation.partition(" ")
        headers = self.api.bearer(self.ada)
        async with self.api.http.request(method, self.api.url + path, json=body, headers=headers) as answer:
            return answer.status, (await answer.json()).get("code")


@pytest.fixture
async def flagged(postgres_dsn: str, pool: Pool, api_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Flagged]:
    async with sync_world(postgres_dsn, pool, dashboard_dir=tmp_path, websocket_url="ws://127.0.0.1:9/v1") as world:
        parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers)
        async with running_api(parts) as api:
            yield Flagged(api, world, await world.user())


def test_the_environment_sets_the_flags() -> None:
    """Ensure every flag has its name in the environment, and the defaults are those of the code."""
    assert Settings(_env_file=None).flags == DEFAULTS  # type: ignore[call-arg]
    for flag in Flag:
        changed = settings_from({f"FF_{flag.name}": str(not DEFAULTS[flag])}).flags
        assert changed == {**DEFAULTS, flag: not DEFAULTS[flag]}


async def test_a_users_own_flags_are_seen_at_once_and_audited(flagged: Flagged) -> None:
    """Ensure an override is above the environment, for him alone, and can be taken back."""
    grace = await flagged.world.user("grace")
    defaults = {flag.value: state for flag, state in DEFAULTS.items()}
    assert await flagged.api.get("/api/flags", flagged.ada) == {"flags": defaults, "overridden": []}
    await flagged.set(Flag.TRADE_EXECUTION, enabled=True)
    assert await flagged.api.get("/api/flags", flagged.ada) == {
        "flags": {**defaults, "trade_execution": True},
        "overridden": ["trade_execution"],
    }
    assert (await flagged.api.get("/api/flags", grace))["flags"] == defaults
    await flagged.set(Flag.TRADE_EXECUTION, enabled=None)
    assert (await flagged.api.get("/api/flags", flagged.ada))["overridden"] == []
    entries = (await flagged.api.get("/api/audit", flagged.ada))["entries"]
    assert [(one["act"], one["subject"], one["facts"]) for one in entries] == [
        ("set_flag", "trade_execution", {"enabled": None}),
        ("set_flag", "trade_execution", {"enabled": True}),
    ]
    assert entries[0]["actor"].startswith("operator:")


async def test_the_operator_sees_who_set_a_flag(flagged: Flagged, capsys: pytest.CaptureFixture[str]) -> None:
    """Ensure that `navstream flags list` tells the environment's from a user's own."""
    await flagged.set(Flag.PORTFOLIO_INSIGHTS, enabled=False)
    capsys.readouterr()
    await show_flags(flagged.world.settings, "ada", as_json=False)
    lines = [line for line in capsys.readouterr().out.splitlines() if "portfolio_insights" in line]
    assert "off" in lines[0]
    assert "for ada" in lines[0]


@pytest.mark.parametrize("operation", LINKING)
async def test_linking_is_switched(flagged: Flagged, operation: str) -> None:
    """Ensure nothing is linked while its mode is off, and that the other mode does not matter."""
    flag, body = LINKING[operation]
    [other] = {Flag.AGGREGATION_MODE, Flag.BROKERAGE_MODE} - {flag}
    await flagged.set(other, enabled=False)
    assert (await flagged.code(operation, body))[1] != "flag_off"
    await flagged.set(flag, enabled=False)
    assert await flagged.code(operation, body) == (403, "flag_off")


@pytest.mark.parametrize("operation", READING)
async def test_reading_is_switched(flagged: Flagged, operation: str) -> None:
    """Ensure that what a flag names answers while it is on and not while it is off."""
    assert (await flagged.code(operation))[1] != "flag_off"
    await flagged.set(READING[operation], enabled=False)
    assert await flagged.code(operation) == (403, "flag_off")


async def test_a_connection_for_orders_needs_both_flags(flagged: Flagged) -> None:
    """Ensure that by default, and with one flag alone, SnapTrade's portal opens for reading only."""
    operation, body = "POST /api/snaptrade/connection-url", {"connection_type": "trade"}
    assert (await flagged.code(operation))[0] == 200
    assert await flagged.code(operation, body) == (403, "flag_off")
    for flag, status in zip(TRADING, (403, 200), strict=True):
        await flagged.set(flag, enabled=True)
        assert (await flagged.code(operation, body))[0] == status


@pytest.mark.parametrize("flag", SYNCING)
async def test_refreshes_are_switched(flagged: Flagged, flag: Flag) -> None:
    """Ensure that what is switched off is neither scheduled nor read, keeps its holdings, and goes on when on again."""
    world = flagged.world
    keys = {provider: await world.link(provider, flagged.ada) for provider in ("plaid", "snaptrade", "alpaca")}
    await world.run_due()
    held = {provider: await world.holdings(key) for provider, key in keys.items()}
    await world.pool.execute("delete from sync_runs")
    await flagged.set(flag, enabled=False)
    for key in keys.values():
        await world.ask(key)
    await world.run_due()
    ran = "select distinct c.provider from sync_runs r join connections c on c.id = r.connection_id"
    assert {row[0] for row in await world.pool.fetch(ran)} == set(keys) - SYNCING[flag]
    assert {provider: await world.holdings(key) for provider, key in keys.items()} == held
    for key in keys.values():
        assert await world.status(key) == ("active", None)
    await world.pool.execute("delete from sync_runs")
    await world.pool.execute("delete from jobs")
    queued = "select distinct c.provider from jobs j join connections c on c.id = j.connection_id"

    async def is_scheduled(expected: set[str]) -> bool:
        return {row[0] for row in await world.pool.fetch(queued)} == expected

    async with background(schedule(world.parts, time(2), timedelta(hours=6))):
        await wait_until(lambda: is_scheduled(set(keys) - SYNCING[flag]), what="the others to be scheduled")
    await flagged.set(flag, enabled=None)
    async with background(schedule(world.parts, time(2), timedelta(hours=6))):
        await wait_until(lambda: is_scheduled(set(keys)), what="all to be scheduled")
