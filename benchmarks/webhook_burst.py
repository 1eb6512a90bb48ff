"""10,000 signed webhooks of Plaid's in one burst: answered by the `api` process, carried out by `sync`, each once.

Eight requests at a time, as the simulated Plaid delivers; a hundred connections, a hundred events each. Yardstick: the
same requests without a signature, which the same process refuses at the door. The clock stops when every event is done,
which is when the refreshes that it asks for are queued; how many refreshes came of them is said.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import aiohttp
from cryptography.fernet import Fernet

from benchmarks.trade_to_client import quantile
from providers.linking import connect_plaid
from providers.plaid.provider import PlaidProvider
from providers.registry import open_providers
from realtime.bus.client import open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.clock import WallClock
from realtime.crypto import CredentialCipher
from realtime.domain.account import ProviderName
from realtime.embedded import EmbeddedServers, embedded_servers, free_port
from realtime.settings import process_environment, settings_from
from realtime.store.migrate import migrate
from realtime.store.pool import Pool, open_pool
from realtime.store.users import create_user
from realtime.up import stages_up
from simulator.plaid_http import PlaidServer
from simulator.plaid_webhooks import WebhookKeys, body_bytes, payload
from tests.contract.served import served

EVENTS, CONNECTIONS, AT_ONCE = 10_000, 100, 8
INSTITUTION = "ins_109508"
_STAGES = ("api", "sync")
_WAITING = "select exists (select from webhook_events where state in ('queued', 'running'))"
_BUSY = "select exists (select from jobs where state in ('queued', 'running'))"
_STATES = "select state, count(*) from webhook_events group by state"
_REFRESHES = "select count(*) from sync_runs where trigger = 'webhook' and product = 'holdings'"


@dataclass(frozen=True)
class Run:
    """What the burst came to; times of single answers are sorted."""

    answered_ms: list[float]
    refused_ms: list[float]
    answered_s: float
    done_s: float
    refreshes_count: int


def measure() -> list[dict[str, Any]]:
    run = asyncio.run(_measure())
    value, base = quantile(run.answered_ms, 0.99), quantile(run.refused_ms, 0.99)
    half = quantile(run.answered_ms, 0.5)
    return [
        {
            "name": "webhook_p99",
            "value": value,
            "unit": f"ms, answered, {EVENTS:,} events, {AT_ONCE} at a time; half in {half:.1f}",
            "yardstick": base,
            "ratio": value / base,
            "target": "<= 50 ms",
        },
        {
            "name": "webhook_burst_s",
            "value": run.done_s,
            "unit": f"s, until each is done; answered in {run.answered_s:.1f}; {run.refreshes_count} refreshes by then",
            "yardstick": None,
            "ratio": None,
            "target": "<= 60",
        },
    ]


async def _measure() -> Run:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "index.html").touch()
        simulated = PlaidServer(7)
        url = stack.enter_context(served(simulated.app))
        servers = await stack.enter_async_context(embedded_servers(folder))
        await migrate(servers.database_url)
        env = _environment(servers, url, folder)
        pool = await stack.enter_async_context(open_pool(servers.database_url))
        items = await _linked(pool, env)
        await stack.enter_async_context(stages_up(process_environment() | env, _STAGES))
        await _idle(servers, pool)
        bodies = [
            body_bytes(payload("HOLDINGS", "DEFAULT_UPDATE", items[number % CONNECTIONS], updated_holdings=number))
            for number in range(EVENTS)
        ]
        hook = f"http://127.0.0.1:{env['NAVSTREAM_API_PORT']}/webhook/plaid"
        refused_ms = await _sent(hook, [(body, {}) for body in bodies], 401)
        signed = _signed(simulated.simulation.keys, bodies)
        began_s = perf_counter()
        answered_ms = await _sent(hook, signed, 200)
        answered_s = perf_counter() - began_s
        async with asyncio.timeout(300):
            while await pool.fetchval(_WAITING):
                await asyncio.sleep(0.1)
        done_s = perf_counter() - began_s
        states = {row["state"]: row["count"] for row in await pool.fetch(_STATES)}
        if states != {"done": EVENTS}:
            raise RuntimeError(f"not every event was carried out once: {states}")
        return Run(answered_ms, refused_ms, answered_s, done_s, await pool.fetchval(_REFRESHES))


def _signed(keys: WebhookKeys, bodies: Sequence[bytes]) -> list[tuple[bytes, dict[str, str]]]:
    now = time.time()
    return [(body, keys.signed_headers(body, now)) for body in bodies]


async def _sent(hook: str, requests: Sequence[tuple[bytes, dict[str, str]]], status: int) -> list[float]:
    """Send them all; return how long each answer took, ms, sorted."""
    waiting, took_ms = iter(requests), []

    async def send(http: aiohttp.ClientSession) -> None:
        for body, headers in waiting:
            began_s = perf_counter()
            async with http.post(hook, data=body, headers=headers) as answer:
                if answer.status != status:
                    raise RuntimeError(f"answered {answer.status}: {await answer.text()}")
                await answer.read()
            took_ms.append((perf_counter() - began_s) * 1000)

    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(send(http))
    return sorted(took_ms)


async def _linked(pool: Pool, env: dict[str, str]) -> list[str]:
    """Connect everybody; return the ids of the connections at Plaid."""
    settings = settings_from(env)
    cipher = CredentialCipher(settings.encryption_keys)
    async with open_providers(settings, WallClock()) as providers:
        plaid = cast("PlaidProvider", providers[ProviderName.PLAID])
        for number in range(CONNECTIONS):
            user = await create_user(pool, f"user {number}")
            token = await plaid.link.sandbox_public_token(INSTITUTION, "ada")
            await connect_plaid(pool, cipher, plaid, user_id=user, public_token=token)
    return [row["id"] for row in await pool.fetch("select provider_connection_id as id from connections")]


async def _idle(servers: EmbeddedServers, pool: Pool) -> None:
    """Wait until the stages do their work and the first refreshes have ended."""
    async with open_bus(servers.redis_url) as bus, asyncio.timeout(120):
        while {beat.stage for beat in await read_heartbeats(bus) if beat.healthy} != set(_STAGES):
            await asyncio.sleep(0.1)
        while await pool.fetchval(_BUSY):
            await asyncio.sleep(0.1)


def _environment(servers: EmbeddedServers, plaid_url: str, dashboard: Path) -> dict[str, str]:
    return {
        "NAVSTREAM_DATABASE_URL": servers.database_url,
        "NAVSTREAM_REDIS_URL": servers.redis_url,
        "NAVSTREAM_JWT_SECRET": secrets.token_urlsafe(48),
        "NAVSTREAM_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "NAVSTREAM_API_PORT": str(free_port()),
        "NAVSTREAM_DASHBOARD_DIR": str(dashboard),
        "NAVSTREAM_LOG_LEVEL": "ERROR",
        **{f"NAVSTREAM_METRICS_PORT_{stage.upper()}": "0" for stage in _STAGES},
        "PLAID_CLIENT_ID": "demo-client",
        "PLAID_SECRET": "demo-secret",
        "NAVSTREAM_PLAID_URL": plaid_url,
    }
