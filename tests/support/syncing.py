"""A sync stage on the simulated providers: real SDKs over sockets, real Postgres, one worker when a test wants it."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast
from urllib.request import Request, urlopen
from uuid import UUID

import requests
from cryptography.fernet import Fernet
from pydantic import SecretStr

from providers.alpaca.provider import AlpacaProvider
from providers.linking import connect_alpaca, connect_plaid, connect_snaptrade, snaptrade_login_url
from providers.plaid.provider import PlaidProvider
from providers.registry import Providers, open_providers
from providers.snaptrade.provider import SnapTradeProvider
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.contract.names import JOB_QUEUED
from realtime.crypto import CredentialCipher
from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.log import Log
from realtime.process import Health
from realtime.settings import Settings
from realtime.store.jobs import Job, JobKind, Trigger, claim_job, enqueue_refresh
from realtime.store.keys import new_key
from realtime.store.notify import listen
from realtime.store.pool import Pool
from realtime.store.users import create_user
from simulator.broker_http import BrokerServer
from simulator.plaid_http import PlaidServer
from simulator.snaptrade_http import SnapTradeServer
from sync.parts import Parts
from sync.worker import Worker, run_job
from tests.contract.served import served
from tests.support.waiting import wait_until

BANK, PLAN = "ins_109508", "ins_120200"
NOWHERE = "http://127.0.0.1:9"
_TIMEOUT_S = 5.0


@dataclass
class SyncWorld:
    """The simulated providers, our side of them, and the database."""

    dsn: str
    pool: Pool
    settings: Settings
    parts: Parts
    urls: dict[str, str]
    health: Health = field(default_factory=Health)

    @property
    def plaid(self) -> PlaidProvider:
        return cast("PlaidProvider", self.parts.providers[ProviderName.PLAID])

    @property
    def snaptrade(self) -> SnapTradeProvider:
        return cast("SnapTradeProvider", self.parts.providers[ProviderName.SNAPTRADE])

    @property
    def alpaca(self) -> AlpacaProvider:
        return cast("AlpacaProvider", self.parts.providers[ProviderName.ALPACA])

    async def control(self, provider: str, path: str, /, method: str = "POST", **body: Any) -> Any:
        """Call a simulator's control API."""

        def call() -> Any:
            request = Request(
                f"{self.urls[provider]}/control/{path}", json.dumps(body).encode() if body else None, method=method
            )
            with urlopen(request, timeout=_TIMEOUT_S) as answer:
                return json.load(answer)

        return await asyncio.to_thread(call)

    async def truth(self, provider: str) -> dict[str, dict[str, Any]]:
        """Return what each account really holds, by the simulator's account key."""
        state = await self.control(provider, "state", method="GET")
        return {account["account"]: account for account in state["accounts"]}

    async def user(self, name: str = "ada", currency: str = "USD") -> UserId:
        return await create_user(self.pool, name, currency)

    async def link_plaid(
        self, user: UserId, institution: str = BANK, persona: str = "ada", products: tuple[str, ...] = ("investments",)
    ) -> ConnectionId:
        token = await self.plaid.link.sandbox_public_token(institution, persona, products=products)
        return await connect_plaid(self.pool, self.parts.cipher, self.plaid, user_id=user, public_token=token)

    async def link_snaptrade(self, user: UserId, broker: str = "ROBINHOOD", persona: str = "ada") -> ConnectionId:
        url = await snaptrade_login_url(self.pool, self.parts.cipher, self.snaptrade, user_id=user, broker=broker)
        form = {"persona": persona, "broker": broker, "action": "approve"}
        answer = await asyncio.to_thread(requests.post, url, data=form, timeout=_TIMEOUT_S, allow_redirects=False)
        authorization = answer.json()["connection_id"]
        [key] = await connect_snaptrade(
            self.pool, self.parts.cipher, self.snaptrade, user_id=user, authorization_id=authorization
        )
        return key

    async def link_alpaca(self, user: UserId, persona: str = "ada") -> ConnectionId:
        return await connect_alpaca(
            self.pool,
            self.parts.cipher,
            self.alpaca,
            user_id=user,
            key_id=f"{persona}-key",
            secret_key=f"{persona}-secret",
        )

    async def link(self, provider: str, user: UserId) -> ConnectionId:
        """Connect a user's first account at a provider."""
        if provider == "plaid":
            return await self.link_plaid(user)
        return await (self.link_snaptrade(user) if provider == "snaptrade" else self.link_alpaca(user))

    async def user_of(self, key: ConnectionId) -> UserId:
        return UserId(str(await self.pool.fetchval("select user_id from connections where id = $1", key)))

    async def ask(
        self, key: ConnectionId, kind: JobKind = JobKind.HOLDINGS, trigger: Trigger = Trigger.REQUEST
    ) -> UUID:
        user = await self.user_of(key)
        return await enqueue_refresh(self.pool, connection_id=key, user_id=user, trigger=trigger, kind=kind)

    async def claim(self, worker: str = "test", claim_s: float = 30) -> Job:
        job = await claim_job(self.pool, worker, claim_s)
        assert job is not None, "no job is due"
        return job

    async def run_due(self) -> int:
        """Run every job that is due; return how many."""
        count = 0
        while (job := await claim_job(self.pool, "test", 30)) is not None:
            await run_job(self.parts, job)
            count += 1
        return count

    @asynccontextmanager
    async def working(
        self, *, name: str = "", concurrency: int = 4, claim_s: float = 2.0, scheduled_per_s: float = math.inf
    ) -> AsyncIterator[Worker]:
        """Run a worker as the process does, woken by NOTIFY."""
        worker = Worker(self.parts, self.health, name or str(new_key()), concurrency, claim_s, scheduled_per_s)

        async def wake() -> None:
            async for _ in listen(self.dsn, JOB_QUEUED, WallClock(), self.parts.log):
                worker.wake.set()

        async with background(worker.run(), wake()):
            yield worker

    async def settled(self, key: ConnectionId) -> None:
        """Wait until no job of a connection is queued or running."""

        async def idle() -> bool:
            return not await self.pool.fetchval(
                "select exists (select from jobs where connection_id = $1 and state in ('queued', 'running'))", key
            )

        await wait_until(idle, what="jobs to end")

    async def holdings(self, key: ConnectionId) -> dict[str, dict[str, Decimal]]:
        """Return quantity by symbol, by account mask."""
        rows = await self.pool.fetch(
            """select a.mask, i.symbol, h.quantity from accounts a join holdings h on h.account_id = a.id
               join instruments i on i.id = h.instrument_id where a.connection_id = $1 and a.is_active""",
            key,
        )
        found: dict[str, dict[str, Decimal]] = {}
        for row in rows:
            found.setdefault(row["mask"], {})[row["symbol"]] = row["quantity"]
        return found

    async def versions(self, key: ConnectionId) -> dict[str, int]:
        rows = await self.pool.fetch("select mask, holdings_version from accounts where connection_id = $1", key)
        return {row["mask"]: row["holdings_version"] for row in rows}

    async def status(self, key: ConnectionId) -> tuple[str, str | None]:
        row = await self.pool.fetchrow("select status, error_code from connections where id = $1", key)
        assert row is not None
        return row["status"], row["error_code"]

    async def last_run(self, key: ConnectionId) -> Any:
        return await self.pool.fetchrow(
            "select * from sync_runs where connection_id = $1 order by started_at desc, id desc limit 1", key
        )


@asynccontextmanager
async def background(*loops: Awaitable[None]) -> AsyncIterator[None]:
    """Run endless loops while the block runs; an error of theirs fails the test."""
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def sync_world(
    dsn: str,
    pool: Pool,
    *,
    only: tuple[str, ...] = ("plaid", "snaptrade", "alpaca"),
    bus: Bus | None = None,
    seed: int = 7,
    **settings: Any,
) -> AsyncIterator[SyncWorld]:
    """Start the simulators (of `only` these providers) and our side of them."""
    apps: dict[str, Callable[[], Any]] = {
        "plaid": lambda: PlaidServer(seed).app(),
        "snaptrade": lambda: SnapTradeServer(seed).app(),
        "alpaca": lambda: BrokerServer(seed).app(),
    }
    with ExitStack() as servers:
        urls = {name: servers.enter_context(served(app)) for name, app in apps.items() if name in only}
        configured = _settings(dsn, urls, settings)
        async with AsyncExitStack() as stack:
            providers: Providers = await stack.enter_async_context(open_providers(configured, WallClock()))
            cipher = CredentialCipher(configured.encryption_keys)
            parts = Parts(pool, providers, cipher, WallClock(), Log(stage="sync"), bus)
            yield SyncWorld(dsn, pool, configured, parts, urls)


def _settings(dsn: str, urls: dict[str, str], settings: dict[str, Any]) -> Settings:
    given: dict[str, Any] = {
        "database_url": dsn,
        "encryption_keys": (SecretStr(Fernet.generate_key().decode()),),
        "plaid_client_id": "demo-client",
        "plaid_secret": SecretStr("demo-secret"),
        "plaid_url": urls.get("plaid", NOWHERE),
        "snaptrade_client_id": "demo-client",
        "snaptrade_consumer_key": SecretStr("demo-consumer-key"),
        "snaptrade_url": urls.get("snaptrade", NOWHERE),
        "alpaca_trading_url": urls.get("alpaca", NOWHERE),
        "broker_url": urls.get("alpaca", NOWHERE),
        "broker_key": "demo-broker-key",
        "broker_secret": SecretStr("demo-broker-secret"),
        "provider_timeout_s": 5.0,
    }
    return Settings(**given | settings)
