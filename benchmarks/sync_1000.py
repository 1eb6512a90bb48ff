"""A refresh of a connection of 1,000 holdings, committed, beside the Plaid SDK's default call alone, nothing stored."""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import plaid
from cryptography.fernet import Fernet
from plaid.api.plaid_api import PlaidApi
from plaid.model.investments_holdings_get_request import InvestmentsHoldingsGetRequest
from pydantic import SecretStr

from providers.linking import connect_plaid
from providers.plaid.provider import PlaidProvider
from providers.registry import open_providers
from realtime.clock import WallClock
from realtime.crypto import CredentialCipher
from realtime.domain.account import ProviderName
from realtime.embedded import embedded_servers
from realtime.log import Log
from realtime.settings import Settings
from realtime.store.connections import connection_by_id
from realtime.store.jobs import Trigger, claim_job, enqueue_refresh
from realtime.store.migrate import migrate
from realtime.store.pool import open_pool
from realtime.store.users import create_user
from sync.parts import Parts
from sync.refresh import refresh

HOLDINGS, ROUNDS = 1_000, 7
INSTITUTION = "ins_109508"


def measure() -> dict[str, Any]:
    ours_ms, sdk_ms = asyncio.run(_measure())
    return {
        "name": "sync_1000",
        "value": ours_ms,
        "unit": f"ms, {HOLDINGS:,} holdings fetched and committed, again and again",
        "yardstick": sdk_ms,
        "ratio": ours_ms / sdk_ms,
        "target": "<= 0.25",
    }


async def _measure() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder, _plaid() as url:
        async with embedded_servers(Path(folder)) as servers:
            await migrate(servers.database_url)
            key = SecretStr(Fernet.generate_key().decode())
            settings = Settings(
                database_url=servers.database_url,
                plaid_client_id="demo-client",
                plaid_secret=SecretStr("demo-secret"),
                plaid_url=url,
                encryption_keys=(key,),
            )
            async with open_pool(servers.database_url) as pool, open_providers(settings, WallClock()) as providers:
                parts = Parts(pool, providers, CredentialCipher([key]), WallClock(), Log())
                return await _best_of(parts, url)


async def _best_of(parts: Parts, url: str) -> tuple[float, float]:
    provider = parts.providers[ProviderName.PLAID]
    assert isinstance(provider, PlaidProvider)
    user = await create_user(parts.pool, "Ada", "USD")
    token = await provider.link.sandbox_public_token(INSTITUTION, "ada")
    key = await connect_plaid(parts.pool, parts.cipher, provider, user_id=user, public_token=token)
    ours = []
    for _ in range(ROUNDS):
        await enqueue_refresh(parts.pool, connection_id=key, user_id=user, trigger=Trigger.REQUEST)
        job = await claim_job(parts.pool, "benchmark", 60)
        assert job is not None
        started = perf_counter()
        done = await refresh(parts, job)
        ours.append((perf_counter() - started) * 1000)
        assert done.holdings_count == HOLDINGS, done
        await parts.pool.execute("update jobs set state = 'done' where id = $1", job.id)
    stored = await connection_by_id(parts.pool, key)
    assert stored is not None
    assert stored.credential is not None
    access_token = parts.cipher.decrypt(stored.credential)
    sdk = [await asyncio.to_thread(_sdk_call_ms, url, access_token) for _ in range(ROUNDS)]
    return min(ours), min(sdk)


def _sdk_call_ms(url: str, access_token: str) -> float:
    keys = {"clientId": "demo-client", "secret": "demo-secret"}
    with plaid.ApiClient(plaid.Configuration(host=url, api_key=keys)) as client:
        started = perf_counter()
        answer = PlaidApi(client).investments_holdings_get(InvestmentsHoldingsGetRequest(access_token=access_token))
        took_ms = (perf_counter() - started) * 1000
        assert len(answer["holdings"]) == HOLDINGS
        return took_ms


@contextmanager
def _plaid() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.plaid_of_1000", "--holdings", str(HOLDINGS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait()
