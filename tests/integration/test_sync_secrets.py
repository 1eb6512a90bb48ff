"""Access tokens, user secrets and keys are stored encrypted, and appear in no log line, error or record."""

import logging
from collections.abc import AsyncIterator

import pytest

from providers.linking import access_to
from realtime.store.connections import connection_by_id
from realtime.store.pool import Pool
from tests.support.syncing import SyncWorld, sync_world

FAULTS = ("server_error", "drop", "truncated", "rate_limit", "bad_gateway")


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool) as world:
        yield world


async def test_credentials_appear_nowhere(
    world: SyncWorld, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ensure that neither success nor failure leaks a credential, with every logger at its most talkative."""
    for name in ("", "urllib3", "urllib3.connectionpool", "snaptrade_client", "snaptrade_client.rest", "plaid"):
        caplog.set_level(logging.DEBUG, logger=name)
    ada = await world.user()
    keys = [await world.link_plaid(ada), await world.link_snaptrade(ada), await world.link_alpaca(ada)]
    logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)  # Plaid's SDK sets it to WARNING
    await world.run_due()
    for fault in FAULTS:
        for provider in world.urls:
            await world.control(provider, "faults", kind=fault, times=1)
        for key in keys:
            await world.ask(key)
        await world.pool.execute("update jobs set due_at = now() where state = 'queued'")
        await world.run_due()
    secrets = []
    for key in keys:
        connection = await connection_by_id(world.pool, key)
        assert connection is not None
        credential = access_to(connection, world.parts.cipher).credential
        assert credential is not None
        secrets.append(credential.get_secret_value())
    secrets += ["ada-secret", "demo-secret", "demo-consumer-key"]
    seen = caplog.text + "".join(capfd.readouterr())
    assert "/authorizations/" in seen, "the loggers are silent: the test shows nothing"
    records = str(await _everything(world.pool))
    for secret in secrets:
        assert secret not in seen
        assert secret not in records


async def _everything(pool: Pool) -> list[list[object]]:
    tables = await pool.fetch("select table_name from information_schema.tables where table_schema = 'public'")
    return [[dict(row) for row in await pool.fetch(f"select * from {table[0]}")] for table in tables]
